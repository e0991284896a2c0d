"""A review, from two commits to what is said of them: read, compile both, vet what is new, judge."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.manifest import Package
from reconciler.core.problem import Problem
from reconciler.core.review.authority import hosts_in
from reconciler.core.review.change import Proposal, incomplete, most_moved
from reconciler.core.review.review import Review, refused, review
from reconciler.core.sitefiles import FOLDER
from reconciler.shell.history import Compared, History
from reconciler.shell.schemas import load_schemas

if TYPE_CHECKING:
    from reconciler.core.review.agreement import Vetted

Vet = Callable[
    [Sequence[Package], Proposal, Compiled, Compiled],
    tuple[Sequence["Vetted"], Sequence[Problem]],
]
"""Judges packages that a proposal brings. Given, for most proposals bring none, and it is slow to load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a review is asked for. `changed_files`: the forge's own number, where it is known."""

    repository: Path
    base: str
    head: str
    author: str | None = None
    approved_by: tuple[str, ...] = ()
    changed_files: int | None = None


def review_commits(asked: Asked, now: datetime, vet: Vet) -> tuple[Compared, Review]:
    """Review a head against its base. Raises UsageError where one of them cannot be read."""
    history = History(asked.repository)
    found = history.compare(history.commit(asked.base), history.commit(asked.head))
    missing = incomplete(len(found.changes), most_moved(found.changes), asked.changed_files)
    if missing is not None:
        return found, refused(*missing, asked.author or "")
    proposal = Proposal(
        base=found.files,
        changes=found.changes,
        author=asked.author,
        approved_by=asked.approved_by,
        moved_on=found.moved_on,
        former=found.former,
    )
    schemas = load_schemas()
    base = compile_fleet(proposal.base, schemas, now=now)
    result = compile_fleet(proposal.result, schemas, _served(base, proposal.base), now)
    packages = tuple(new_packages(base, result))
    vetted, problems = vet(packages, proposal, base, result) if packages else ((), ())
    return found, review(proposal, base, result, schemas.site, vetted, problems)


def _served(base: Compiled, files: Mapping[str, Blob]) -> dict[str, str]:
    """Host → site, as the edges would have it: who has a name or a domain keeps it."""
    domain = base.platform.domain if base.platform else "invalid"
    hosts = {f"{name}.{domain}": name for name in (*base.held, *base.sites)}
    for name in sorted(base.held):  # its file is broken, and it lives as it was
        hosts |= dict.fromkeys(hosts_in(files.get(f"{FOLDER}{name}.json")), name)
    for name, site in base.sites.items():
        hosts |= dict.fromkeys(filter(None, (site.domains_primary, *site.domains_aliases)), name)
    return hosts


def new_packages(base: Compiled, result: Compiled) -> Iterator[Package]:
    """Entries that sites may use, and whose files or grants nobody has judged yet."""
    before = base.allowlist.packages if base.allowlist else ()
    # One that was blocked is judged like a new one when somebody wants it allowed again.
    known = {_judged(package) for package in before if package.state != "blocked"}
    for package in result.allowlist.packages if result.allowlist else ():
        if package.state != "blocked" and _judged(package) not in known:
            yield package


def _judged(package: Package) -> tuple[object, ...]:
    grants = (package.network, package.cron, package.tables, package.routes, package.writes)
    files = (package.tree_sha256, package.archive_sha256)
    return (package.kind, package.slug, package.version, *files, grants, package.exceptions)
