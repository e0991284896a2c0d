"""A told review as JSON, and back again from a file that anybody may have written.

The half of the workflow that may write comments gets this file from the half that read a stranger's
pull request. So it is data: its size and shape are checked, and all that it says is escaped again.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from reconciler.core.problem import Problem, ProblemCode, escaped
from reconciler.core.review.labels import LABELS, STATES
from reconciler.core.review.review import Outcome
from reconciler.core.review.told import PackageTold, Told
from reconciler.core.vetting.report_phrase import Phrase, Quoted, Section

FORMAT = 1
MAX_REPORT_BYTES = 512 * 1024
MAX_ITEMS = 500
MAX_PROBLEMS, FEW_PROBLEMS, MAX_KEPT_CHARS = 160, 40, 400
"""What is written at most: more than a comment shows, and surely within the reader's limits."""
MAX_TEXT_CHARS = 2_000
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Words and marks of which a forge makes nothing, or that are escaped; code in single backticks.
_HARMLESS = re.compile(r"(?:[\w\s.,:;()\"'+\-→…·?!/%=*\[\]#|~^{}✔❗]|`[\w ./,:=-]+`)*")
_LINK = re.compile(r"://|www\.", re.IGNORECASE)
_LABEL = re.compile(r"[A-Z][A-Z ]{0,20}")


class NotAReport(Exception):
    """The file is no report of a review; the reason is ours, nothing of the file is in it."""


def as_json(told: Told, base: str, head: str) -> str:
    """One object; its shape is stable. `base` and `head` are commit ids.

    Whoever reads it has limits: texts are cut, and of very many problems the first are kept.
    """
    text, short = "", dataclasses.replace(told, packages=())
    for each, most in ((told, MAX_PROBLEMS), (told, FEW_PROBLEMS), (short, FEW_PROBLEMS)):
        left = tuple(_left_out(told, each, most))
        note = (Section("NOTE", left),) if left else ()
        sections = (*each.sections, *note)
        text = _as_json(dataclasses.replace(each, sections=sections), base, head, most)
        if len(text.encode("utf-8", "backslashreplace")) <= MAX_REPORT_BYTES:
            break
    return text


def _left_out(told: Told, each: Told, most: int) -> Iterator[Phrase]:
    if len(told.problems) > most:
        yield (f"{len(told.problems) - most} more problems: `wpaas review` lists them",)
    if len(each.packages) < len(told.packages):
        yield ("the vetting reports are too long for here: `wpaas review` shows them",)


def _as_json(told: Told, base: str, head: str, most: int) -> str:
    value = {
        "format": FORMAT,
        "base": base,
        "head": head,
        "outcome": told.outcome,
        "headline": told.headline,
        "author": told.author,
        "labels": list(told.labels),
        "problems": [_fields(problem) for problem in told.problems[:most]],
        "before": [_fields(problem) for problem in told.before[:most]],
        "packages": [
            {
                "title": _phrase(package.title),
                "sections": [_section(section) for section in package.sections],
                "details": [_phrase(detail) for detail in package.details],
            }
            for package in told.packages
        ],
        "sections": [_section(section) for section in told.sections],
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _fields(problem: Problem) -> dict[str, object]:
    found = dataclasses.asdict(problem)
    return {key: _cut(each) if isinstance(each, str) else each for key, each in found.items()}


def _cut(text: str) -> str:
    return text if len(text) <= MAX_KEPT_CHARS else text[: MAX_KEPT_CHARS - 1] + "…"


def _phrase(phrase: Phrase) -> list[dict[str, str]]:
    return [
        {"quote": _cut(part.text)} if isinstance(part, Quoted) else {"say": part} for part in phrase
    ]


def _section(section: Section) -> dict[str, Any]:
    lines = [_phrase(line) for line in section.lines]
    return {"label": section.label, "tone": section.tone, "lines": lines}


def from_json(data: bytes, head: str) -> tuple[str, Told]:
    """(id of the base, what is told) of a report about the commit `head`. Raises NotAReport."""
    if len(data) > MAX_REPORT_BYTES:
        raise NotAReport(f"it is larger than {MAX_REPORT_BYTES} bytes")
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as e:
        raise NotAReport("it is not JSON") from e
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise NotAReport(f"it is not of format {FORMAT}")
    base = _text(value, "base")
    if not _SHA.fullmatch(base):
        raise NotAReport("its base is no commit")
    if not _SHA.fullmatch(_text(value, "head")) or value["head"] != head:
        raise NotAReport("it is about another commit")
    outcome = _text(value, "outcome")
    if outcome not in get_args(Outcome):
        raise NotAReport("its outcome is none")
    return base, Told(
        outcome=cast(Outcome, outcome),
        headline=_headline(value),
        author=_text(value, "author"),
        labels=_labels(value),
        problems=tuple(map(_problem, _list(value, "problems"))),
        before=tuple(map(_problem, _list(value, "before"))),
        packages=tuple(map(_to_package, _list(value, "packages"))),
        sections=tuple(map(_to_section, _list(value, "sections"))),
    )


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, str) or len(found) > MAX_TEXT_CHARS:
        raise NotAReport(f'"{key}" is no text of at most {MAX_TEXT_CHARS} characters')
    return escaped(found)


