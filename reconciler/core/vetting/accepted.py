"""Findings that reviewers accepted: remembered by rule and snippet, with a reason and an end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.core.vetting.finding import Finding, Rule, found

EXCEPTION_REFUSED = Rule(
    code="exception-refused",
    level="warn",
    family="packaging",
    summary="an exception that cannot be made",
    why="A rule without false alarms has no exceptions, and a block takes two reviewers.",
    fix="remove the exception, or let a second reviewer sign it",
)
EXCEPTION_EXPIRED = Rule(
    code="exception-expired",
    level="warn",
    family="packaging",
    summary="an exception has ended",
    why="It was accepted for a time, to be looked at again.",
    fix="look at the finding again; write a new end date, or remove the exception",
)
EXCEPTION_UNUSED = Rule(
    code="exception-unused",
    level="info",
    family="packaging",
    summary="an exception that fits no finding",
    why="It would accept such code without a word, should it come back.",
    fix="remove the exception",
)
RULES = (EXCEPTION_REFUSED, EXCEPTION_EXPIRED, EXCEPTION_UNUSED)

REVIEWERS_FOR_BLOCK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One exception: `mark` as `Finding.mark`; `until` and the days compared with are YYYY-MM-DD."""

    code: str
    mark: str
    because: str
    until: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding, and why it was accepted."""

    finding: Finding
    acceptance: Acceptance


def accept(
    findings: Iterable[Finding], acceptances: Sequence[Acceptance], today: str
) -> tuple[tuple[Finding, ...], tuple[Accepted, ...]]:
    """(what stays open, what was accepted). An exception that cannot be used becomes a finding.

    An exception holds through its last day.
    """
    by_key = {(item.code, item.mark): item for item in acceptances}
    still_open: list[Finding] = []
    closed: list[Accepted] = []
    told: dict[tuple[str, str], Finding] = {}
    used: set[tuple[str, str]] = set()
    for finding in findings:
        key = (finding.code, finding.mark)
        acceptance = by_key.get(key)
        if acceptance is None:
            still_open.append(finding)
            continue
        used.add(key)
        refusal = _refusal(finding, acceptance, today)
        if refusal is None:
            closed.append(Accepted(finding, acceptance))
        else:
            still_open.append(finding)
            told.setdefault(key, refusal)
    unused = [
        found(EXCEPTION_UNUSED, "", 1, f"{code} {mark}", detail=f"{code} {mark}")
        for code, mark in sorted(by_key.keys() - used)
    ]
    return (*still_open, *told.values(), *unused), tuple(closed)


def _refusal(finding: Finding, acceptance: Acceptance, today: str) -> Finding | None:
    about = f"{acceptance.code} {acceptance.mark}"
    if finding.rule.final:
        detail = f"{about}: this rule has none"
        return found(EXCEPTION_REFUSED, finding.file, finding.line, about, detail=detail)
    signed = len({login.lower() for login in acceptance.by})
    if finding.level == "block" and signed < REVIEWERS_FOR_BLOCK:
        detail = f"{about}: {signed} of {REVIEWERS_FOR_BLOCK} reviewers"
        return found(EXCEPTION_REFUSED, finding.file, finding.line, about, detail=detail)
    if acceptance.until < today:
        detail = f"{about}: on {acceptance.until}"
        return found(EXCEPTION_EXPIRED, finding.file, finding.line, about, detail=detail)
    return None
