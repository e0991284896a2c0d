"""What a package did when it ran: deeds by kind, what it costs a page, and what stays of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reconciler.core.problem import escaped
from reconciler.core.vetting.behaviour_judge import judged
from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.deed import Cost, Deed
from reconciler.core.vetting.finding import Finding

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
            "incomplete": sorted(self.incomplete),
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

    def findings(self, grants: Grants) -> tuple[Finding, ...]:
        """What it did beyond `grants`, or should not do at all."""
        return tuple(
            judged(
                now=self.now,
                later=self.later or (),
                answered=self.answered or (),
                left=self.left,
                costs=self.costs,
                incomplete=self.incomplete,
                grants=grants,
            )
        )

    def lines(self) -> tuple[str, ...]:
        """The run in a few lines: what it did, what it costs, what stays."""
        did = [f"{kind}: {', '.join(values)}" for kind, values in _values(self.now).items()]
        costs = [
            f"{cost.page}: {cost.added_ms:+.0f} ms, {cost.added_kb:+d} KiB,"
            f" {cost.added_queries:+d} queries"
            for cost in self.costs
        ]
        left = [f"stays after uninstall: {deed.kind} {escaped(deed.value)}" for deed in self.left]
        return (*did, *costs, *left, *(f"not looked at: {what}" for what in self.incomplete))


def _by_kind(deeds: Iterable[Deed]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for deed in sorted(set(deeds)):
        grouped.setdefault(deed.kind, []).append(_deed(deed))
    return grouped


def _deed(deed: Deed) -> dict[str, Any]:
    told: dict[str, Any] = {"value": deed.value}
    if deed.file:
        told |= {"file": deed.file, "line": deed.line}
    if deed.note:
        told["note"] = deed.note
    if deed.amount:
        told["amount"] = deed.amount
    return told


def _values(deeds: Iterable[Deed]) -> Mapping[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for deed in sorted(set(deeds)):
        values = grouped.setdefault(deed.kind, [])
        if escaped(deed.value) not in values:
            values.append(escaped(deed.value))
    return grouped
