"""A review as a reader meets it, before any format: it can be kept as JSON and told again.

What we say and what others wrote are kept apart (`Quoted`), so no format can take a stranger's text
for markup.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.core.problem import Problem
from reconciler.core.review.agreement import Vetted
from reconciler.core.review.review import Outcome, Review, headline
from reconciler.core.vetting.finding import Finding
from reconciler.core.vetting.report_phrase import Phrase, Quoted, Section, at, counted

MAX_LINES, MAX_PACKAGES, MAX_DETAILS = 20, 10, 20


@dataclass(frozen=True, slots=True)
class PackageTold:
    """The vetting report of one package: its first screen, and its findings."""

    title: Phrase
    sections: tuple[Section, ...]
    details: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The parts in the order in which they are read; the next step is the last section."""

    outcome: Outcome
    headline: str
    author: str
    labels: tuple[str, ...]
    problems: tuple[Problem, ...]
    before: tuple[Problem, ...]
    packages: tuple[PackageTold, ...]
    sections: tuple[Section, ...]


def tell(made: Review) -> Told:
    """Arrange a review."""
    sections = (
        Section("WHY", ((Quoted(made.refusal),),) if made.refusal else ()),
        Section("PLAN", _few(made.plan)),
        Section("NOTE", _few((*made.notes, *_before(made)))),
        Section("NEXT", _few(made.next)),
    )
    return Told(
        outcome=made.outcome,
        headline=headline(made),
        author=made.author,
        labels=made.labels,
        problems=made.problems,
        before=made.before,
        packages=tuple(_package(vetted) for vetted in made.vetted[:MAX_PACKAGES]),
        sections=tuple(section for section in sections if section.lines),
    )


def _few(lines: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    if len(lines) <= MAX_LINES:
        return lines
    return (*lines[: MAX_LINES - 1], (f"… and {len(lines) - MAX_LINES + 1} more",))


def _before(made: Review) -> Iterator[Phrase]:
    if made.before:
        codes = ", ".join(sorted({problem.code for problem in made.before}))
        were = "was" if len(made.before) == 1 else "were"
        are = "is" if len(made.before) == 1 else "are"
        number = counted(len(made.before), "problem")
        yield (f"{number} {were} there before, and {are} not yours to correct: {codes}",)
    if len(made.vetted) > MAX_PACKAGES:
        yield (f"{len(made.vetted) - MAX_PACKAGES} more packages were vetted: `wpaas plugin vet`",)


def _package(vetted: Vetted) -> PackageTold:
    report = vetted.report
    weighty = [f for f, new in report.listed if new is not False and f.level != "info"]
    details = [_detail(finding) for finding in weighty[:MAX_DETAILS]]
    if len(weighty) > MAX_DETAILS:
        details.append((f"{len(weighty) - MAX_DETAILS} more: `wpaas plugin vet` lists them",))
    return PackageTold(report.title, report.sections, tuple(details))


def _detail(finding: Finding) -> Phrase:
    special: Phrase = (": ", Quoted(finding.detail)) if finding.detail else ()
    fix = f". Fix: {finding.rule.fix}"
    summary = finding.rule.summary
    place = at(finding.file, finding.line)
    return (f"{finding.level} {finding.code} ", *place, f" {summary}", *special, fix)
