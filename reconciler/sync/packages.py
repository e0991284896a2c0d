"""Adding and bumping packages: fetch, compute what pins them, edit the allowlist, judge the file."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from reconciler.core.advisories import fixed_version, hitting
from reconciler.core.advisory_policy import snapshot_of
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.directory import Listing
from reconciler.core.image import folder_files
from reconciler.core.manifest import (
    Allowlist,
    Package,
    PackageKind,
    Source,
    SourceArchive,
    SourcePath,
)
from reconciler.core.problem import Problem
from reconciler.core.proposal import Found, Signed, pins, proposal, source_at
from reconciler.core.snapshot import Snapshot
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.allowlist_file import FILE, AllowlistFile
from reconciler.shell.directory import Directory
from reconciler.shell.schemas import load_schemas
from reconciler.shell.sources import Archives, opened
from reconciler.shell.worktree import read_worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A fleet's folder, with what is needed to fetch packages for it and to judge the result."""

    folder: Path
    blobs: Mapping[str, Blob]
    compiled: Compiled
    archives: Archives
    directory: Directory
    now: datetime

    @property
    def allowlist(self) -> Allowlist:
        """The allowlist. Raises UsageError where it cannot be read."""
        if self.compiled.allowlist is None:
            fix = "mend it first; `wpaas validate` says what is wrong"
            raise UsageError("the allowlist is broken", where=str(self.folder / FILE), fix=fix)
        return self.compiled.allowlist

    @property
    def snapshot(self) -> Snapshot:
        """What is known of advisories; nothing where there is no snapshot."""
        return snapshot_of(self.blobs)[0] or Snapshot()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A package as it is written now. `before` is the entry that it took the place of, if any.

    `listed`: what the directory said of it a moment ago.
    """

    package: Package
    before: Package | None = None
    listed: Listing | None = None


def open_bench(folder: Path, archives: Archives, directory: Directory, now: datetime) -> Bench:
    """Read the fleet in `folder`. Raises UsageError where it is no folder."""
    blobs = read_worktree(folder)
    return Bench(
        folder=folder,
        blobs=blobs,
        compiled=compile_fleet(blobs, load_schemas(), now=now),
        archives=archives,
        directory=directory,
        now=now,
    )


def add(
    bench: Bench,
    kind: PackageKind,
    slug: str,
    *,
    version: str,
    source: Source,
    signed: Signed,
    licence: str = "",
) -> Change:
    """Write an entry for a version that is not there yet; "" is the newest version.

    Both digests come from the bytes. Raises UsageError where the entry exists or would not be good,
    StageFailed where nothing can be fetched.
    """
    wanted = version
    if not wanted and not isinstance(source, SourcePath):
        wanted = newest(bench, kind, slug)
    found, data = fetched(bench, kind, slug, wanted, source)
    package = proposal(found, signed, licence)
    if bench.allowlist.find(kind, slug, package.version) is not None:
        what = f"{kind} {slug} {package.version} is in the allowlist"
        raise UsageError(what, fix=f"wpaas {kind} bump {slug}, or name another version")
    file = AllowlistFile(bench.folder)
    file.add(package)
    _write(bench, file, data)
    return Change(package=package, listed=_listed(bench, package))


def bump(bench: Bench, package: Package, version: str, signed: Signed) -> Change | None:
    """Write another version's pins over an entry, or beside it where a site stays at the old one.

    None where the package is at that version already, with the same files. Raises UsageError where
    the entry would not be good, StageFailed where nothing can be fetched.
    """
    source = source_at(package.source, package.version, version)
    found, data = fetched(bench, package.kind, package.slug, version, source)
    new = proposal(found, signed, "")
    if not new.license:
        new = replace(new, license=package.license)
    if (new.version, new.tree_sha256) == (package.version, package.tree_sha256):
        return None
    file = AllowlistFile(bench.folder)
    pinned = new.version != package.version and any(
        site.plugin_versions.get(package.slug) == package.version
        for site in bench.compiled.sites.values()
    )
    if package.kind == "plugin" and pinned:
        granted = ("network", "cron", "tables", "routes", "writes", "exceptions")
        new = replace(new, **{key: getattr(package, key) for key in granted})
        file.add(new)
    else:
        file.pin(package, package.version, pins(package, new))
    _write(bench, file, data)
    return Change(package=new, before=package, listed=_listed(bench, new))


def _listed(bench: Bench, package: Package) -> Listing | None:
    """Since when it is public is worth a question; that nobody answers is no reason to stop."""
    if not isinstance(package.source, SourceArchive):
        return None
    with suppress(StageFailed):
        return bench.directory.listing(package.kind, package.slug, bench.now.date().isoformat())
    return None


def newest(bench: Bench, kind: PackageKind, slug: str) -> str:
    """The directory's newest version. Raises StageFailed where it is not to be had."""
    listed = bench.directory.listing(kind, slug, bench.now.date().isoformat())
    if listed.state != "listed":
        why = f" on {listed.closed_at}: {listed.closed_because}" if listed.closed_at else ""
        what = f"{kind} {slug} is {listed.state} in the directory{why}"
        raise StageFailed("fetch", what, fix="look for another one")
    return listed.version


