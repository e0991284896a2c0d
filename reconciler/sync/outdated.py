"""What is newer than what runs: the directory asked, or what is at hand."""

from contextlib import suppress
from typing import Literal

from reconciler.core.base_lock import Lock, of
from reconciler.core.directory import Listing
from reconciler.core.manifest import PackageKind, SourceArchive
from reconciler.core.outdated import Known, Row, core_row, rows
from reconciler.core.outdated_base import base_rows, debian_core_row
from reconciler.core.vetting.target import target_of
from reconciler.errors import StageFailed
from reconciler.sync.packages import Bench


def outdated(bench: Bench, how: Literal["ask", "at hand"], mirrors: Lock | None) -> tuple[Row, ...]:
    """Every package, WordPress, PHP and the base's Debian packages. Unreachable is unknown.

    `mirrors`: what Debian's mirrors have, where they were asked (`sync.base.locked`).
    """
    known = _asked(bench) if how == "ask" else _at_hand(bench)
    platform, lock = bench.compiled.platform, of(bench.blobs)
    release = platform.wordpress.version if platform and platform.wordpress else ""
    core = core_row(release, known, bench.snapshot) if release else debian_core_row(lock, mirrors)
    base = (core, *base_rows(lock, mirrors, target_of(bench.blobs, platform).php))
    sites = bench.compiled.sites.values()
    return rows(bench.allowlist, sites, bench.snapshot, known, base, bench.now)


def _at_hand(bench: Bench) -> Known:
    return Known(listings={(x.kind, x.slug): x for x in bench.snapshot.listings})


def _asked(bench: Bench) -> Known:
    """What the directory says now; what it does not say is as the snapshot has it."""
    known = dict(_at_hand(bench).listings)
    try:
        wordpress = bench.directory.newest_wordpress()
    except StageFailed:
        return Known(listings=known)  # nobody is there: it is not asked for each package too
    for listing in listings(bench):
        known[(listing.kind, listing.slug)] = listing
    return Known(listings=known, wordpress=wordpress)


def listed_names(bench: Bench) -> list[tuple[PackageKind, str]]:
    """Kind and slug of each package that comes from the directory and is not blocked, sorted."""
    return sorted(
        {
            (package.kind, package.slug)
            for package in bench.allowlist.packages
            if isinstance(package.source, SourceArchive) and package.state != "blocked"
        }
    )


def listings(bench: Bench) -> tuple[Listing, ...]:
    """Today's listing of each package that comes from the directory, where there is one."""
    today, found = bench.now.date().isoformat(), []
    for kind, slug in listed_names(bench):
        with suppress(StageFailed):
            found.append(bench.directory.listing(kind, slug, today))
    return tuple(found)
