"""A file of a commit as Git holds it: a path, a mode and bytes."""

from dataclasses import dataclass

from reconciler.core.bytestext import too_large
from reconciler.core.problem import Problem

REGULAR = "100644"
EXECUTABLE = "100755"
KINDS = {
    "040000": "a directory",
    "120000": "a symbolic link",
    "160000": "a submodule",
}
LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Blob:
    """One entry of a tree; `mode` is Git's, in six octal digits.

    What is no file, and what is above the reader's limit (`oversized`), carries no data.
    """

    path: str
    mode: str
    data: bytes
    oversized: bool = False

    @property
    def is_file(self) -> bool:
        """Whether this is a file and no link, submodule, directory or device."""
        return self.mode in {REGULAR, EXECUTABLE}

    @property
    def kind(self) -> str:
        """What it is, in words."""
        if self.data.startswith(LFS_POINTER):
            return "a pointer of Git LFS"
        return "a file" if self.is_file else KINDS.get(self.mode, "neither file nor directory")


def unreadable(blob: Blob, max_bytes: int) -> Problem | None:
    """Why nobody should look into this entry: it is no file, or far too long."""
    if not blob.is_file or blob.data.startswith(LFS_POINTER):
        return Problem(
            code="file-kind",
            file=blob.path,
            value=blob.kind,
            message=f"this is {blob.kind}, not a file",
            fix="put the file itself here",
        )
    if blob.oversized:
        return too_large(blob.path, max_bytes)
    return None
