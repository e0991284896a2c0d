"""What a package did when it ran: deeds by kind, what it costs a page, and what stays of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.problem import escaped
from reconciler.core.vetting.behaviour_judge import judged, news
from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.deed import Cost, Deed, Kind
from reconciler.core.vetting.finding import Finding
from reconciler.core.vetting.grants import Standing

_HEAVY: Mapping[Kind, str] = {
    "refused": "not activated",
    "fatal": "fatal error",
    "broken": "broken page",
    "user": "made or changed user",
    "role": "changed role",
    "lost": "removed",
    "setting": "changed setting",
    "host": "asked for",
    "write": "tried to write",
    "upload": "put into uploads",
    "temp": "left in temp",
    "table": "made table",
    "cron": "scheduled",
    "mail": "sent mail from",
    "link": "visitors' pages lead to",
    "warning": "PHP warning",
    "notice": "PHP notice",
    "route": "added route",
}
_LIGHT: Mapping[Kind, str] = {
    "page": "added admin page",
    "ajax": "added ajax action",
    "shortcode": "added shortcode",
    "block": "added block",
    "post type": "added post type",
    "post": "wrote posts",
    "option": "stored option",
    "user meta": "stored of users",
    "deprecated": "PHP deprecation",
}
WORDS: Mapping[Kind, str] = {**_HEAVY, **_LIGHT}
"""Each kind as a reader meets it, in the order of weight; the light ones are what a package merely adds."""
_WITH_NOTE: tuple[Kind, ...] = ("broken", "user", "role", "cron")


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
        """The run as (what, which), what weighs most first: what is news later, what it did, what it
        costs a page, what stays; at the end what merely is there.
        """
        left = [f"{deed.kind} {deed.value}" for deed in self.left]
        costs = [
            (
                cost.page,
                f"{cost.added_ms:+.0f} ms, {cost.added_kb:+d} KiB, {cost.added_queries:+d} queries",
            )
            for cost in self.costs
        ]
        return (
            *_told_later(self),
            *_told(self.now, _HEAVY),
            *costs,
            *([("stays after uninstall", ", ".join(left))] if left else []),
            *(("not looked at", what) for what in self.incomplete),
            *_told(self.now, _LIGHT),
        )


def _told_later(behaviour: Behaviour) -> Iterator[tuple[str, str]]:
    for before, deeds in (
        (f"{behaviour.later_days} days later", behaviour.later),
        ("with answers", behaviour.answered),
    ):
        for words, values in _told(news(behaviour.now, deeds or ()), WORDS):
            yield f"{before}, {words}", values


def _told(deeds: Iterable[Deed], words: Mapping[Kind, str]) -> Iterator[tuple[str, str]]:
    """Deeds of the kinds that `words` has, one line for each kind."""
    by_kind: dict[Kind, dict[str, None]] = {}
    for deed in sorted(set(deeds)):
        note = f" ({deed.note})" if deed.note and deed.kind in _WITH_NOTE else ""
        by_kind.setdefault(deed.kind, {})[f"{deed.value}{note}"] = None
    yield from ((word, ", ".join(by_kind[kind])) for kind, word in words.items() if kind in by_kind)


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
