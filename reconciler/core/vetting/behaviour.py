"""What a package did when it ran: deeds by kind, what it costs a page, and what stays of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reconciler.core.problem import escaped
from reconciler.core.vetting.behaviour_judge import judged, news
from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.deed import Cost, Deed
from reconciler.core.vetting.finding import Finding
from reconciler.core.vetting.grants import Standing

Part = Literal["now", "later", "answered"]
"""The run at today's clock, months later, and with answers from the hosts that are granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One run. `later`, `answered` are None where that part was not run.

    `left`: what stood after its uninstall and not before its activation. `incomplete`: what could not
    be looked at, in words. `later_days`: how far the clock was moved.
    """

    now: tuple[Deed, ...]
    later: tuple[Deed, ...] | None = None
    answered: tuple[Deed, ...] | None = None
    left: tuple[Deed, ...] = ()
    costs: tuple[Cost, ...] = ()
    incomplete: tuple[str, ...] = ()
    later_days: int = 0

    def as_json(self) -> dict[str, Any]:
        """The stable shape of a report's `behaviour`; what differs from run to run is in `measured`."""
        return {
            "now": _by_kind(self.now),
            "later": None if self.later is None else _by_kind(self.later),
            "later_days": self.later_days,
            "answered": None if self.answered is None else _by_kind(self.answered),
            "left": _by_kind(self.left),
            "incomplete": sorted(escaped(what) for what in self.incomplete),
            "measured": [
                {
                    "page": cost.page,
                    "added_ms": round(cost.added_ms),
                    "added_kb": cost.added_kb,
                    "added_queries": cost.added_queries,
                }
                for cost in self.costs
            ],
        }

    def findings(self, grants: Grants, standing: Standing = "entered") -> tuple[Finding, ...]:
        """What it did beyond `grants`, or should not do at all; see `grant_findings`."""
        return tuple(
            judged(
                now=self.now,
                later=self.later or (),
                answered=self.answered or (),
                left=self.left,
                costs=self.costs,
                incomplete=self.incomplete,
                grants=grants,
                standing=standing,
            )
        )

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The run as (what, which): what it did, what stays, what it costs a page."""
        parts = (("", self.now), *_told_later(self))
        did = [
            (f"{before}{kind}", ", ".join(values))
            for before, deeds in parts
            for kind, values in _values(deeds).items()
        ]
        left = [("stays after uninstall", f"{deed.kind} {deed.value}") for deed in self.left]
        costs = [
            (
                cost.page,
                f"{cost.added_ms:+.0f} ms, {cost.added_kb:+d} KiB, {cost.added_queries:+d} queries",
            )
            for cost in self.costs
        ]
        return (*did, *left, *costs, *(("not looked at", what) for what in self.incomplete))


def _told_later(behaviour: Behaviour) -> Iterator[tuple[str, Sequence[Deed]]]:
    if behaviour.later is not None:
        yield f"{behaviour.later_days} days later, ", news(behaviour.now, behaviour.later)
    if behaviour.answered is not None:
        yield "with answers, ", news(behaviour.now, behaviour.answered)


def _by_kind(deeds: Iterable[Deed]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for deed in sorted(set(deeds)):
        grouped.setdefault(deed.kind, []).append(_deed(deed))
    return grouped


def _deed(deed: Deed) -> dict[str, Any]:
    told: dict[str, Any] = {"value": escaped(deed.value)}
    if deed.file:
        told |= {"file": escaped(deed.file), "line": deed.line}
    if deed.note:
        told["note"] = escaped(deed.note)
    if deed.amount:
        told["amount"] = deed.amount
    return told


def _values(deeds: Iterable[Deed]) -> Mapping[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for deed in sorted(set(deeds)):
        values = grouped.setdefault(deed.kind, [])
        if deed.value not in values:
            values.append(deed.value)
    return grouped
