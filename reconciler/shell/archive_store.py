"""Archives that were accepted, by the sha256 of their bytes: what a closed plugin is built from."""

import hashlib
import os
from pathlib import Path
from typing import Protocol

from reconciler.errors import StageFailed
from reconciler.shell.objectstore import ObjectStore

BUCKET = "wpaas-archives"
"""No site's bucket: `archives` is a reserved name."""


class ArchiveStore(Protocol):
    """Keeps bytes under their digest. Both verbs raise StageFailed where it is out of order."""

    def get(self, digest: str) -> bytes | None:
        """The bytes with this sha256 (hexadecimal), None where they are not there or rotten."""

    def put(self, digest: str, data: bytes) -> None:
        """Keep them; a second time is no error."""


class Folder:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, digest: str) -> bytes | None:
        """See ArchiveStore."""
        try:
            data = (self._folder / f"{digest}.zip").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise _failed(f"a kept archive cannot be read: {e.strerror}", self._folder) from e
        return _sound(data, digest)

    def put(self, digest: str, data: bytes) -> None:
        """See ArchiveStore. Nobody sees half an archive: it is renamed once it is whole."""
        place = self._folder / f"{digest}.zip"
        beside = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            beside.replace(place)
        except OSError as e:
            raise _failed(f"the archive cannot be kept: {e.strerror}", self._folder) from e


class Bucket:
    """The fleet's own object store: it outlives the machine that the reconciler runs on."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: set[str] = set()

    def get(self, digest: str) -> bytes | None:
        """See ArchiveStore."""
        data = self._store.object(BUCKET, f"{digest}.zip")
        return None if data is None else _sound(data, digest)

    def put(self, digest: str, data: bytes) -> None:
        """See ArchiveStore. What is there already is sent once in the life of this value."""
        if digest in self._known:
            return
        if self.get(digest) is None:
            self._store.put_object(BUCKET, f"{digest}.zip", data)
        self._known.add(digest)


def _sound(data: bytes, digest: str) -> bytes | None:
    return data if hashlib.sha256(data).hexdigest() == digest else None


def _failed(what: str, folder: Path) -> StageFailed:
    return StageFailed("image", what, where=str(folder))
