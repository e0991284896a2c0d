"""How many people a change takes: green none, yellow one, red two."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reconciler.core.vetting.accepted import Accepted
from reconciler.core.vetting.bump import Bump
from reconciler.core.vetting.outside import Outside, worst
from reconciler.core.vetting.vet import Vetting

Colour = Literal["green", "yellow", "red"]
REVIEWERS: dict[Colour, int] = {"green": 0, "yellow": 1, "red": 2}

SETTLED_DAYS = 7
"""A release this old would have been noticed if it were a bad one; a fix need not wait for it."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The lane, and the reasons for it, the weightiest first."""

    colour: Colour
    reasons: tuple[str, ...]

    @property
    def reviewers(self) -> int:
        """People who have to approve."""
        return REVIEWERS[self.colour]


def lane(vetting: Vetting, bump: Bump | None, outside: Outside) -> Lane:
    """The lane of a package that is proposed."""
    red = tuple(_red(vetting, bump, outside))
    if red:
        return Lane("red", red)
    yellow = tuple(_yellow(bump, outside))
    if yellow or bump is None:
        return Lane("yellow", yellow)
    why = "it mends a known hole" if bump.fixes else outside.public.words
    return Lane("green", ("same maker, nothing new", why))


def _red(vetting: Vetting, bump: Bump | None, outside: Outside) -> Iterator[str]:
    if outside.holes:
        yield worst(outside.holes)
    if bump is None:
        yield "it is new here"
    elif handed_over(bump) and (bump.more or any(f.level != "info" for f in bump.new)):
        yield "it changed hands, and does what it did not"
    if bump and any(f.level == "block" for f in bump.new):
        yield "a new finding blocks"
    elif vetting.verdict == "block":
        yield "it has findings that block"
    known = {_key(item) for item in bump.before.accepted} if bump else set()
    if any(a.finding.level == "block" and _key(a) not in known for a in vetting.accepted):
        yield "a finding that blocks is accepted"
    if bump and any(finding.level == "block" for finding in bump.spread):
        yield "code that was accepted once stands at more places"


def _key(accepted: Accepted) -> tuple[str, str]:
    return accepted.acceptance.code, accepted.acceptance.mark


def _yellow(bump: Bump | None, outside: Outside) -> Iterator[str]:
    if bump is None:
        return
    if bump.who:
        yield f"the {bump.who[0].what} changed"
    if bump.more:
        yield "it can do what it could not"
    if any(finding.level == "warn" for finding in bump.new):
        yield "there are new findings"
    if bump.spread:
        yield "accepted code stands at more places"
    if outside.unknown:
        yield outside.unknown
    days = outside.public.days
    if not bump.fixes and (days is None or days <= SETTLED_DAYS):
        yield outside.public.words


def handed_over(bump: Bump) -> bool:
    """Whether another maker is named, not only another address or licence."""
    return any(moved.what in {"author", "contributors", "author's site"} for moved in bump.who)
