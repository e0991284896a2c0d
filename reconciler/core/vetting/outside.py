"""What a package's files cannot say: since when they are public, and what is known of their holes.

How old a release is counts only where its source says so. An archive's own times are its author's
word, and are told as such: who wants a quick approval would write old ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reconciler.core.advisories import Advisory, SoftwareKind, hitting
from reconciler.core.directory import Listing
from reconciler.core.manifest import Source, SourceArchive, SourcePath, SourceRelease
from reconciler.core.snapshot import TOO_OLD, Snapshot
from reconciler.core.versions import compare
from reconciler.core.vetting.bump import Fixed

SaidBy = Literal["directory", "archive", "repository", "nobody"]

FRESH_DAYS = 1
"""An answer of the directory that is older says nothing of what was changed after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """Since which day (YYYY-MM-DD, "" for unknown) a version is public, and who says so.

    `days` is None where nobody vouches for it; `words` say what is known, or why nothing is. They
    are ours: no text of a package, of the directory or of a feed stands in them.
    """

    since: str = ""
    said_by: SaidBy = "nobody"
    days: int | None = None
    words: str = "nobody knows how long it has been public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """`holes`: advisories about this very version. `unknown`: why others cannot be ruled out, or ""."""

    public: Public = Public()
    holes: tuple[Fixed, ...] = ()
    unknown: str = ""


def outside(
    snapshot: Snapshot,
    kind: SoftwareKind,
    slug: str,
    version: str,
    public: Public,
    today: str,
) -> Outside:
    """What a snapshot knows on a day (YYYY-MM-DD) of one version."""
    hits = hitting(snapshot.advisories, kind, slug, version)
    return Outside(
        public=public,
        holes=tuple(_told(advisory, today) for advisory in hits),
        unknown=_unknown(snapshot, today),
    )


def mended(
    snapshot: Snapshot, kind: SoftwareKind, slug: str, before: str, after: str, today: str
) -> tuple[Fixed, ...]:
    """The known holes of the version `before` that `after` is free of, the worst first."""
    hits = hitting(snapshot.advisories, kind, slug, before)
    return tuple(_told(advisory, today) for advisory in hits if not advisory.affects(after))


def public_since(
    listed: Listing | None, version: str, source: Source | None, packed_on: str, today: str
) -> Public:
    """How long a version has been public. `packed_on`: the newest day in its archive, or "".

    The directory's day is that of the last change to anything of the package: a version that is not
    newer than the one listed was public, as it is, at least that long. `source` is None for a
    folder or an archive that a person named.
    """
    why = ""
    match source:
        case SourcePath():
            return Public(said_by="repository", words="its files are kept in this repository")
        case SourceRelease():
            why = f"{source.forge} was not asked when it was released"
        case SourceArchive():
            said = _by_directory(listed, version, today)
            if isinstance(said, Public):
                return said
            why = said
        case None:
            why = Public().words
    if packed_on:
        words = f"{why}; its archive says {packed_on}, which is its author's word"
        return Public(since=packed_on, said_by="archive", words=words)
    return Public(words=why)


def _by_directory(listed: Listing | None, version: str, today: str) -> Public | str:
    """What the directory vouches for, or why it does for nothing."""
    if listed is None or listed.state != "listed" or not listed.last_updated:
        return "the directory did not say how long it has been public"
    if compare(version, listed.version) > 0:
        return f"the directory did not list it yet when it was asked on {listed.looked_at}"
    asked, since = _age(listed.looked_at, today), _age(listed.last_updated, today)
    if asked is None or since is None or since < 0:
        return "the directory's day cannot be right"
    if not 0 <= asked <= FRESH_DAYS:
        return f"the directory was last asked on {listed.looked_at}"
    days = f"{since} day" if since == 1 else f"{since} days"
    return Public(
        since=listed.last_updated,
        said_by="directory",
        days=since,
        words=f"public for {days}, says the directory",
    )


def _age(day: str, today: str) -> int | None:
    try:
        return (date.fromisoformat(today) - date.fromisoformat(day)).days
    except ValueError:
        return None


def _told(advisory: Advisory, today: str) -> Fixed:
    days = _age(advisory.published, today)
    return Fixed(
        id=advisory.id,
        title=advisory.title,
        severity=advisory.score,
        days_public=days if days is not None and days >= 0 else None,
    )


def _unknown(snapshot: Snapshot, today: str) -> str:
    if snapshot.feed is None:
        return "no advisories are at hand"
    age = _age(snapshot.feed.fetched_at.date().isoformat(), today)
    if age is None or age > TOO_OLD.days:
        return f"the advisories are of {snapshot.feed.fetched_at.date().isoformat()}"
    return ""


def worst(holes: Sequence[Fixed]) -> str:
    """A known hole in a few words, for a lane's reason; "" without one."""
    more = f" and {len(holes) - 1} more" if len(holes) > 1 else ""
    return f"it has a known hole{more}" if holes else ""
