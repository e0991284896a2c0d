"""Whatever a stranger writes, and wherever: no format makes anything of it but text."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.problem import Problem, escaped
from reconciler.core.review import formats, kept
from reconciler.core.review.told import PackageTold, Told
from reconciler.core.vetting.report_phrase import Quoted, Section

SHA = "c" * 40
NASTY = st.sampled_from(
    (
        *("`", "``", "```", "` `", "@wpaas/operators", "@all", "#1", "GH-1", "<img src=x>", "</details>"),
        *("<!-- wpaas review -->", "![x](http://x)", "[x](y)", "https://evil.example", "www.evil.example"),
        *("a@evil.example", "\n", "\r", "\n\n# x", "\n::error::x", "%0A::error::x", "&#64;all", "\x1b[31m"),
        *("\u202e", "\u2028", "|", "*", "_", "~~", "\\", "::set-output name=x::y", "{{x}}", "\ud800"),
    )
)  # fmt: skip
TEXT = st.lists(NASTY | st.text(max_size=6), max_size=6).map("".join)
OURS = st.sampled_from(
    ("changes ", " of it", ": live", "`wpaas plan` says", "run `wpaas review`", "")
)
PHRASE = st.lists(OURS | TEXT.map(Quoted), min_size=1, max_size=5).map(tuple)


@st.composite
def reviews(draw: st.DrawFn) -> Told:
    def section(label: str) -> Section:
        return Section(label, tuple(draw(st.lists(PHRASE, min_size=1, max_size=3))))

    problem = Problem(
        code="file-name",
        file=printable(draw(TEXT)),
        message=printable(draw(TEXT)),
        fix=printable(draw(TEXT)),
    )
    package = PackageTold(
        draw(PHRASE), (section("VERDICT"),), tuple(draw(st.lists(PHRASE, max_size=2)))
    )
    return Told(
        outcome="errors",
        headline="Thank you! 1 thing has to be corrected first.",
        author="mallory",
        labels=("site:new", "needs-author"),
        problems=(problem,),
        before=(problem,),
        packages=(package,),
        sections=(section("PLAN"), section("NEXT")),
    )


def printable(text: str) -> str:
    """As problems hold what a file says."""
    return escaped(text)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_comment(self, data: str) -> None:
        self.seen.append("!")


def without_code(markdown: str) -> str:
    """What is left where code spans are taken out, by CommonMark's rule: equal runs of backticks."""
    left, at = [], 0
    runs = [(m.start(), m.end()) for m in re.finditer(r"`+", markdown)]
    while runs:
        begin, end = runs.pop(0)
        close = next((n for n, (b, e) in enumerate(runs) if e - b == end - begin), None)
        if close is None:
            continue
        left.append(markdown[at:begin])
        at = runs[close][1]
        runs = runs[close + 1 :]
    return "".join([*left, markdown[at:]])


def check_markdown(markdown: str) -> None:
    lines = [without_code(line) for line in markdown.splitlines()]
    bare = "\n".join(lines)
    assert not re.search(r"[@`&]|://|www\.|(?<!\\)[\[|~]|(?<!\\)#\d", bare.replace("####", ""))
    assert set(Tags(bare).seen) <= {"details", "summary"}
    assert not any(ord(c) < 32 and c != "\n" for c in markdown)


@settings(max_examples=400)
@given(reviews())
def test_a_comment_holds_no_markup_mention_or_link_of_a_stranger(told: Told) -> None:
    check_markdown(formats.as_markdown(told))


@settings(max_examples=200)
@given(reviews())
def test_no_line_of_annotations_begins_a_command_of_a_stranger(told: Told) -> None:
    lines = formats.as_github(told).split("\n")
    assert lines.pop() == ""
    assert all(re.match(r"::(error|warning|notice) [^:]*::", line) for line in lines)
    assert len(lines) == 1 + 1 + len(told.sections)
    assert "\r" not in formats.as_github(told)


@settings(max_examples=200)
@given(reviews())
def test_text_and_sarif_hold_nothing_that_a_terminal_obeys(told: Told) -> None:
    assert not any(ord(c) < 32 and c != "\n" for c in formats.as_text(told))
    log = json.loads(formats.as_sarif(told))
    assert len(log["runs"][0]["results"]) == 2


@settings(max_examples=200)
@given(reviews())
def test_what_is_kept_is_told_again(told: Told) -> None:
    data = kept.as_json(told, "b" * 40, SHA).encode("utf-8", "backslashreplace")
    _, again = kept.from_json(data, SHA)
    check_markdown(formats.as_markdown(again))
    assert again.headline == told.headline
    assert (again.outcome, again.labels, len(again.problems)) == ("errors", told.labels, 1)


@settings(max_examples=400)
@given(
    st.lists(
        TEXT.map(lambda text: {"say": text}) | TEXT.map(lambda text: {"quote": text}), max_size=4
    )
)
def test_a_forged_report_says_nothing_in_our_name(parts: list[dict[str, str]]) -> None:
    told = Told(
        outcome="good", headline="x", author="", labels=("ready",), problems=(), before=(), packages=(),
        sections=(Section("NEXT", (("x",),)),),
    )  # fmt: skip
    value = json.loads(kept.as_json(told, "b" * 40, SHA))
    value["sections"][0]["lines"] = [parts or [{"say": "x"}]]
    check_markdown(formats.as_markdown(kept.from_json(json.dumps(value).encode(), SHA)[1]))
    value["headline"] = "".join(part.get("say", "") for part in parts)[:500]
    try:
        _, again = kept.from_json(json.dumps(value).encode(), SHA)
    except kept.NotAReport:
        return
    check_markdown(formats.as_markdown(again))


@pytest.mark.parametrize("long", [10, 3_000, 100_000])
@pytest.mark.parametrize("many", [1, 159, 700, 5_000])
def test_a_true_report_is_within_the_readers_limits_whatever_a_stranger_writes(
    long: int, many: int
) -> None:
    """Else one long key would make an honest report useless, and trouble operators."""
    word = "ä\u2028`" * (long // 3)
    problem = Problem(
        code="unknown-field", file=printable(word), pointer=printable(word), value=printable(word),
        message=printable(word), fix="remove it",
    )  # fmt: skip
    package = PackageTold(
        (Quoted(word),), (Section("FOUND", ((Quoted(word),),)),), ((Quoted(word),),) * 20
    )
    told = Told(
        outcome="errors", headline="Thank you! 1 thing has to be corrected first.", author="x",
        labels=("needs-author",), problems=(problem,) * many, before=(problem,) * many,
        packages=(package,) * 10, sections=(Section("NEXT", (("x",),)),),
    )  # fmt: skip
    data = kept.as_json(told, "b" * 40, SHA).encode("utf-8", "backslashreplace")
    _, again = kept.from_json(data, SHA)
    check_markdown(formats.as_markdown(again))
    assert len(formats.as_markdown(again)) <= formats.MAX_COMMENT_CHARS
    left = many - len(again.problems)
    assert left == 0 or f"{left} more problems" in formats.as_text(again)
