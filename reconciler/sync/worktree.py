"""A folder of files as a source, for people who try changes before they commit them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from reconciler.core.blob import Blob
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.worktree import read_worktree


class Worktree:
    """Its revision is the hash of its files: the same files are the same revision."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: tuple[str, Mapping[str, Blob]] = ("", {})
        self.name = str(folder)

    def head(self) -> str:
        """Read the folder; returns 40 hex digits, as a commit has. Raises StageFailed when it is gone."""
        try:
            blobs = read_worktree(self._folder)
        except UsageError as e:  # it was there when the command began
            raise StageFailed("fetch", e.what, where=e.where, fix="bring it back") from e
        digest = hashlib.sha256()
        for path, blob in sorted(blobs.items()):
            content = hashlib.sha256(blob.data).hexdigest()
            digest.update(f"{path}\0{blob.mode}\0{content}\n".encode(errors="surrogateescape"))
        self._read = (digest.hexdigest()[:40], blobs)
        return self._read[0]

    def fetch(self, sha: str) -> None:
        """Nothing to fetch: `head` has read it."""

    def blobs(self, sha: str) -> Mapping[str, Blob]:
        """The files as they were at the last look."""
        return self._read[1]

    def is_ancestor(self, old: str, new: str) -> bool:
        """Always: a folder has no history to rewrite."""
        return True
