"""Labels of a pull request: what it is about, and exactly one that says where it stands."""

from collections.abc import Iterator
from typing import Literal

from reconciler.core.compiler import Compiled
from reconciler.core.review.change import Proposal

STATES = ("needs-author", "needs-review", "ready", "held")
ABOUT = (
    *("site:new", "site:change", "site:delete", "plugin:new", "plugin:bump", "plugin:vuln-fix"),
    *("plugin:change", "platform", "image", "rules"),
)
LABELS = frozenset({*STATES, *ABOUT})
"""All that are ever set; others on a pull request are not ours and stay."""

_STATE = {"good": "ready", "agree": "needs-review", "errors": "needs-author"}


def labels(
    proposal: Proposal,
    base: Compiled,
    result: Compiled,
    outcome: Literal["good", "agree", "errors", "refused"],
) -> tuple[str, ...]:
    """Sorted, the state last. `held`: the base is broken, and nothing that is merged would go live."""
    state = "held" if base.shared_broken and outcome != "errors" else _STATE[outcome]
    return (*sorted(set(_about(proposal, base, result))), state)


def _about(proposal: Proposal, base: Compiled, result: Compiled) -> Iterator[str]:
    words = {"adds": "site:new", "changes": "site:change", "removes": "site:delete"}
    yield from (words[change.how] for change in proposal.in_area("site"))
    for area, label in (("platform", "platform"), ("image", "image"), ("rules", "rules")):
        if any(change.area == area for change in proposal.changes):
            yield label
    if proposal.in_area("allowlist"):
        yield from set(_packages(base, result)) or {"plugin:change"}


def _packages(base: Compiled, result: Compiled) -> Iterator[str]:
    known = base.allowlist.packages if base.allowlist else ()
    versions = {(p.kind, p.slug, p.version) for p in known}
    slugs = {(p.kind, p.slug) for p in known}
    for package in result.allowlist.packages if result.allowlist else ():
        if (package.kind, package.slug, package.version) not in versions:
            yield "plugin:bump" if (package.kind, package.slug) in slugs else "plugin:new"
    if _holes(base) - _holes(result):
        yield "plugin:vuln-fix"


def _holes(compiled: Compiled) -> set[str]:
    return {p.message for p in compiled.problems if p.code == "plugin-vulnerable"}
