"""A told review as text, as Markdown for a comment, as annotations and as SARIF."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from reconciler.core.annotations import SARIF_SCHEMA, notice
from reconciler.core.annotations import as_github as annotations
from reconciler.core.problem import Problem
from reconciler.core.review.told import PackageTold, Told
from reconciler.core.vetting.report_markdown import ours, rendered, span
from reconciler.core.vetting.report_phrase import Phrase, Quoted, Section, plain

MAX_PROBLEMS = 30
MAX_COMMENT_CHARS = 60_000
"""GitHub takes 65,536 characters."""
_LABEL_CHARS = 9
_SIGNS = {"good": "✔", "agree": "✔", "errors": "✏️", "refused": "✋"}


def as_text(told: Told) -> str:
    """For a terminal, ending in a line feed; the next step stands last."""
    lines = [told.headline, ""]
    for problem in told.problems:
        lines += [str(problem), ""]
    for package in told.packages:
        lines += [plain(package.title), *_text_sections(package.sections)]
        lines += [f"         - {plain(detail)}" for detail in package.details]
        lines.append("")
    lines += _text_sections(told.sections)
    return "\n".join(lines) + "\n"


def _text_sections(sections: tuple[Section, ...]) -> Iterator[str]:
    for section in sections:
        label = section.label + ("!" if section.tone == "loud" else "")
        for number, phrase in enumerate(section.lines):
            yield f"{label if number == 0 else '':<{_LABEL_CHARS}}{plain(phrase)}"


def as_markdown(told: Told) -> str:
    """For a comment (GitHub's Markdown). Nothing in it notifies anybody, whoever wrote what it quotes."""
    whole = _markdown(told, MAX_PROBLEMS, details=MAX_PROBLEMS)
    if len(whole) > MAX_COMMENT_CHARS:
        whole = _markdown(told, MAX_PROBLEMS, details=0)
    return whole if len(whole) <= MAX_COMMENT_CHARS else _markdown(told, 5, details=0, packages=1)


def _markdown(told: Told, problems: int, *, details: int, packages: int | None = None) -> str:
    lines = [f"### {_SIGNS[told.outcome]} {ours(told.headline)}", ""]
    for problem in told.problems[:problems]:
        lines += _markdown_problem(problem)
    if len(told.problems) > problems:
        lines.append(f"- and {len(told.problems) - problems} more: `wpaas review` lists them")
    if told.problems:
        lines.append("")
    for section in told.sections:
        lines += _markdown_section(section)
    for package in told.packages[:packages]:
        lines += _markdown_package(package, details)
    return "\n".join(lines) + "\n"


def _markdown_problem(problem: Problem) -> Iterator[str]:
    sign = "❌" if problem.severity == "error" else "⚠️"
    place = span(f"{problem.file}:{problem.line}:{problem.column}")
    yield f"- {sign} {place} **{problem.code}**: {span(problem.message)}"
    yield f"  - **Fix:** {span(problem.fix)}"


def _markdown_section(section: Section) -> Iterator[str]:
    loud = "❗ " if section.tone == "loud" else ""
    first, *rest = section.lines
    yield f"**{loud}{section.label}** {inline(first)}"
    yield from (f"- {inline(line)}" for line in rest)
    yield ""


def _markdown_package(package: PackageTold, details: int) -> Iterator[str]:
    yield f"<details><summary>Vetting</summary>\n\n#### {inline(package.title)}"
    yield ""
    for section in package.sections:
        yield from _markdown_section(section)
    yield from (f"- {inline(detail)}" for detail in package.details[:details])
    yield "\n</details>\n"


def inline(phrase: Phrase) -> str:
    """A phrase as inline Markdown. Two spans side by side would make one fence of their backticks."""
    parts: list[str | Quoted] = []
    for part in phrase:
        last = parts[-1] if parts else None
        if isinstance(part, Quoted) and isinstance(last, Quoted):
            parts[-1] = Quoted(last.text + part.text)
        elif part != "":
            if isinstance(last, str) and last.endswith("`"):
                parts.append(" ")
            parts.append(f" {part}" if isinstance(part, str) and part.startswith("`") else part)
    return rendered(tuple(parts))


def as_github(told: Told) -> str:
    """Annotations: problems beside their lines, then the plan and who acts next."""
    remarks = [(s.label.lower(), "\n".join(map(plain, s.lines))) for s in told.sections]
    first = annotations(told.problems) + notice("review", told.headline)
    return first + "".join(notice(label, text) for label, text in remarks)


def as_sarif(told: Told) -> str:
    """A SARIF 2.1.0 log; what was there before is in it as unchanged."""
    listed = [*((p, "new") for p in told.problems), *((p, "unchanged") for p in told.before)]
    codes = sorted({problem.code for problem, _ in listed})
    driver = {
        "name": "wpaas",
        "informationUri": "https://wpaas.invalid/docs/problems.md",
        "rules": [{"id": code} for code in codes],
    }
    results = [_result(problem, state, codes.index(problem.code)) for problem, state in listed]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(problem: Problem, state: str, index: int) -> dict[str, Any]:
    # Paths have been made fit to print; quoting keeps them one segment a name.
    place = {
        "artifactLocation": {"uri": quote(problem.file)},
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }
    return {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": problem.severity,
        "message": {"text": f"{problem.message}\nfix: {problem.fix}"},
        "baselineState": state,
        "locations": [{"physicalLocation": place}],
    }
