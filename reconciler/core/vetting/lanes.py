"""How many people a change takes: green none, yellow one, red two."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reconciler.core.vetting.accepted import Accepted
from reconciler.core.vetting.bump import Bump
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


def lane(vetting: Vetting, bump: Bump | None, published_days: int | None) -> Lane:
    """The lane of a package that is proposed.

    `published_days`: how long these files have been public at their source; None where nobody knows.
    """
    red = tuple(_red(vetting, bump))
    if red:
        return Lane("red", red)
    yellow = tuple(_yellow(vetting, bump, published_days))
    return Lane("yellow", yellow) if yellow else Lane("green", ("same maker, nothing new",))


def _red(vetting: Vetting, bump: Bump | None) -> Iterator[str]:
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


def _yellow(vetting: Vetting, bump: Bump | None, published_days: int | None) -> Iterator[str]:
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
    if not bump.fixes and published_days is None:
        yield "nobody knows how long it has been public"
    elif not bump.fixes and published_days is not None and published_days <= SETTLED_DAYS:
        yield f"it has been public for {published_days} days only"


def handed_over(bump: Bump) -> bool:
    """Whether another maker is named, not only another address or licence."""
    return any(moved.what in {"author", "contributors", "author's site"} for moved in bump.who)
