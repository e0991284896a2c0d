"""The report as plain text: the first screen, then each finding with its reason and its way out."""

from collections.abc import Iterator

from reconciler.core.problem import escaped
from reconciler.core.vetting.finding import Finding, abilities
from reconciler.core.vetting.report import Report
from reconciler.core.vetting.report_phrase import (
    MAX_DEEDS,
    MAX_VALUES,
    at,
    plain,
    snippet,
    weighty,
)

MAX_LINE_CHARS = 150
_LABEL_CHARS = 9


def as_text(report: Report) -> str:
    """The whole report, ending in a line feed."""
    return "\n".join([*first_screen(report), *_below(report)]) + "\n"


def first_screen(report: Report) -> list[str]:
    """At most 25 lines, each cut to a terminal's width."""
    lines = [plain(report.title)]
    for section in report.sections:
        label = section.label + ("!" if section.tone == "loud" else "")
        for number, phrase in enumerate(section.lines):
            lines.append(f"{label if number == 0 else '':<{_LABEL_CHARS}}{plain(phrase)}")
    return [
        line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…" for line in lines
    ]


def _below(report: Report) -> Iterator[str]:
    yield from _more_below(report) if report.bump else _abilities_below(report)
    ran = report.vetting.behaviour.lines() if report.vetting.behaviour else ()
    room = MAX_LINE_CHARS - _LABEL_CHARS
    if len(ran) > MAX_DEEDS or any(len(f"{what}: {escaped(which)}") > room for what, which in ran):
        yield "\nwhen it ran"
        yield from (f"  {what}: {escaped(which)}" for what, which in ran)
    for finding, new in report.listed:
        yield ""
        yield from _finding(finding, "" if new is None else "new " if new else "known ")
    for item in report.vetting.accepted:
        a = item.acceptance
        yield ""
        yield f"accepted {plain(at(item.finding.file, item.finding.line))}  {a.code} {a.mark}"
        yield f"  by {escaped(', '.join(a.by))} until {a.until}: {escaped(a.because)}"


def _finding(finding: Finding, state: str) -> Iterator[str]:
    special = f": {escaped(finding.detail)}" if finding.detail else ""
    place = plain(at(finding.file, finding.line))
    yield f"{place}  {state}{finding.level}  {finding.code} {finding.mark}"
    yield f"  {finding.rule.summary}{special}"
    if snippet(finding):
        yield f"  > {finding.excerpt}"
    yield f"  why: {finding.rule.why}"
    yield f"  fix: {finding.rule.fix}"


def _abilities_below(report: Report) -> Iterator[str]:
    """Everything that a new package can do, where the first screen had no room for all."""
    can = weighty(abilities(report.vetting.profile.facts))
    shown = next(len(s.lines) for s in report.sections if s.label == "CAN")
    if len(can) > shown or any(len(values) > MAX_VALUES for _, values in can):
        yield "\nwhat it can do"
        yield from (f"  {ability}: {escaped(', '.join(values))}" for ability, values in can)


def _more_below(report: Report) -> Iterator[str]:
    """Every ability and file of a bump, where the first screen had no room for all."""
    bump = report.bump
    if bump is None:
        return
    for title, sign, by_ability in (("gained", "+", bump.more), ("lost", "-", bump.less)):
        if by_ability:
            yield f"\nabilities {title}"
        for ability, values in by_ability.items():
            for value in values:
                place = bump.place(ability, value) if sign == "+" else None
                where = f"   {plain(at(place.file, place.line))}" if place else ""
                yield f"  {sign} {ability} {escaped(value)}{where}"
    if bump.changes:
        yield "\nfiles"
    for change in bump.changes:
        reason = f", {change.reason}" if change.reason else ""
        lines = f"+{change.added} -{change.removed}"
        yield f"  {change.how:<8}{escaped(change.path)}  {lines}{reason}"