def _list(value: object, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, list) or len(found) > MAX_ITEMS:
        raise NotAReport(f'"{key}" is no list of at most {MAX_ITEMS}')
    return found


def _headline(value: object) -> str:
    text, quoted = _said(_text(value, "headline"))
    if quoted or "`" in text:
        raise NotAReport("its first line is none of ours")
    return text


def _number(value: object, key: str) -> int:
    found = value.get(key) if isinstance(value, Mapping) else None
    if type(found) is not int or not 1 <= found < 10**9:
        raise NotAReport(f'"{key}" is no number of a line or column')
    return found


def _labels(value: object) -> tuple[str, ...]:
    found = _list(value, "labels")
    if not all(isinstance(label, str) and label in LABELS for label in found):
        raise NotAReport("it has labels that are not ours")
    if sum(label in STATES for label in set(found)) != 1:
        raise NotAReport("it has not exactly one state")
    return tuple(dict.fromkeys(found))


def _problem(value: object) -> Problem:
    code, severity = _text(value, "code"), _text(value, "severity")
    if code not in get_args(ProblemCode) or severity not in {"error", "warning"}:
        raise NotAReport("it has a problem that is none of ours")
    return Problem(
        code=cast(ProblemCode, code),
        severity="error" if severity == "error" else "warning",
        file=_text(value, "file"),
        line=_number(value, "line"),
        column=_number(value, "column"),
        pointer=_text(value, "pointer"),
        value=_text(value, "value"),
        message=_text(value, "message"),
        fix=_text(value, "fix"),
    )


def _to_package(value: object) -> PackageTold:
    return PackageTold(
        _to_phrase(_list(value, "title")),
        tuple(map(_to_section, _list(value, "sections"))),
        tuple(_to_phrase(_checked(line)) for line in _list(value, "details")),
    )


def _to_section(value: object) -> Section:
    label, tone = _text(value, "label"), _text(value, "tone")
    lines = tuple(_to_phrase(_checked(line)) for line in _list(value, "lines"))
    if not _LABEL.fullmatch(label) or tone not in {"plain", "loud", "good"} or not lines:
        raise NotAReport("it has a section that is none of ours")
    return Section(
        label, lines, "loud" if tone == "loud" else "good" if tone == "good" else "plain"
    )


def _checked(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise NotAReport("a line is no list of parts")
    return value


def _to_phrase(parts: list[Any]) -> Phrase:
    found: list[str | Quoted] = []
    for part in parts:
        if isinstance(part, dict) and set(part) == {"say"}:
            text, quoted = _said(_text(part, "say"))
            found.append(Quoted(text) if quoted else text)
        elif isinstance(part, dict) and set(part) == {"quote"}:
            found.append(Quoted(_text(part, "quote")))
        else:
            raise NotAReport("a part of a line is neither said nor quoted")
    return tuple(found)


def _said(text: str) -> tuple[str, bool]:
    """(text, whether it must stand in quotes): a report may claim that its own words are ours."""
    return text, not _HARMLESS.fullmatch(text) or _LINK.search(text) is not None
