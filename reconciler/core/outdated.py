"""What runs here beside what there is: packages, WordPress, PHP and the base, and what is known of each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reconciler.core.advisories import hitting
from reconciler.core.directory import Listing
from reconciler.core.manifest import Allowlist, Package, Site, SourceArchive, SourcePath
from reconciler.core.packages import users_of
from reconciler.core.problem import escaped
from reconciler.core.snapshot import Snapshot, age_words
from reconciler.core.versions import compare

RowKind = Literal["plugin", "theme", "core", "php", "debian"]
Standing = Literal["vulnerable", "closed", "outdated", "current", "unknown", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing. `newest` is "" where nobody knows; `note` says why it stands so, and how old that is."""

    kind: RowKind
    name: str
    runs: str
    newest: str
    standing: Standing
    used_by: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found out: `listings` by kind and slug, newest releases ("" for unknown)."""

    listings: Mapping[tuple[str, str], Listing]
    wordpress: str = ""


def rows(
    allowlist: Allowlist,
    sites: Iterable[Site],
    snapshot: Snapshot,
    known: Known,
    base: Iterable[Row],
    now: datetime,
) -> tuple[Row, ...]:
    """Every package that is not blocked, then `base` (WordPress, PHP, Debian), the worst first."""
    running = tuple(sites)
    found = [
        _package(package, users_of(allowlist, package, running), snapshot, known, now.date())
        for package in allowlist.packages
        if package.state != "blocked"
    ]
    return tuple(sorted([*found, *base], key=_worst_first))


_ORDER: tuple[Standing, ...] = ("vulnerable", "closed", "outdated", "unknown", "current", "own")


def _worst_first(row: Row) -> tuple[int, str, str, str]:
    return _ORDER.index(row.standing), row.kind, row.name, row.runs


def _package(
    package: Package, users: tuple[str, ...], snapshot: Snapshot, known: Known, today: date
) -> Row:
    listed = known.listings.get((package.kind, package.slug))
    newest, standing, note = _listed(package, listed, today)
    hits = hitting(snapshot.advisories, package.kind, package.slug, package.version)
    if hits:
        standing = "vulnerable"
        note = "; ".join([f"{hits[0].title} ({hits[0].score})", *([note] if note else [])])
    return Row(
        kind=package.kind,
        name=package.slug,
        runs=package.version,
        newest=newest,
        standing=standing,
        used_by=users,
        note=note,
    )


def _listed(package: Package, listed: Listing | None, today: date) -> tuple[str, Standing, str]:
    if isinstance(package.source, SourcePath):
        return "", "own", "kept in this repository"
    if not isinstance(package.source, SourceArchive):
        return "", "unknown", f"nobody asks {package.source.forge} for releases"
    if listed is None:
        return "", "unknown", "the directory was never asked"
    days = (today - date.fromisoformat(listed.looked_at)).days
    age = "" if days <= 0 else f"as of {listed.looked_at}"
    if listed.state != "listed":
        why = listed.closed_because or "no reason given"
        what = f"closed {listed.closed_at}: {why}" if listed.state == "closed" else "not listed"
        return listed.version, "closed", " ".join(filter(None, (what, age)))
    older = compare(package.version, listed.version) < 0
    return listed.version, "outdated" if older else "current", age


def core_row(runs: str, known: Known, snapshot: Snapshot) -> Row:
    """WordPress itself, where a release of its own is used."""
    hits = hitting(snapshot.advisories, "core", "wordpress", runs)
    standing: Standing = "unknown"
    if known.wordpress:
        standing = "outdated" if compare(runs, known.wordpress) < 0 else "current"
    note = "" if known.wordpress else "the release service was not reached"
    if hits:
        standing, note = "vulnerable", f"{hits[0].title} ({hits[0].score})"
    return Row(
        kind="core",
        name="wordpress",
        runs=runs,
        newest=known.wordpress,
        standing=standing,
        note=note,
    )


def as_lines(found: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    """Cells of a table, its heading first."""
    yield ("STANDING", "KIND", "NAME", "RUNS", "NEWEST", "USED BY", "NOTE")
    for row in found:
        users = str(len(row.used_by)) if row.used_by else "-"
        cells = (row.standing, row.kind, row.name, row.runs, row.newest or "?", users, row.note)
        yield tuple(escaped(cell) for cell in cells)


def age_line(snapshot: Snapshot, now: datetime) -> str:
    """How old what is known of holes is."""
    if snapshot.feed is None:
        return "advisories: none at hand, so that holes are unknown; wpaas advisories refresh"
    age = age_words(now - snapshot.feed.fetched_at)
    return f"advisories: {age} old, {len(snapshot.advisories)} of {snapshot.feed.records} records"