def mending(bench: Bench, package: Package) -> str | None:
    """The version that mends a package's known holes; None without holes, "" where none does."""
    known = bench.snapshot.advisories
    if not hitting(known, package.kind, package.slug, package.version):
        return None
    return fixed_version(known, package.kind, package.slug, package.version)


def mends(bench: Bench, package: Package, version: str) -> bool:
    """Whether a version has none of the holes that are known."""
    return not hitting(bench.snapshot.advisories, package.kind, package.slug, version)


def fetched(
    bench: Bench, kind: PackageKind, slug: str, version: str, source: Source
) -> tuple[Found, bytes]:
    """What the place has now, opened, and the archive; no bytes for a folder of the repository."""
    if isinstance(source, SourcePath):
        files = folder_files(bench.blobs, source.path)
        found = Found(
            kind=kind, slug=slug, version="", source=source, archive_sha256=None, files=files
        )
        return _versioned(found, version), b""
    data = bench.archives.latest(kind, slug, version, source)
    found = Found(
        kind=kind,
        slug=slug,
        version=version,
        source=source,
        archive_sha256=hashlib.sha256(data).hexdigest(),
        files=opened(data, slug, f"{kind} {slug} {version}"),
    )
    return found, data


def _versioned(found: Found, version: str) -> Found:
    """A folder's version is its own word, which must be the one that is asked for."""
    own = found.words.version
    if not own or (version and version != own):
        said = f"says {own}" if own else "says none"
        what = f"the header Version of {found.slug} {said}"
        raise UsageError(what, fix=f"write {version or 'a version'} there")
    return replace(found, version=own)


def _write(bench: Bench, file: AllowlistFile, data: bytes) -> None:
    """Write the file, if no error is new in it, and keep the archive that its digest is of."""
    text = file.text().encode()
    blobs = {**bench.blobs, FILE: replace(bench.blobs[FILE], data=text)}
    compiled = compile_fleet(blobs, load_schemas(), now=bench.now)
    known = {(p.code, p.message) for p in bench.compiled.problems}
    new = [p for p in compiled.problems if _error_here(p) and (p.code, p.message) not in known]
    if new:
        raise UsageError(f"the entry would not be good: {new[0].message}", fix=_way_out(new[0]))
    if data:
        bench.archives.keep(data)
    file.write()


def _error_here(problem: Problem) -> bool:
    return problem.severity == "error" and problem.file == FILE and "vulnerable" not in problem.code


def _way_out(problem: Problem) -> str:
    if problem.pointer.endswith("/license"):
        return "its licence is not understood: read it, then say --license SPDX-NAME"
    return problem.fix
