"""advisories.json: what is known about the allowed packages, so that nothing asks the network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, get_args

from reconciler.core.advisories import KINDS, Advisory, Range, Software
from reconciler.core.directory import Listing, ListingState
from reconciler.core.manifest import Allowlist

FORMAT = 1
OLD = timedelta(hours=48)
TOO_OLD = timedelta(days=7)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class NoSnapshot(ValueError):
    """The text is not a snapshot; says where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where the advisories come from: an address or a file's name, the digest and size of all of it."""

    source: str
    sha256: str
    fetched_at: datetime
    records: int


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Advisories and listings. `feed` is None where only the directory was asked."""

    feed: Feed | None = None
    advisories: tuple[Advisory, ...] = ()
    listings: tuple[Listing, ...] = ()

    def listing(self, kind: str, slug: str) -> Listing | None:
        """What the directory said of a package, None where it was not asked."""
        return self._listings.get((kind, slug))

    def about(self, kind: str, slug: str) -> Sequence[Advisory]:
        """The advisories about a package, in the order of the snapshot."""
        return self._advisories.get((kind, slug), ())

    def with_listing(self, listing: Listing) -> "Snapshot":
        """The same, with a newer answer of the directory about one package."""
        key = (listing.kind, listing.slug)
        others = (each for each in self.listings if (each.kind, each.slug) != key)
        return replace(self, listings=(*others, listing))

    @cached_property
    def _listings(self) -> Mapping[tuple[str, str], Listing]:
        return {(listing.kind, listing.slug): listing for listing in self.listings}

    @cached_property
    def _advisories(self) -> Mapping[tuple[str, str], Sequence[Advisory]]:
        found: dict[tuple[str, str], list[Advisory]] = {}
        for advisory in self.advisories:
            found.setdefault((advisory.kind, advisory.slug), []).append(advisory)
        return found


def wanted(allowlist: Allowlist, themes: Sequence[str] = ()) -> frozenset[Software]:
    """What a snapshot is about: the allowed packages, WordPress, and the themes it comes with."""
    packages: set[Software] = {(package.kind, package.slug) for package in allowlist.packages}
    own: set[Software] = {("theme", theme) for theme in themes}
    return frozenset(packages | own | {("core", "wordpress")})


def age_words(age: timedelta) -> str:
    """An age in words: hours below two days, else days."""
    hours = int(age.total_seconds() // 3600)
    number, word = (hours, "hour") if age < OLD else (age.days, "day")
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def as_text(snapshot: Snapshot) -> str:
    """The file: sorted, one record a line, so that Git shows what a refresh brought."""
    feed = snapshot.feed
    head = {
        "format": FORMAT,
        "feed": asdict(feed) | {"fetched_at": feed.fetched_at.strftime(_TIME)} if feed else None,
    }
    parts = [json.dumps(head, ensure_ascii=False)[1:-1]]
    for name, items in (("advisories", snapshot.advisories), ("listings", snapshot.listings)):
        rows = sorted(json.dumps(_plain(item), ensure_ascii=False) for item in items)
        parts.append(f'"{name}": [' + ",".join(f"\n{row}" for row in rows) + "\n]")
    return "{" + ",\n".join(parts) + "}\n"


def _plain(item: Advisory | Listing) -> dict[str, Any]:
    """Fields that say something, in the order of the class."""
    value = asdict(item)
    return {key: part for key, part in value.items() if part not in ("", None, (), False)}


def from_text(text: str) -> Snapshot:
    """Read the file. Raises NoSnapshot."""
    try:
        document = json.loads(text, parse_constant=_no_number)
        if document.get("format") != FORMAT:
            raise NoSnapshot(f"its format is not {FORMAT}")
        return Snapshot(
            feed=_feed(document["feed"]) if document.get("feed") else None,
            advisories=tuple(_advisory(item) for item in document["advisories"]),
            listings=tuple(_listing(item) for item in document["listings"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
        known = isinstance(e, NoSnapshot)
        raise (e if known else NoSnapshot(f"{type(e).__name__} while reading it")) from e


def _feed(value: Mapping[str, Any]) -> Feed:
    at = datetime.strptime(_word(value, "fetched_at"), _TIME).replace(tzinfo=UTC)
    records = value["records"]
    if not isinstance(records, int):
        raise NoSnapshot("the number of records is none")
    return Feed(
        source=_word(value, "source"),
        sha256=_word(value, "sha256"),
        fetched_at=at,
        records=records,
    )


def _advisory(value: Mapping[str, Any]) -> Advisory:
    kind, cvss = value["kind"], value.get("cvss")
    if kind not in KINDS:
        raise NoSnapshot(f"there is no kind {kind!r}")
    if isinstance(cvss, bool) or not (cvss is None or isinstance(cvss, int | float)):
        raise NoSnapshot("a CVSS score is no number")
    return Advisory(
        kind=kind,
        cvss=None if cvss is None else float(cvss),
        affected=tuple(_range(item) for item in value.get("affected", ())),
        fixed=_words(value, "fixed"),
        exploited=value.get("exploited") is True,
        **{
            key: _word(value, key)
            for key in ("id", "title", "slug", "cve", "published", "copyright")
        },
    )


def _range(value: Mapping[str, Any]) -> Range:
    return Range(
        _word(value, "first"),
        value["first_included"] is not False,
        _word(value, "last"),
        value["last_included"] is not False,
    )


def _listing(value: Mapping[str, Any]) -> Listing:
    if value["kind"] not in ("plugin", "theme") or value["state"] not in get_args(ListingState):
        raise NoSnapshot("a listing is of no kind or state that is known")
    date.fromisoformat(_word(value, "looked_at"))
    words = {f.name for f in fields(Listing)} - {"kind", "state", "contributors"}
    return Listing(
        kind=value["kind"],
        state=value["state"],
        contributors=_words(value, "contributors"),
        **{key: _word(value, key) for key in sorted(words)},
    )


def _word(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key, "")
    if not isinstance(found, str):
        raise NoSnapshot(f"{key} is no text")
    return found


def _words(value: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = value.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise NoSnapshot(f"{key} is no list of texts")
    return tuple(found)


def _no_number(constant: str) -> float:
    raise NoSnapshot(f"{constant} is no number")
