"""Nothing that a package says is ever markup: not in a comment, not on the page, not in a terminal."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from packages import MAIN, known, plugin, reports

from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.bump import Fixed, compare
from reconciler.core.vetting.deed import Deed
from reconciler.core.vetting.finding import Fact, found
from reconciler.core.vetting.lanes import lane
from reconciler.core.vetting.packaging import HIDDEN_FILE
from reconciler.core.vetting.php.report import PhpReport
from reconciler.core.vetting.report import Report, report
from reconciler.core.vetting.report_html import as_html
from reconciler.core.vetting.report_json import as_json, as_sarif
from reconciler.core.vetting.report_markdown import as_markdown, rendered
from reconciler.core.vetting.report_phrase import Quoted
from reconciler.core.vetting.report_text import as_text
from reconciler.core.vetting.vet import vet

HOSTILE = [
    "</code><script>alert(1)</script>", "`", "``` \n# x", "@amira", "#1", "a/b#1", "![x](http://h)",
    "[x](javascript:x)", "<!-- ", "-->", "</details>", "|---|", "https://h.example/", "www.h.example",
    "\u202e", "\x1b[31m", "\n\n- [ ] x", "&lt;", "\\`", "x`y``z", "amira@h.example", "GH-1", "::error::",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), max_size=4).map(" ".join),
    st.text(alphabet="`<>&\\*_[]()!#@|~-\n\r\t \"'ab1.:/", min_size=1, max_size=40),
    st.text(min_size=1, max_size=40),
).filter(lambda text: text.strip() != "")


def told(text: str) -> Report:
    """A report in which `text` stands wherever a package's text can stand."""

    path = f"inc/a{text.replace('/', '_')}.php"
    finding = found(HIDDEN_FILE, path, 3, f"snippet {text}", detail=f"what {text}")
    analysed = PhpReport((finding,), (Fact("host", f"h {text}", path, 2),), (text,))
    main = MAIN.replace("Nils B.", f"A {' '.join(text.split())}")
    old, new = plugin(), plugin({path: "<?php\n"}, main=main)
    fix = Fixed(id=f"WF {text}", title=f"hole {text}", severity=f"CVSS {text}")
    around = replace(known(30), holes=(fix,))
    deed = Deed("host", f"did {text}", path, 1, f"how {text}")
    more = (Deed("page", text), Deed("ajax", text), Deed("table", text), Deed("cron", text))
    # So many lines that all of them stand below as well.
    ran = Behaviour(now=(deed, *more), later=(deed,), left=(deed,), incomplete=(f"not {text}",))
    bump = compare(
        vet(old, reports(old)), vet(new, {path: analysed}, ran), old.files, new.files, (fix,)
    )
    return report(bump.after, bump, around, lane(bump.after, bump, around))


SPAN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")


def without_spans(markdown: str) -> str:
    """What a reader of CommonMark takes for markup: code spans by its rule (6.1), line by line."""
    return "\n".join(SPAN.sub("CODE", line) for line in markdown.split("\n"))


def markup(markdown: str) -> str:
    """The rest, without what follows the text's length and digest: sizes, marks."""
    return re.sub(r"\([0-9a-f]{8}\)|\d+ bytes|\b[0-9a-f]{8,12}\b", "", without_spans(markdown))


@given(texts)
@example("`")
@example("``")
@example("a`")
@example("\n</details>\n# hi")
def test_in_a_comment_all_of_it_is_code(text: str) -> None:
    assert markup(as_markdown(told(text))) == markup(as_markdown(told("harmless")))


class Seen(HTMLParser):
    """Tags and their attributes in order; text is put aside."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {attrs}")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"!{data}")

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(as_html(told(text)))
    parser.close()
    return parser


@given(texts)
def test_on_the_page_all_of_it_is_text(text: str) -> None:
    assert seen(text).tags == seen("harmless").tags


def test_the_page_shows_it_as_it_is() -> None:
    assert "+ host h </code><b>" in seen("</code><b>").text


@given(texts)
def test_a_terminal_gets_no_control_and_no_line_of_its_own(text: str) -> None:
    shown = as_text(told(text))
    assert len(shown.splitlines()) == len(as_text(told("harmless")).splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)


@given(texts)
def test_programs_get_json_whatever_the_text(text: str) -> None:
    json.loads(as_json(told(text)))
    for run in json.loads(as_sarif(told(text), "image"))["runs"]:
        for result in run["results"]:
            assert not re.search(r"(?<!\\)[\[\]]", result["message"]["text"].replace("\\\\", ""))


def test_two_foreign_texts_side_by_side_keep_a_code_span_each() -> None:
    both = rendered((Quoted("@everyone"), Quoted("<b>"), "`ours`"))
    assert both == "`@everyone` `<b>` `ours`"
