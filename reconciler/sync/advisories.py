"""A new snapshot: the feed reduced, the directory asked, what was noticed before remembered."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.core.advisories import reduced, shrunk
from reconciler.core.directory import Listing, noticed
from reconciler.core.manifest import PackageKind
from reconciler.core.snapshot import Feed, Snapshot, wanted
from reconciler.errors import Refused
from reconciler.shell.advisories import FILE, exploited_cves, read_feed, read_snapshot
from reconciler.sync.outdated import listed_names, listings
from reconciler.sync.packages import Bench


def refreshed(
    bench: Bench, source: str, token_file: Path | None, exploited: Path | None
) -> tuple[Snapshot, tuple[str, ...]]:
    """Return the snapshot and what should be said. Without a `source`, the advisories stay.

    Raises Refused for a feed that lost too many records, StageFailed where none comes.
    """
    before = read_snapshot(bench.folder) or Snapshot()
    feed, advisories = before.feed, before.advisories
    if source:
        records, digest = read_feed(source, token_file)
        known = before.feed.records if before.feed else 0
        if shrunk(known, len(records)):
            what = f"the feed has {len(records)} records, {known} were there before"
            raise Refused(what, where=source, fix=f"if that is right, remove {FILE} first")
        feed = Feed(
            source=_named(source), sha256=digest, fetched_at=bench.now.replace(microsecond=0),
            records=len(records),
        )  # fmt: skip
        platform = bench.compiled.platform
        about = wanted(bench.allowlist, platform.themes if platform else ())
        cves = exploited_cves(exploited) if exploited else frozenset()
        advisories = reduced(records, about, cves)
    found = {(x.kind, x.slug): x for x in listings(bench)}
    kept = tuple(_remembered(bench, before, found))
    asked = len(listed_names(bench)) - len(found)
    notes = (
        f"{len(advisories)} advisories about {len(bench.allowlist.packages)} packages",
        f"the directory was asked about {len(found)} packages"
        + (f", and did not answer about {asked}: what it said before stays" if asked else ""),
    )
    return Snapshot(feed=feed, advisories=advisories, listings=kept), notes


def _remembered(
    bench: Bench, before: Snapshot, found: Mapping[tuple[PackageKind, str], Listing]
) -> list[Listing]:
    kept = []
    for kind, slug in listed_names(bench):
        old, new = before.listing(kind, slug), found.get((kind, slug))
        if new is not None:
            kept.append(noticed(old, new))
        elif old is not None:
            kept.append(old)
    return kept


def _named(source: str) -> str:
    """A file's name, or an address without what may be secret in it."""
    parts = urlsplit(source)
    if not parts.hostname:
        return Path(source).name
    return f"{parts.scheme}://{parts.hostname}{parts.path}"
