"""A review, from two commits to what is said of them: read, compile both, vet what is new, judge."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.manifest import Package, PackageKind
from reconciler.core.problem import Problem, shown
from reconciler.core.review.agreement import Vetted
from reconciler.core.review.change import Proposal, incomplete, most_moved
from reconciler.core.review.review import Review, refused, review
from reconciler.core.shared import ALLOWLIST
from reconciler.core.vetting.lanes import lane
from reconciler.core.vetting.report import report
from reconciler.core.vetting.review_file import FOLDER, review_problem
from reconciler.errors import StageFailed
from reconciler.shell.history import Compared, History
from reconciler.shell.schemas import load_schemas
from reconciler.sync.vetting import Desk

MakeDesk = Callable[[Path, dict[str, Blob], Compiled], Desk]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a review is asked for. `changed_files`: the forge's own number, where it is known."""

    repository: Path
    base: str
    head: str
    author: str | None = None
    approved_by: tuple[str, ...] = ()
    changed_files: int | None = None


def review_commits(asked: Asked, now: datetime, make_desk: MakeDesk) -> tuple[Compared, Review]:
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
    )
    schemas = load_schemas()
    base = compile_fleet(proposal.base, schemas, now=now)
    result = compile_fleet(proposal.result, schemas, _served(base), now)
    vetted: list[Vetted] = []
    problems: list[Problem] = []
    packages = list(_new_packages(base, result))
    if packages:
        desks = [
            make_desk(asked.repository, dict(files), compiled)
            for files, compiled in ((proposal.base, base), (proposal.result, result))
        ]
        for package in packages:
            try:
                vetted.append(_vetted(package, *desks))
            except StageFailed as e:
                problems.append(_not_read(package, e))
        problems += _blocked(vetted)
        problems += _reviews(packages, desks[1], proposal.result)
    return found, review(proposal, base, result, schemas.site, vetted, problems)


def _served(base: Compiled) -> dict[str, str]:
    """Host → site, as the edges would have it: who has a name or a domain keeps it."""
    domain = base.platform.domain if base.platform else "invalid"
    hosts = {f"{name}.{domain}": name for name in base.sites}
    for name, site in base.sites.items():
        hosts |= dict.fromkeys(filter(None, (site.domains_primary, *site.domains_aliases)), name)
    return hosts


def _new_packages(base: Compiled, result: Compiled) -> Iterator[Package]:
    """Entries that sites may use, and whose files or grants nobody has judged yet."""
    known = {_judged(package) for package in (base.allowlist.packages if base.allowlist else ())}
    for package in result.allowlist.packages if result.allowlist else ():
        if package.state != "blocked" and _judged(package) not in known:
            yield package


def _judged(package: Package) -> tuple[object, ...]:
    grants = (package.network, package.cron, package.tables, package.routes, package.writes)
    files = (package.tree_sha256, package.archive_sha256)
    return (package.kind, package.slug, package.version, *files, grants, package.exceptions)


def _vetted(package: Package, before: Desk, after: Desk) -> Vetted:
    subject = after.of_entry(package)
    vetting, bump = after.judge(subject), None
    older = _older(before, package)
    if older is not None:
        bump = after.against(subject, before.of_entry(older), vetting)
        vetting = bump.after
    made = report(vetting, bump, lane(vetting, bump, None), after.used_by(subject))
    return Vetted(made, package.slug)


def _older(before: Desk, package: Package) -> Package | None:
    """What the base has of the same package: this version, or the default one."""
    allowlist = before.compiled.allowlist
    if allowlist is None:
        return None
    kind: PackageKind = package.kind
    same = allowlist.find(kind, package.slug, package.version) or allowlist.find(kind, package.slug)
    return None if same is None or same.state == "blocked" else same


def _not_read(package: Package, error: StageFailed) -> Problem:
    return Problem(
        code="package-not-read",
        file=ALLOWLIST,
        value=shown(package.slug),
        message=f"{package.kind} {package.slug} {shown(package.version)} was not vetted: {error.what}",
        fix=error.fix or "correct its source and digests; `wpaas plugin add` writes them",
    )


def _blocked(vetted: list[Vetted]) -> Iterator[Problem]:
    for each in vetted:
        vetting, bump = each.report.vetting, each.report.bump
        findings = bump.new if bump else vetting.findings
        codes = sorted({finding.code for finding in findings if finding.level == "block"})
        if codes:
            own = vetting.profile
            yield Problem(
                code="vetting-blocks",
                file=ALLOWLIST,
                value=own.slug,
                message=f"{own.kind} {own.slug} {shown(own.version)} does what no site may run: {', '.join(codes)}",
                fix="have it mended, or let two reviewers write an exception with its reason",
            )


def _reviews(packages: list[Package], desk: Desk, files: dict[str, Blob]) -> Iterator[Problem]:
    """The kept facts of each new version are those that vetting finds."""
    kept = {path: blob.data for path, blob in files.items() if path.startswith(f"{FOLDER}/")}
    for package in packages:
        try:
            problem = review_problem(desk.profile(desk.of_entry(package)), kept)
        except StageFailed:
            continue  # said already
        if problem is not None:
            yield problem
