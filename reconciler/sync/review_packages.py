"""Packages that a proposal brings, vetted against what the base has of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.core.blob import MAX_ALLOWLIST_BYTES, Blob
from reconciler.core.compiler import Compiled
from reconciler.core.document import START
from reconciler.core.manifest import Package, PackageKind
from reconciler.core.problem import Problem, shown
from reconciler.core.review.agreement import Vetted
from reconciler.core.review.change import Proposal
from reconciler.core.shared import ALLOWLIST
from reconciler.core.vetting.lanes import lane
from reconciler.core.vetting.report import report
from reconciler.core.vetting.review_file import FOLDER, review_problem
from reconciler.core.yamltext import parse_yaml
from reconciler.errors import StageFailed
from reconciler.sync.vetting import Desk

MakeDesk = Callable[[Mapping[str, Blob], Compiled], Desk]


def vet_packages(
    packages: Sequence[Package],
    proposal: Proposal,
    base: Compiled,
    result: Compiled,
    make_desk: MakeDesk,
) -> tuple[Sequence[Vetted], Sequence[Problem]]:
    """Vet each; what cannot be read, what blocks, and facts that were not kept are problems."""
    before = make_desk(proposal.base, base)
    after = replace(make_desk(proposal.result, result), snapshot=before.snapshot)
    vetted: list[Vetted] = []
    found: list[tuple[Package, Problem]] = []
    for package in packages:
        try:
            each = _vetted(package, before, after)
        except StageFailed as e:
            found.append((package, _not_read(package, e)))
            continue
        vetted.append(each)
        found += [(package, problem) for problem in _blocked(each)]
    problems = [*_placed(found, proposal.result, result)]
    return vetted, [*problems, *_reviews(packages, after, proposal.result)]


def _vetted(package: Package, before: Desk, after: Desk) -> Vetted:
    subject = after.of_entry(package)
    vetting, bump = after.judge(subject), None
    older = _older(before, package)
    if older is not None:
        bump = after.against(subject, before.of_entry(older), vetting)
        vetting = bump.after
    known = after.outside(subject)
    made = report(vetting, bump, known, lane(vetting, bump, known), after.used_by(subject))
    return Vetted(made)


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
        message=f"the {package.kind} {package.slug} {shown(package.version)} could not be vetted: {error.what}",
        fix=error.fix or "correct its source and digests; `wpaas plugin add` writes them",
    )


def _blocked(each: Vetted) -> Iterator[Problem]:
    vetting, bump = each.report.vetting, each.report.bump
    findings = bump.new if bump else vetting.findings
    codes = sorted({finding.code for finding in findings if finding.level == "block"})
    if codes:
        own = vetting.profile
        yield Problem(
            code="vetting-blocks",
            file=ALLOWLIST,
            value=own.slug,
            message=f"the {own.kind} {own.slug} {shown(own.version)} does what no package may here: {', '.join(codes)}",
            fix="ask its author to mend it, or let two reviewers write an exception with its reason",
        )


def _placed(
    found: Sequence[tuple[Package, Problem]], files: Mapping[str, Blob], result: Compiled
) -> Iterator[Problem]:
    """Each problem on the line of the entry that it is about."""
    if not found or result.allowlist is None:
        return
    document = parse_yaml(ALLOWLIST, files[ALLOWLIST].data, MAX_ALLOWLIST_BYTES).document
    for package, problem in found:
        pointer = f"/packages/{result.allowlist.packages.index(package)}/version"
        place = document.values.get(pointer, START) if document else START
        yield replace(problem, pointer=pointer, line=place.line, column=place.column)


def _reviews(packages: Sequence[Package], desk: Desk, files: dict[str, Blob]) -> Iterator[Problem]:
    """The kept facts of each new version are those that vetting finds."""
    kept = {path: blob.data for path, blob in files.items() if path.startswith(f"{FOLDER}/")}
    for package in packages:
        try:
            problem = review_problem(desk.profile(desk.of_entry(package)), kept)
        except StageFailed:
            continue  # said already
        if problem is not None:
            yield problem
