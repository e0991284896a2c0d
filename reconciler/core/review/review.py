"""Join what was found of a proposal: is anything in the way, who must agree, who acts next."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reconciler.core.checker import Schema
from reconciler.core.compiler import Compiled
from reconciler.core.problem import Problem, escaped, in_order
from reconciler.core.review.agreement import Agreement, Vetted, agreements
from reconciler.core.review.authority import added_owners, authority_problems, site_name
from reconciler.core.review.change import Proposal
from reconciler.core.review.effects import effects, named
from reconciler.core.review.labels import labels
from reconciler.core.vetting.report_phrase import Phrase, Quoted, counted

_OTHERS = frozenset({"not-an-owner", "removes-anothers-site", "name-was-used"})
"""What only somebody else can put right: the author has nothing to correct."""

Outcome = Literal["good", "agree", "errors", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is to be said of a proposal. `author` is "" where nobody said who it is.

    `before`: problems that the base has already, which are not the author's. `refusal` says why
    nothing was looked at, else it is "".
    """

    outcome: Outcome
    author: str = ""
    problems: tuple[Problem, ...] = ()
    before: tuple[Problem, ...] = ()
    plan: tuple[Phrase, ...] = ()
    vetted: tuple[Vetted, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    notes: tuple[Phrase, ...] = ()
    labels: tuple[str, ...] = ()
    refusal: str = ""
    next: tuple[Phrase, ...] = field(default=())

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that have to be corrected."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def review(
    proposal: Proposal,
    base: Compiled,
    result: Compiled,
    schema: Schema,
    vetted: Sequence[Vetted] = (),
    found: Iterable[Problem] = (),
) -> Review:
    """Judge a proposal; `result` is what the base would be after it, `found` what vetting met."""
    problems, before = _new(base, result)
    own = (*authority_problems(proposal), *_moved_on(proposal), *found)
    problems = tuple(sorted({*problems, *own}, key=in_order))
    errors = [problem for problem in problems if problem.severity == "error"]
    wanted = agreements(proposal, base, result, vetted)
    outcome: Outcome = "errors" if errors else "agree" if wanted else "good"
    author = escaped(proposal.author or "")
    return Review(
        outcome=outcome,
        author=author,
        problems=problems,
        before=before,
        plan=effects(proposal, base, result, schema),
        vetted=tuple(vetted),
        agreements=wanted,
        notes=tuple(_notes(proposal)),
        labels=labels(proposal, base, result, outcome),
        next=tuple(_next(outcome, author, errors, wanted)),
    )


def refused(why: str, following: str, author: str = "") -> Review:
    """Nothing was looked at, for part of the change may be out of sight."""
    return Review(
        outcome="refused",
        author=author,
        refusal=why,
        labels=("needs-author",),
        next=((_who(author), f": {following}"),),
    )


def _new(base: Compiled, result: Compiled) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """(problems that come with the proposal, problems that were there before)."""
    known = {_identity(problem) for problem in base.problems}
    new = tuple(p for p in result.problems if _identity(p) not in known)
    return new, tuple(p for p in result.problems if _identity(p) in known)


def _identity(problem: Problem) -> tuple[str, str, str, str, str]:
    # Lines move with every edit.
    return (problem.severity, problem.code, problem.file, problem.value, problem.message)


def _moved_on(proposal: Proposal) -> Iterator[Problem]:
    for path in proposal.moved_on:
        yield Problem(
            code="base-moved-on",
            file=escaped(path),
            message="the base has changed this file too, since your branch was made",
            fix="bring the base into your branch (merge or rebase), then push",
        )


def _notes(proposal: Proposal) -> Iterator[Phrase]:
    if proposal.author is None and proposal.in_area("site"):
        yield ("nobody said who proposes this (--author), so nobody checked whether they may",)
    if proposal.in_area("rules"):
        yield ("what this says of owners and rules counts once it is merged, and not before",)
    for site, login in added_owners(proposal):
        yield (Quoted(f"@{login}"), f" would become an owner of {site}: do they agree?")


def _next(
    outcome: Outcome, author: str, errors: Sequence[Problem], wanted: Sequence[Agreement]
) -> Iterator[Phrase]:
    match outcome:
        case "errors" if all(problem.code in _OTHERS for problem in errors):
            sites = named(list(dict.fromkeys(site_name(problem.file) for problem in errors)))
            yield (_who(author), ": please ask an owner of ", Quoted(sites), " to approve this, or take it out again")  # fmt: skip
        case "errors":
            it = "it" if len(errors) == 1 else "them"
            yield (_who(author), f": please correct {it} and push to the same branch; then the check runs again",)  # fmt: skip
        case "agree":
            for agreement in wanted:
                yield (*agreement.people, f": {agreement.words}")
        case _:
            yield ("whoever may merge: please merge it, nobody else has to look",)


def _who(author: str) -> str | Quoted:
    return Quoted(f"@{author}") if author else "the author"


def headline(made: Review) -> str:
    """The first line: where the proposal stands."""
    match made.outcome:
        case "good":
            return "Thank you! Nothing stands in the way."
        case "agree":
            people = sum(agreement.number for agreement in made.agreements)
            to_go = f"{counted(people, 'approval')} to go"
            if "rules" in made.labels:
                return f"Thank you! This changes the rules of this repository; {to_go}."
            return f"Thank you! Nothing is wrong here; {to_go}."
        case "errors":
            have = "has" if len(made.errors) == 1 else "have"
            return f"Thank you! {counted(len(made.errors), 'thing')} {have} to be corrected first."
        case _:
            return "Thank you! As it is, this cannot be reviewed."
