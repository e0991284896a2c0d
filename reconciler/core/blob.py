"""One entry of a commit's tree as read from Git: what stands there, before anything is parsed."""

from dataclasses import dataclass

from reconciler.core.bytestext import too_large
from reconciler.core.problem import Problem, escaped

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = "100644", "100755", "120000", "160000"

ADVISORIES = "advisories.json"

PATHS = (
    "sites",
    "plugins-allowlist.yaml",
    "platform.yaml",
    ADVISORIES,
    "image",
    "certificates",
)
"""All that is read of a fleet, from a repository and from a folder alike."""

MAX_DOCUMENT_BYTES = 256 * 1024
"""Largest site or platform file that is read; a hand-written one has a few KiB."""

MAX_ALLOWLIST_BYTES = 2 * 1024 * 1024
"""Largest allowlist: about 5,000 packages with their reviews; and largest advisories.json."""

MAX_IMAGE_FILE_BYTES = 8 * 1024 * 1024
"""Largest file below `image/`: a plugin's biggest picture or translation."""


@dataclass(frozen=True, slots=True)
class Blob:
    """An entry of a commit: a file, or what a fleet repository must not hold.

    `mode` is Git's own ("100644", "100755", "120000" a symlink, "160000" a submodule). `data` is
    the whole content (a symlink's target), empty for a submodule and where `oversized`. A path
    that is not UTF-8 carries its bytes as surrogates, as Python's file names do.
    """

    path: str
    mode: str
    data: bytes
    oversized: bool = False


def limit_bytes(path: str) -> int:
    """Return the largest size of a file at `path` that is read at all."""
    if path.startswith("image/"):
        return MAX_IMAGE_FILE_BYTES
    large = path in ("plugins-allowlist.yaml", ADVISORIES)
    return MAX_ALLOWLIST_BYTES if large else MAX_DOCUMENT_BYTES


_KINDS = {SYMLINK: "a symbolic link", SUBMODULE: "a submodule", "040000": "a directory"}
_LFS_POINTER = b"version https://git-lfs"


def unreadable(blob: Blob, max_bytes: int) -> Problem | None:
    """Why nobody should look into this entry: it is no file, or far too long."""
    kind = _KINDS.get(blob.mode, "neither file nor directory")
    if blob.mode in {REGULAR, EXECUTABLE}:
        if blob.oversized:
            return too_large(escaped(blob.path), max_bytes)
        if not blob.data.startswith(_LFS_POINTER):
            return None
        kind = "a pointer of Git LFS"
    return Problem(
        code="file-kind",
        file=escaped(blob.path),
        value=kind,
        message=f"this is {kind}, not a file",
        fix="put the file itself here",
    )
