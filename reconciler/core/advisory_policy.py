"""What is known of the packages that sites run, judged: holes, closed packages, changed hands.

None of it holds a site or stops a commit; an error here keeps a pull request from being merged.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from reconciler.core.advisories import Advisory, fixed_version, hitting
from reconciler.core.blob import ADVISORIES, MAX_ALLOWLIST_BYTES, Blob, unreadable
from reconciler.core.directory import Listing, called
from reconciler.core.document import START, Document
from reconciler.core.manifest import Allowlist, Package, Site, SourceArchive
from reconciler.core.packages import users_of
from reconciler.core.problem import Problem, ProblemCode, shown
from reconciler.core.snapshot import OLD, TOO_OLD, NoSnapshot, Snapshot, age_words, from_text
from reconciler.core.yamltext import parse_yaml

ALLOWLIST = "plugins-allowlist.yaml"
MOST_NAMED = 5


def snapshot_of(blobs: Mapping[str, Blob]) -> tuple[Snapshot | None, Problem | None]:
    """The snapshot of a commit, None without one; a problem where it cannot be read."""
    blob = blobs.get(ADVISORIES)
    if blob is None:
        return None, None
    problem = unreadable(blob, MAX_ALLOWLIST_BYTES)
    if problem is not None:
        return None, problem
    try:
        return from_text(blob.data.decode()), None
    except (NoSnapshot, UnicodeDecodeError) as e:
        why = str(e) if isinstance(e, NoSnapshot) else "it is not UTF-8"
        message = f"the snapshot of advisories cannot be read: {shown(why)}"
        return None, _about_file("advisories-unreadable", message)


def advisory_problems(
    blobs: Mapping[str, Blob],
    allowlist: Allowlist | None,
    sites: Iterable[Site],
    now: datetime | None,
) -> Iterator[Problem]:
    """Every problem that the snapshot knows of; none where a fleet has no snapshot.

    Without `now`, its age is not looked at.
    """
    snapshot, problem = snapshot_of(blobs)
    if problem is not None:
        yield problem
    if snapshot is None or allowlist is None:
        return
    if snapshot.feed is not None and now is not None and now - snapshot.feed.fetched_at > OLD:
        yield _old(snapshot.feed.fetched_at, now)
    running = tuple(sites)
    found = [
        (number, finding)
        for number, package in enumerate(allowlist.packages)
        if package.state != "blocked"
        for finding in _about(package, snapshot, allowlist, running)
    ]
    if not found:
        return
    document = parse_yaml(ALLOWLIST, blobs[ALLOWLIST].data, MAX_ALLOWLIST_BYTES).document
    for number, finding in found:
        yield _placed(finding, document, f"/packages/{number}/version")


def _about(
    package: Package, snapshot: Snapshot, allowlist: Allowlist, sites: tuple[Site, ...]
) -> Iterator[Problem]:
    hits = hitting(
        snapshot.about(package.kind, package.slug), package.kind, package.slug, package.version
    )
    listed = snapshot.listing(package.kind, package.slug)
    if not isinstance(package.source, SourceArchive):
        listed = None
    gone = listed is not None and listed.state != "listed"
    moved = (
        listed is not None and listed.author_before and listed.author_since >= package.reviewed_at
    )
    if not (hits or gone or moved):
        return
    users = users_of(allowlist, package, sites)
    if hits:
        yield _vulnerable(package, hits, snapshot, allowlist, users)
    if listed is not None and gone:
        yield _closed(package, listed, users)
    if listed is not None and moved:
        yield _handed_over(package, listed, users)


def _vulnerable(
    package: Package,
    hits: tuple[Advisory, ...],
    snapshot: Snapshot,
    allowlist: Allowlist,
    users: tuple[str, ...],
) -> Problem:
    fixed = fixed_version(snapshot.advisories, package.kind, package.slug, package.version)
    more = f", and {len(hits) - 1} more" if len(hits) > 1 else ""
    message = (
        f'the {package.kind} "{package.slug}" {package.version} is vulnerable:'
        f" {shown(hits[0].title)} ({shown(hits[0].score)}){more}; {_used_by(users)}"
    )
    allowed = allowlist.find(package.kind, package.slug) or package
    if allowed.state == "approved" and not hitting(
        snapshot.advisories, allowed.kind, allowed.slug, allowed.version
    ):
        fix = f"{allowed.version} is allowed and not affected: leave the version out in their files"
    elif fixed:
        fix = f"wpaas {package.kind} bump {package.slug} --security, for {shown(fixed)}, which mends it"
    else:
        fix = "no version mends it yet: replace it, or write state: blocked"
    problem = _problem("plugin-vulnerable", package, message, fix)
    grave = users and any(hit.grave for hit in hits)
    return problem if grave else dataclasses.replace(problem, severity="warning")


def _closed(package: Package, listed: Listing, users: tuple[str, ...]) -> Problem:
    when = f" on {shown(listed.closed_at)}" if listed.closed_at else ""
    why = f": {shown(listed.closed_because)}" if listed.closed_because else ""
    what = f"was closed in the directory{when}{why}"
    if listed.state == "absent":
        what = "is not in the directory any more"
    message = f'the {package.kind} "{package.slug}" {what}; {_used_by(users)}'
    fix = "nobody mends it any more: look for another, and write state: deprecated"
    return _warning(_problem("plugin-closed", package, message, fix))


def _handed_over(package: Package, listed: Listing, users: tuple[str, ...]) -> Problem:
    message = (
        f'the {package.kind} "{package.slug}" changed hands: {shown(listed.author_before)}, then'
        f" {shown(called(listed))}, noticed {shown(listed.author_since)}; {_used_by(users)}"
    )
    fix = "find out who they are before the next version; a review after that day ends this warning"
    return _warning(_problem("plugin-handed-over", package, message, fix))


def _used_by(users: tuple[str, ...]) -> str:
    if not users:
        return "no site uses it"
    more = f" and {len(users) - MOST_NAMED} more" if len(users) > MOST_NAMED else ""
    return f"used by {', '.join(users[:MOST_NAMED])}{more}"


def _old(fetched_at: datetime, now: datetime) -> Problem:
    age = now - fetched_at
    message = f"the advisories are {age_words(age)} old"
    if age > TOO_OLD:
        message += ": whether packages are vulnerable is unknown"
    return _warning(_about_file("advisories-old", message))


def _about_file(code: ProblemCode, message: str) -> Problem:
    return Problem(code=code, file=ADVISORIES, message=message, fix="wpaas advisories refresh")


def _problem(code: ProblemCode, package: Package, message: str, fix: str) -> Problem:
    return Problem(
        code=code, file=ALLOWLIST, value=shown(package.version), message=message, fix=fix
    )


def _placed(problem: Problem, document: Document | None, pointer: str) -> Problem:
    """The same problem at the version that it is about."""
    if document is None:
        return problem
    place = document.values.get(pointer, START)
    return dataclasses.replace(problem, pointer=pointer, line=place.line, column=place.column)


def _warning(problem: Problem) -> Problem:
    return dataclasses.replace(problem, severity="warning")
