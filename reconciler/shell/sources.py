"""Archives of plugins and themes: from what was kept, else from where the allowlist's words say.

The address is derived, so nobody can aim the reconciler at a host of his choice. An archive is
kept once it turned out to be what was reviewed, and is checked again at each use.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.core.archive import BadArchive, newest_day, unpack
from reconciler.core.layers import File, tree_digest
from reconciler.core.manifest import Package, PackageKind, Source
from reconciler.core.places import PLACES, Place, path_of, place_of, places_by
from reconciler.errors import StageFailed
from reconciler.shell.archive_store import ArchiveStore, Folder
from reconciler.shell.context import Context
from reconciler.shell.download import Limits, download


class Archives:
    """Archives kept in `folder`, and in `behind` where it is given.

    What is in neither comes from its place, or from one of `mirrors`: addresses below which a copy
    of the folder is served, as SHA256.zip.
    """

    def __init__(
        self,
        folder: Path,
        behind: ArchiveStore | None = None,
        *,
        places: Mapping[str, Place] = PLACES,
        mirrors: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self._stores: tuple[ArchiveStore, ...] = (Folder(folder), *([behind] if behind else []))
        self._places = places
        self._mirrors = tuple(mirror.rstrip("/") for mirror in mirrors)
        self._limits = limits

    def files(self, package: Package) -> Mapping[str, File]:
        """Return the reviewed files of `package`: path below its folder → file.

        Raises StageFailed when it cannot be fetched, or is not what was reviewed.
        """
        digest, where = package.archive_sha256, _where(package)
        if digest is None:
            raise StageFailed(
                "image", "no sha256 is written for its archive", where=where, fix="add sha256"
            )
        data = self._kept(digest) or self._fetched(package, digest)
        files = opened(data, package.slug, where)
        found = tree_digest(files)
        if found != package.tree_sha256:
            what = f"its files are not those that were reviewed (tree_sha256 {found})"
            fix = "review them, and write that tree_sha256"
            raise StageFailed("image", what, where=where, fix=fix)
        self.keep(data)
        return files

    def latest(self, kind: PackageKind, slug: str, version: str, source: Source) -> bytes:
        """Return what its place has now, which nobody has reviewed; it is not kept.

        Raises StageFailed when it cannot be fetched.
        """
        where = f"{kind} {slug} {version}"
        place = self._places[place_of(source)]
        url = place.origin + path_of(kind, slug, version, source)
        return download(url, where=where, redirects=place.redirects, limits=self._limits)

    def packed_on(self, package: Package) -> str:
        """The newest day that a kept archive tells of its files (YYYY-MM-DD); "" where none is kept."""
        data = self._kept(package.archive_sha256) if package.archive_sha256 else None
        return "" if data is None else newest_day(data)

    def keep(self, data: bytes) -> None:
        """Keep an archive in every store. Raises StageFailed where one does not take it."""
        digest = hashlib.sha256(data).hexdigest()
        for store in self._stores:
            store.put(digest, data)

    def _kept(self, digest: str) -> bytes | None:
        found = (store.get(digest) for store in self._stores)
        return next((data for data in found if data is not None), None)

    def _fetched(self, package: Package, digest: str) -> bytes:
        """From the first place that has the very bytes; the first refusal is the one that is said."""
        place = self._places[place_of(package.source)]
        path = path_of(package.kind, package.slug, package.version, package.source)
        ways = [(place.origin + path, place.redirects)]
        ways += [(f"{mirror}/{digest}.zip", ()) for mirror in self._mirrors]
        refusals = []
        for url, redirects in ways:
            try:
                return self._verified(url, redirects, package, digest)
            except StageFailed as e:
                refusals.append(e)
        raise refusals[0]

    def _verified(
        self, url: str, redirects: tuple[str, ...], package: Package, digest: str
    ) -> bytes:
        where = _where(package)
        data = download(url, where=where, redirects=redirects, limits=self._limits)
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            what = f"{url} has sha256 {found}, reviewed was {digest}"
            fix = "review what is there now, or write its sha256"
            raise StageFailed("image", what, where=where, fix=fix)
        return data


def archives_of(context: Context, behind: ArchiveStore | None = None) -> Archives:
    """The archives of a cluster: in its state folder, by its proxies and mirrors."""
    return Archives(
        context.state / "archives",
        behind,
        places=places_by(context.places),
        mirrors=context.mirrors,
    )


def opened(data: bytes, slug: str, where: str) -> dict[str, File]:
    """Return the files of an archive whose one folder is `slug`. Raises StageFailed with its code."""
    try:
        return unpack(data, slug)
    except BadArchive as e:
        raise StageFailed("image", f"the archive must not be opened: {e}", where=where) from e


def _where(package: Package) -> str:
    return f"plugins-allowlist.yaml, {package.kind} {package.slug} {package.version}"
