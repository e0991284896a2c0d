"""A fleet in a plain folder, read as Git would hold it: nothing is followed, nothing runs."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.core.blob import EXECUTABLE, PATHS, REGULAR, SYMLINK, Blob, limit_bytes
from reconciler.errors import StageFailed, UsageError

MAX_ENTRIES = 50_000
DIRECTORY = "040000"


def read_worktree(folder: Path) -> Mapping[str, Blob]:
    """Return path → entry of the fleet's files below `folder`, in order of path.

    Raises UsageError where `folder` is no folder, StageFailed where a file may not be read or
    there are far too many.
    """
    if not folder.is_dir():
        what = "this is a file" if folder.exists() else "no such folder"
        raise UsageError(what, where=str(folder), fix="name the folder with sites/")
    found: dict[str, Blob] = {}
    for name in PATHS:
        for path in _entries(folder, name):
            blob = _blob(folder, path)
            if blob is not None:
                found[path] = blob
            if len(found) > MAX_ENTRIES:
                raise StageFailed("compile", f"more than {MAX_ENTRIES} files", where=str(folder))
    return dict(sorted(found.items()))


def _entries(folder: Path, path: str) -> Iterator[str]:
    """Paths of what is no folder, and of folders with nothing in them."""
    try:
        mode = os.lstat(folder / path).st_mode
        names = sorted(os.listdir(folder / path)) if stat.S_ISDIR(mode) else []
    except FileNotFoundError:
        return
    except OSError as e:
        raise _unreadable(path, e) from e
    # Editors and the system leave hidden files beside the sites; git's own folders hold no file.
    names = [name for name in names if not (name.startswith(".") and path == "sites")]
    if not names:
        if path not in PATHS or not stat.S_ISDIR(mode):
            yield path
        return
    for name in names:
        if name != ".git":
            yield from _entries(folder, f"{path}/{name}")


def _blob(folder: Path, path: str) -> Blob | None:
    """The entry; None when it is gone meanwhile, or an empty folder that Git would not hold."""
    try:
        found = os.lstat(folder / path)
        kind = f"{stat.S_IFMT(found.st_mode):06o}"
        if kind == DIRECTORY:
            return Blob(path, DIRECTORY, b"") if path.endswith(".json") else None
        if kind == SYMLINK:
            return Blob(path, SYMLINK, os.fsencode(os.readlink(folder / path)))
        if not stat.S_ISREG(found.st_mode):
            return Blob(path, kind, b"")
        mode = EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR
        limit = limit_bytes(path)
        if found.st_size > limit:
            return Blob(path, mode, b"", oversized=True)
        data = _content(folder / path, limit)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise _unreadable(path, e) from e
    return Blob(path, mode, data if len(data) <= limit else b"", oversized=len(data) > limit)


def _unreadable(path: str, error: OSError) -> StageFailed:
    what = f"this cannot be read ({error.strerror})"
    return StageFailed("compile", what, where=path, fix="let this user read it, or remove it")


def _content(file: Path, limit: int) -> bytes:
    # O_NOFOLLOW and O_NONBLOCK: between the look and the opening it may have become a link or pipe.
    number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as opened:
        return opened.read(limit + 1)
