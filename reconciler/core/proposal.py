"""An allowlist entry made from a package's own bytes and words, for people to review."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.core.layers import File, tree_digest
from reconciler.core.manifest import Package, PackageKind, Source, SourceRelease
from reconciler.core.vetting.candidate import Candidate, Target
from reconciler.core.vetting.headers import About, about, head, header
from reconciler.core.vetting.licence import spdx

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who answers for it, since which day (YYYY-MM-DD), and why it should be allowed."""

    reviewers: tuple[str, ...]
    day: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was fetched or read. `archive_sha256` is None for a folder of the repository."""

    kind: PackageKind
    slug: str
    version: str
    source: Source
    archive_sha256: str | None
    files: Mapping[str, File]

    @property
    def words(self) -> About:
        """What the package says of itself."""
        nothing = Target(php="", wp="")
        return about(
            Candidate(kind=self.kind, slug=self.slug, version="", target=nothing, files=self.files)
        )


def proposal(found: Found, signed: Signed, licence: str = "") -> Package:
    """The entry. `licence` (SPDX) where the package's own words are not understood: then the entry
    has "" for it, which no schema takes."""
    words = found.words
    return Package(
        slug=found.slug,
        kind=found.kind,
        version=found.version or words.version,
        source=found.source,
        tree_sha256=tree_digest(found.files),
        archive_sha256=found.archive_sha256,
        license=licence or spdx(words.licence),
        requires_plugins=_needs(found, words),
        requires_php=_number(words.requires_php),
        requires_wp=_number(words.requires_wp),
        tested_up_to=_number(words.tested_up_to),
        state="approved",
        reviewed_by=signed.reviewers,
        reviewed_at=signed.day,
        reason=signed.reason,
    )


def pins(old: Package, new: Package) -> dict[str, object]:
    """The fields of an entry that another version changes, for the editor; grants stay."""
    changed: dict[str, object] = {
        "version": new.version,
        "sha256": new.archive_sha256,
        "tree_sha256": new.tree_sha256,
        "reviewed_by": new.reviewed_by,
        "reviewed_at": new.reviewed_at,
        "reason": new.reason,
    }
    if new.license != old.license:
        changed["license"] = new.license
    requires = {"php": new.requires_php, "wp": new.requires_wp}
    before = {"php": old.requires_php, "wp": old.requires_wp}
    if requires != before:
        changed["requires"] = {key: value for key, value in requires.items() if value}
    if new.tested_up_to and new.tested_up_to != old.tested_up_to:
        changed["tested_up_to"] = new.tested_up_to
    if isinstance(new.source, SourceRelease) and new.source.tag:
        changed["source"] = {"release": {"tag": new.source.tag, "asset": new.source.asset}}
    if old.until is not None:
        changed["until"] = None  # it was the old version's
    return {key: value for key, value in changed.items() if value is not None or key == "until"}


def source_at(source: Source, old: str, new: str) -> Source:
    """Where another version is: a release's tag and file often carry the version."""
    if not isinstance(source, SourceRelease):
        return source
    tag = source.tag.replace(old, new) if source.tag else None
    return replace(source, tag=tag, asset=source.asset.replace(old, new))


def _needs(found: Found, words: About) -> tuple[str, ...]:
    """Plugins that the header `Requires Plugins` names, by their slugs."""
    if not words.main:
        return ()
    named = header(head(found.files[words.main]), "Requires Plugins").split(",")
    return tuple(sorted({slug.strip() for slug in named if _SLUG.fullmatch(slug.strip())}))


def _number(text: str) -> str | None:
    """A version that a schema takes as lowest or newest: digits and points."""
    word = text.split(maxsplit=1)[0] if text.split() else ""
    plain = word.rstrip(".")
    return plain if plain and all(part.isdigit() for part in plain.split(".")) else None
