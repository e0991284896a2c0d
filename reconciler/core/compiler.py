"""From a commit's files to the fleet that is wanted, and every problem on the way.

A site whose file has a problem is *held*: it stays as it last was good. A shared file that has one
breaks the commit. Neither is ever read as a deletion. What the advisories say does neither: a hole
that became known must not stop the very commit that closes it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from reconciler.core import domains, package_policy, plaintext, policy, reading
from reconciler.core.base_lock import lock_problems
from reconciler.core.blob import ADVISORIES, EXECUTABLE, Blob, unreadable
from reconciler.core.checker import Checker
from reconciler.core.document import Document
from reconciler.core.jsontext import MAX_BYTES as MAX_SITE_BYTES
from reconciler.core.jsontext import parse_json
from reconciler.core.manifest import Allowlist, Platform, Site
from reconciler.core.packages import image_problems
from reconciler.core.problem import Problem, in_order, shown
from reconciler.core.quickjson import good_document
from reconciler.core.schema import Schemas, shape_problems, validator
from reconciler.core.shared import broken, read_allowlist, read_platform
from reconciler.core.sitefiles import NAME, by_name, stems

__all__ = ["Blob", "Compiled", "compile_fleet"]

NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a commit wants.

    `held` names the sites whose file has a problem; `sites` and `held` are disjoint, and a site in
    neither was removed. When `shared_broken`, nothing may be changed, whatever the rest says. `today`
    is the day that its days were compared with.
    """

    platform: Platform | None
    allowlist: Allowlist | None
    sites: Mapping[str, Site]
    held: frozenset[str]
    problems: tuple[Problem, ...]
    shared_broken: bool
    today: date | None = None


def compile_fleet(
    blobs: Mapping[str, Blob],
    schemas: Schemas,
    routed: Mapping[str, str] = NOBODY,
    now: datetime | None = None,
) -> Compiled:
    """Read `path → blob` of one commit.

    `routed` is the table of hosts that is served now, host → site: who has a domain or a name
    keeps it against a newcomer. `now` (UTC) is what days in the files are compared with; without
    it, nothing has ended. Nothing in `blobs` raises.
    """
    platform, platform_problems = read_platform(blobs, schemas)
    allowlist, allowlist_problems = read_allowlist(blobs, schemas, now.date() if now else None)
    shared = [*platform_problems, *allowlist_problems, *image_problems(blobs)]
    files, misplaced = by_name(blobs)
    if not files:
        shared.append(_no_sites())
    documents, found = _read_sites(files, schemas, platform, allowlist)
    good = {
        name: (reading.to_site(document.value, platform), document)
        for name, document in documents.items()
        if not broken(found[name])
    }
    living = frozenset(routed.values())
    for name, problem in _between_sites(good, files, platform, routed, living):
        found[name].append(problem)
    sites = {name: site for name, (site, _) in good.items() if not broken(found[name])}
    suspects = {*files, *stems(misplaced), *_claimed_names(documents)}
    problems = (
        *shared,
        *misplaced,
        *(problem for each in found.values() for problem in each),
        *lock_problems(blobs, now.date() if now else None),
        *_of_advisories(blobs, allowlist, sites.values(), now),
    )
    return Compiled(
        platform=platform,
        allowlist=allowlist,
        sites=MappingProxyType(dict(sorted(sites.items()))),
        held=frozenset(suspects - set(sites)),
        problems=tuple(sorted(set(problems), key=in_order)),
        shared_broken=broken(shared),
        today=now.date() if now else None,
    )


def _claimed_names(documents: Mapping[str, Document]) -> Iterator[str]:
    """Names written inside files: a file that was moved must not delete the site it names."""
    for document in documents.values():
        name = document.value.get("name")
        if isinstance(name, str) and NAME.fullmatch(name):
            yield name


def _of_advisories(
    blobs: Mapping[str, Blob],
    allowlist: Allowlist | None,
    sites: Iterable[Site],
    now: datetime | None,
) -> Iterable[Problem]:
    if ADVISORIES not in blobs:
        return ()
    from reconciler.core.advisory_policy import advisory_problems  # noqa: PLC0415 - slow to load

    return advisory_problems(blobs, allowlist, sites, now)


def _no_sites() -> Problem:
    return Problem(
        code="no-sites",
        file="sites",
        message="there is no site file, and an empty fleet is never meant",
        fix="add sites/NAME.json; the last site is removed by hand, not by a commit",
    )


def _read_sites(
    files: Mapping[str, Blob],
    schemas: Schemas,
    platform: Platform | None,
    allowlist: Allowlist | None,
) -> tuple[dict[str, Document], dict[str, list[Problem]]]:
    checker = validator(schemas.site)
    documents: dict[str, Document] = {}
    found: dict[str, list[Problem]] = {}
    for name, blob in files.items():
        document, problems = _read_site(blob, name, checker, platform, allowlist)
        found[name] = list(problems)
        if document is not None:
            documents[name] = document
    return documents, found


def _read_site(
    blob: Blob, name: str, checker: Checker, platform: Platform | None, allowlist: Allowlist | None
) -> tuple[Document | None, Iterable[Problem]]:
    problem = unreadable(blob, MAX_SITE_BYTES)
    if problem is None and blob.mode == EXECUTABLE:
        problem = Problem(
            code="file-kind",
            file=blob.path,
            value=blob.mode,
            message="the file is marked as a program",
            fix=f"chmod 644 {shown(blob.path)}",
        )
    if problem is not None:
        return None, (problem,)
    good = good_document(blob.path, blob.data, checker)
    if good is not None and plaintext.harmless(blob.data):
        return good, tuple(_first_of_each_place(_meaning(good, name, platform, allowlist)))
    parsed = parse_json(blob.path, blob.data)
    if parsed.document is None:
        return None, parsed.problems
    shape = shape_problems(parsed.document, checker)
    if not isinstance(parsed.document.value, dict):
        return None, (*parsed.problems, *shape)
    return parsed.document, (
        *parsed.problems,
        *_first_of_each_place(
            plaintext.address_problems(parsed.document),
            plaintext.text_problems(parsed.document),
            shape,
            _meaning(parsed.document, name, platform, allowlist),
        ),
    )


def _first_of_each_place(*groups: Iterable[Problem]) -> Iterator[Problem]:
    """Problems of a group, without those at a place where an earlier group has an error.

    More words about such a value help nobody, and about a mail address they would repeat it:
    messages are public too.
    """
    spoken: set[str] = set()
    for group in groups:
        problems = [problem for problem in group if problem.pointer not in spoken]
        yield from problems
        spoken |= {p.pointer for p in problems if p.severity == "error" and p.pointer}


def _meaning(
    document: Document, name: str, platform: Platform | None, allowlist: Allowlist | None
) -> Iterator[Problem]:
    yield from policy.name_problems(document, name)
    yield from domains.form_problems(document, platform)
    if platform is not None:
        yield from policy.replica_problems(document, platform)
        yield from policy.locale_problems(document, platform)
    if allowlist is not None:
        yield from package_policy.package_problems(document, allowlist, platform)


def _between_sites(
    good: Mapping[str, tuple[Site, Document]],
    files: Mapping[str, Blob],
    platform: Platform | None,
    routed: Mapping[str, str],
    living: frozenset[str],
) -> Iterator[tuple[str, Problem]]:
    # A living site whose file is broken in this commit keeps its name and its domains too.
    kept = {host: site for host, site in routed.items() if site in files}
    documents = {name: document for name, (_, document) in good.items()}
    yield from policy.confusable_names(documents, living & set(files))
    if platform is not None:
        yield from domains.ownership_problems(good, platform, kept)
