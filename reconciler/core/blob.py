"""One entry of a commit's tree as read from Git: what stands there, before anything is parsed."""

from dataclasses import dataclass

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = "100644", "100755", "120000", "160000"

MAX_DOCUMENT_BYTES = 256 * 1024
"""Largest site or platform file that is read; a hand-written one has a few KiB."""

MAX_ALLOWLIST_BYTES = 2 * 1024 * 1024
"""Largest allowlist: about 5,000 packages with their reviews."""

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
    return MAX_ALLOWLIST_BYTES if path == "plugins-allowlist.yaml" else MAX_DOCUMENT_BYTES
