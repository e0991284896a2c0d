"""Where archives come from: a fixed table. An entry names a word of it, never an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from reconciler.core.manifest import PackageKind, Source, SourceArchive, SourcePath, SourceRelease


@dataclass(frozen=True, slots=True)
class Place:
    """A server of archives: its origin (scheme and host), and the origins it may send us on to."""

    origin: str
    redirects: tuple[str, ...] = ()


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "wordpress.org": Place("https://downloads.wordpress.org"),
        # A release's file is kept elsewhere, at an address that is signed for minutes.
        "github.com": Place(
            "https://github.com",
            (
                "https://objects.githubusercontent.com",
                "https://release-assets.githubusercontent.com",
            ),
        ),
        "codeberg.org": Place("https://codeberg.org"),
    }
)


def places_by(proxies: Mapping[str, str]) -> Mapping[str, Place]:
    """The table, with other origins for some of its words: an operator's own proxies."""
    known = {word: Place(origin) for word, origin in proxies.items() if word in PLACES}
    return {**PLACES, **known}


def place_of(source: Source) -> str:
    """The word in the table; "" for a folder of the repository."""
    match source:
        case SourcePath():
            return ""
        case SourceArchive(archive):
            return archive
        case SourceRelease():
            return source.forge


def path_of(kind: PackageKind, slug: str, version: str, source: Source) -> str:
    """The path of an archive at its place, from "/"; "" for a folder of the repository."""
    match source:
        case SourcePath():
            return ""
        case SourceArchive():
            return f"/{kind}/{_quoted(f'{slug}.{version}')}.zip"
        case SourceRelease():
            parts = (source.owner, source.repo, "releases", "download", source.tag or version)
            return "/" + "/".join(_quoted(part) for part in (*parts, source.asset))


def _quoted(part: str) -> str:
    return quote(part, safe="")
