"""The report for a pull request. Everything the package says stands in code spans.

Inside a code span a forge knows no markup, HTML, mention, reference or address; an entity or a
backslash would not do, since mentions and addresses are looked for in what was rendered. A span's
fence is longer than any run of backticks within (CommonMark 6.1), and its text is one line.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.core.problem import escaped
from reconciler.core.vetting.finding import Finding
from reconciler.core.vetting.report_phrase import MAX_DEEDS, Phrase, Quoted, at, snippet

if TYPE_CHECKING:  # a review renders phrases, and mostly has no report
    from reconciler.core.vetting.report import Report

MAX_FINDINGS = 40
MAX_QUOTED_CHARS = 300
_SIGNS = {"block": "⛔", "warn": "⚠️", "info": "·"}
_OURS = re.compile(r"(`[^`]*`)")


def as_markdown(report: "Report") -> str:
    """The report as Markdown (GitHub's), ending in a line feed; bounded, as comments are."""
    lines = [f"### {rendered(report.title)}", ""]
    for section in report.sections:
        label = f"**{section.label}**" if section.tone == "plain" else f"**❗ {section.label}**"
        if section.tone == "good":
            label = f"**✔ {section.label}**"
        first, *rest = section.lines
        lines.append(f"- {label} {rendered(first)}")
        lines += [f"  - {rendered(line)}" for line in rest]
    ran = report.vetting.behaviour.lines() if report.vetting.behaviour else ()
    if len(ran) > MAX_DEEDS:
        lines += ["", "<details><summary>What it did when it ran</summary>", ""]
        lines += [f"- {rendered((f'{what}: ', Quoted(which)))}" for what, which in ran]
        lines += ["", "</details>"]
    listed = [(f, new) for f, new in report.listed if new is not False and f.level != "info"]
    if listed:
        lines += ["", "<details><summary>Findings</summary>", ""]
        for finding, _ in listed[:MAX_FINDINGS]:
            lines += _finding(finding)
        if len(listed) > MAX_FINDINGS:
            lines.append(f"- {len(listed) - MAX_FINDINGS} more in the full report")
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def rendered(phrase: Phrase) -> str:
    """A phrase as inline Markdown."""
    text = ""
    for part in phrase:
        piece = span(part.text) if isinstance(part, Quoted) else ours(part)
        # Two fences side by side would be one longer fence, and let what they hold out.
        apart = " " if text.endswith("`") and piece.startswith("`") else ""
        text += apart + piece
    return text


def span(text: str) -> str:
    """Foreign text as a code span; "" for none."""
    plain = escaped(text)
    if not plain.strip():
        return ""
    if len(plain) > MAX_QUOTED_CHARS:
        plain = plain[: MAX_QUOTED_CHARS - 1] + "…"
    longest = max((len(run) for run in re.findall(r"`+", plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def ours(text: str) -> str:
    """Our own text: nothing in it is markup but its code in backticks."""
    parts = _OURS.split(text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_<>\[\]#|~])", r"\\\1", part)
        for part in parts
    )


def _finding(finding: Finding) -> Iterator[str]:
    special: Phrase = (": ", Quoted(finding.detail)) if finding.detail else ()
    place = rendered(at(finding.file, finding.line))
    said = rendered((finding.rule.summary, *special))
    yield f"- {_SIGNS[finding.level]} **{finding.code}** {place} {said} ({finding.mark})"
    if snippet(finding):
        yield f"  - {span(finding.excerpt)}"
    yield f"  - {ours(finding.rule.why)} **Fix:** {ours(finding.rule.fix)}"
