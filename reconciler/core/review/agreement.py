"""Who has to agree with a proposal, by the base's CODEOWNERS and the owners of its sites."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.core.compiler import Compiled
from reconciler.core.manifest import Package, Site
from reconciler.core.review.authority import owners_in, site_name
from reconciler.core.review.change import Area, Change, Proposal
from reconciler.core.review.codeowners import Owners, read_owners
from reconciler.core.vetting.report_phrase import Phrase, Quoted

if TYPE_CHECKING:  # a proposal without a package needs no vetting, which takes long to load
    from reconciler.core.vetting.lanes import Lane
    from reconciler.core.vetting.report import Report

MAX_PEOPLE = 6
SOMEBODY = "somebody who may merge here"


@dataclass(frozen=True, slots=True)
class Vetted:
    """A package that the proposal brings, judged."""

    report: "Report"

    @property
    def lane(self) -> "Lane":
        """How many people it takes."""
        return self.report.lane


@dataclass(frozen=True, slots=True)
class Agreement:
    """`number` of `people` have to agree; `requests` say what they are asked to look at."""

    people: Phrase
    number: int
    requests: tuple[str, ...]

    @property
    def words(self) -> str:
        """All that they are asked for, in one sentence."""
        asked = list(dict.fromkeys(self.requests))
        then = "then two of you approve" if self.number > 1 else "then approve"
        return f"please {'; '.join(asked)}{';' if len(asked) > 1 else ','} {then}"


def agreements(
    proposal: Proposal, base: Compiled, result: Compiled, vetted: Sequence[Vetted]
) -> tuple[Agreement, ...]:
    """Each group of people once, those first whose area reaches furthest."""
    gathered: dict[Phrase, Agreement] = {}
    for each in _each(proposal, base, result, vetted):
        known = gathered.get(each.people)
        if known is not None:
            number = max(known.number, each.number)
            each = Agreement(each.people, number, (*known.requests, *each.requests))  # noqa: PLW2901
        gathered[each.people] = each
    return tuple(gathered.values())


def _each(
    proposal: Proposal, base: Compiled, result: Compiled, vetted: Sequence[Vetted]
) -> Iterator[Agreement]:
    owners = read_owners(proposal.base)
    for area, number, request in (
        ("rules", 2, "read all of it, for it changes who decides here and what is checked"),
        ("program", 2, "read what changes in the program"),
        ("platform", 1, "read what changes for all sites"),
        ("advisories", 1, "compare the advisories with their source"),
    ):
        changes = [change for change in proposal.changes if change.area == area]
        if changes:
            yield Agreement(_people(_of(owners, changes)), number, (request,))
    yield from _packages(proposal, base, result, owners, vetted)
    yield from _sites(proposal, base, result, owners)
    others = proposal.in_area("other")
    if others:
        yield Agreement(_people(_of(owners, others)), 1, ("read the other files",))


def _packages(
    proposal: Proposal, base: Compiled, result: Compiled, owners: Owners, vetted: Sequence[Vetted]
) -> Iterator[Agreement]:
    areas: tuple[Area, ...] = ("allowlist", "review", "image")
    changes = proposal.in_area(*areas)
    if not changes:
        return
    green = vetted and all(each.lane.colour == "green" for each in vetted)
    if green and not proposal.in_area("image") and _but_pins(base) == _but_pins(result):
        return
    number = max([1, *(each.lane.reviewers for each in vetted)])
    if proposal.in_area("image"):
        number = 2
    what = "read the vetting report" if vetted else "read what changes for plugins and themes"
    yield Agreement(_people(_of(owners, changes)), number, (what,))


def _but_pins(compiled: Compiled) -> list[Package]:
    """The allowlist without what a bump writes: where only that differs, nobody is trusted with more."""
    packages = compiled.allowlist.packages if compiled.allowlist else ()
    return [
        replace(
            package, version="", tree_sha256="", archive_sha256=None, license="", requires_php=None,
            requires_wp=None, tested_up_to=None, reviewed_by=(), reviewed_at="", reason="",
        )
        for package in packages
    ]  # fmt: skip


def _sites(
    proposal: Proposal, base: Compiled, result: Compiled, owners: Owners
) -> Iterator[Agreement]:
    reasons: list[str] = []
    for change in proposal.in_area("site"):
        name = site_name(change.path)
        if change.how == "adds":
            reasons.append(f"the new site {name}")
        elif change.how == "changes":
            before, after = base.sites.get(name), result.sites.get(name)
            beyond = list(_beyond(before, after)) if before and after else []
            reasons += [f"{what} of {name}" for what in beyond]
        if proposal.author is None and change.before is not None:
            people = _people(f"@{login}" for login in owners_in(change.before))
            verb = "removal" if change.after is None else "change"
            yield Agreement(people, 1, (f"say whether this {verb} of {name} is what you want",))
    if reasons:
        people = _people(owners.of("sites/x.json"))
        yield Agreement(people, 1, (f"look at {' and '.join(reasons)}",))


def _beyond(before: Site, after: Site) -> Iterator[str]:
    """What owners do not decide alone: it concerns others, or asks for trust."""
    if set(_hosts(after)) - set(_hosts(before)):
        yield "the new domain"
    if set(after.plugins) - set(before.plugins):
        yield "the new plugin"


def _hosts(site: Site) -> tuple[str, ...]:
    return (*((site.domains_primary,) if site.domains_primary else ()), *site.domains_aliases)


def _of(owners: Owners, changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        yield from owners.of(change.path)


def _people(names: Iterable[str]) -> Phrase:
    known = list(dict.fromkeys(names))
    if not known:
        return (SOMEBODY,)
    parts: list[str | Quoted] = []
    for number, name in enumerate(known[:MAX_PEOPLE]):
        parts += ["" if number == 0 else " or ", Quoted(name)]
    return tuple(parts)
