"""Archives of plugins and themes: fetched from where the allowlist's word says, checked, kept.

The address is derived from slug and version, so nobody can aim the reconciler at a host of his
choice. What is kept is named by its sha256 and checked again at each use.
"""

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from reconciler.core.archive import BadArchive, unpack
from reconciler.core.layers import File, tree_digest
from reconciler.core.manifest import Package
from reconciler.errors import StageFailed

DIRECTORY = "https://downloads.wordpress.org"
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
DOWNLOAD_S = 120.0
_TIMEOUT_S = (5.0, 20.0)
_CHUNK_BYTES = 256 * 1024
_ATTEMPTS = 3


class _Away(Exception):
    """The server did not answer, or not now: worth another attempt."""


class Archives:
    """Archives kept in `folder`, fetched from `directory` where they are not there yet.

    One of over `max_bytes` is given up.
    """

    def __init__(
        self, folder: Path, directory: str = DIRECTORY, *, max_bytes: int = MAX_ARCHIVE_BYTES
    ) -> None:
        self._max_bytes = max_bytes
        self._folder = folder
        self._directory = directory.rstrip("/")

    def files(self, package: Package) -> Mapping[str, File]:
        """Return the reviewed files of `package`: path below its folder → file.

        Raises StageFailed when it cannot be fetched, or is not what was reviewed.
        """
        data = self._kept(package) or self._fetched(package)
        try:
            files = unpack(data, package.slug)
        except BadArchive as e:
            raise _failed(package, f"the archive must not be opened: {e}") from e
        found = tree_digest(files)
        if found != package.tree_sha256:
            what = f"its files are not those that were reviewed (tree_sha256 {found})"
            raise _failed(package, what, "review them, and write that tree_sha256")
        return files

    def _kept(self, package: Package) -> bytes | None:
        try:
            data = self._place(package).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise _failed(package, f"the kept archive cannot be read: {e.strerror}") from e
        return data if hashlib.sha256(data).hexdigest() == package.archive_sha256 else None

    def _fetched(self, package: Package) -> bytes:
        url = address(self._directory, package)
        retrying = Retrying(
            retry=retry_if_exception_type(_Away),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=0.5, max=4),
            reraise=True,
        )
        try:
            data = retrying(_download, package, url, self._max_bytes)
        except _Away as e:
            raise _failed(package, f"{url}: {e}", "the loop tries again") from e
        found = hashlib.sha256(data).hexdigest()
        if found != package.archive_sha256:
            what = f"{url} has sha256 {found}, reviewed was {package.archive_sha256}"
            raise _failed(package, what, "review what is there now, or write its sha256")
        self._keep(package, data)
        return data

    def _keep(self, package: Package, data: bytes) -> None:
        place = self._place(package)
        beside = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            beside.replace(place)
        except OSError as e:
            raise _failed(package, f"the archive cannot be kept: {e.strerror}") from e

    def _place(self, package: Package) -> Path:
        if package.archive_sha256 is None:
            raise _failed(package, "no sha256 is written for its archive", "add sha256")
        return self._folder / f"{package.archive_sha256}.zip"


def address(directory: str, package: Package) -> str:
    """Return where the directory of plugins and themes has this version."""
    name = quote(f"{package.slug}.{package.version}", safe="")
    return f"{directory}/{package.kind}/{name}.zip"


def _download(package: Package, url: str, max_bytes: int) -> bytes:
    """Fetch `url` whole, within DOWNLOAD_S and `max_bytes`; a redirect is not followed."""
    end = time.monotonic() + DOWNLOAD_S
    data = bytearray()
    try:
        with requests.get(url, stream=True, timeout=_TIMEOUT_S, allow_redirects=False) as answer:
            if answer.status_code in {429, 500, 502, 503, 504}:
                raise _Away(f"HTTP {answer.status_code}")
            if answer.status_code != requests.codes.ok:
                raise _failed(package, f"{url}: HTTP {answer.status_code}", "is the version right?")
            for chunk in answer.iter_content(_CHUNK_BYTES):
                data += chunk
                if len(data) > max_bytes:
                    raise _failed(package, f"{url} is over {max_bytes} bytes")
                if time.monotonic() > end:
                    raise _Away(f"took over {DOWNLOAD_S:g} s")
    except requests.RequestException as e:
        raise _Away(type(e).__name__) from e
    return bytes(data)


def _failed(package: Package, what: str, fix: str = "") -> StageFailed:
    where = f"plugins-allowlist.yaml, {package.kind} {package.slug} {package.version}"
    return StageFailed("image", what, where=where, fix=fix)
