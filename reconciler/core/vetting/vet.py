"""The judgement of one package: what its files say, compared with what it may do here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from reconciler.core.vetting import (
    accepted,
    archives,
    grants,
    headers,
    libraries,
    licence,
    packaging,
    requires,
    scripts,
)
from reconciler.core.vetting.accepted import Acceptance, Accepted, accept
from reconciler.core.vetting.candidate import Candidate, Grants
from reconciler.core.vetting.finding import Finding, Rule, in_order
from reconciler.core.vetting.grants import Standing, grant_findings
from reconciler.core.vetting.libraries import name_findings
from reconciler.core.vetting.php.report import PhpReport
from reconciler.core.vetting.profile import Profile, profile
from reconciler.core.vetting.requires import version_findings

Verdict = Literal["pass", "warn", "block"]

RULES: tuple[Rule, ...] = (
    *archives.RULES,
    *packaging.RULES,
    *headers.RULES,
    *licence.RULES,
    *requires.RULES,
    *libraries.RULES,
    *scripts.RULES,
    *grants.RULES,
    *accepted.RULES,
)
"""Every rule about packages; those about PHP and about behaviour stand with their checks."""


class Behaviour(Protocol):
    """What a run in the real image showed. `incomplete`: what could not be looked at."""

    @property
    def incomplete(self) -> tuple[str, ...]: ...

    def as_json(self) -> dict[str, Any]:
        """The stable shape of a report's `behaviour`."""
        ...

    def findings(self, grants: Grants, standing: Standing) -> tuple[Finding, ...]:
        """What it did beyond `grants`, or should not do at all."""
        ...

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The run as (what, which), for people."""
        ...


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the PHP of the image said to every file; `php` is its version."""

    php: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetting:
    """A package judged. `findings` are open; `syntax` and `behaviour` are None where not run."""

    profile: Profile
    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]
    verdict: Verdict
    standing: Standing
    syntax: Syntax | None
    behaviour: Behaviour | None

    def count(self, level: Literal["block", "warn", "info"]) -> int:
        """How many open findings there are of a level."""
        return sum(1 for finding in self.findings if finding.level == level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a judgement depends on beside the package's files.

    `others`: global name → the other allowed package that defines it. `today` is YYYY-MM-DD;
    exceptions that ended before it do not count. `standing`: "proposed" while nobody decided on
    grants, so that what needs one is a warning and not yet a block.
    """

    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    acceptances: tuple[Acceptance, ...] = ()
    today: str = ""
    standing: Standing = "entered"


ALONE = Around()


def vet(
    candidate: Candidate,
    php_reports: Mapping[str, PhpReport],
    behaviour: Behaviour | None = None,
    *,
    around: Around = ALONE,
    syntax: Syntax | None = None,
    extra: Sequence[Finding] = (),
) -> Vetting:
    """Judge `candidate`. `extra`: what was found while its files were read."""
    own = profile(candidate, php_reports)
    findings = [
        *extra,
        *own.findings,
        *version_findings(own.about, candidate.target),
        *grant_findings(own.facts, candidate.grants, around.standing),
        *name_findings(own.names, around.others),
        *(syntax.findings if syntax else ()),
        *(behaviour.findings(candidate.grants, around.standing) if behaviour else ()),
    ]
    still_open, closed = accept(findings, around.acceptances, around.today)
    return Vetting(
        profile=own,
        findings=tuple(sorted(still_open, key=in_order)),
        accepted=closed,
        verdict=verdict(still_open),
        standing=around.standing,
        syntax=syntax,
        behaviour=behaviour,
    )


def refused(candidate: Candidate, finding: Finding) -> Vetting:
    """The judgement of what could not be opened: one finding, and nothing else is known."""
    return Vetting(
        profile=profile(candidate, {}),
        findings=(finding,),
        accepted=(),
        verdict=verdict((finding,)),
        standing="entered",
        syntax=None,
        behaviour=None,
    )


def verdict(findings: Sequence[Finding]) -> Verdict:
    """The worst of the open findings; what is for information does not count."""
    levels = {finding.level for finding in findings}
    if "block" in levels:
        return "block"
    return "warn" if "warn" in levels else "pass"
