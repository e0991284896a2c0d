"""A package on disk, as a folder or a zip: read without following a link, within limits."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.core.archive import MAX_UNPACKED_BYTES, BadArchive, newest_day, unpack
from reconciler.core.layers import File
from reconciler.core.vetting.archives import ARCHIVE_RULES, ARCHIVE_TOO_LARGE
from reconciler.core.vetting.finding import Finding, found
from reconciler.core.vetting.packaging import without_content
from reconciler.errors import UsageError
from reconciler.shell.download import Limits

MAX_FILES = 50_000
MAX_ARCHIVE_BYTES = Limits().max_bytes
_NOT_ENTERED = {".git", ".hg", ".svn"}


@dataclass(frozen=True, slots=True)
class Read:
    """What was found: the package's slug by its folder, files, and findings about what is no file.

    `packed_on`: the newest day that an archive tells of its files, "" for a folder.
    """

    slug: str
    files: dict[str, File]
    findings: tuple[Finding, ...] = ()
    packed_on: str = ""


def read_package(place: Path, slug: str = "") -> Read:
    """Read the folder or zip at `place`; `slug` where its folder is not named like it.

    An archive that must not be opened comes back without files and with its finding. Raises
    UsageError where there is nothing to read, or too much.
    """
    try:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            return _folder(place, slug or place.resolve().name)
        if stat.S_ISREG(mode):
            return _zip(place, slug)
    except OSError as e:
        raise UsageError(f"this cannot be read: {e.strerror}", where=str(place)) from e
    raise UsageError("neither a folder nor a zip", where=str(place))


def read_reviews(fleet: Path, folder: str) -> dict[str, bytes]:
    """The kept reviews of a fleet: path in its repository → bytes. Links are not followed."""
    found: dict[str, bytes] = {}
    for path, entry in _entries(fleet, f"{folder}/") if (fleet / folder).is_dir() else ():
        if path.endswith(".json") and entry.is_file(follow_symlinks=False):
            found[path] = _content(entry.path)
    return found


def opened(data: bytes, slug: str) -> Read:
    """Open a zip whose one folder is `slug` ("" for whatever its first entry is below)."""
    name = slug or _first_folder(data)
    try:
        return Read(name, unpack(data, name), packed_on=newest_day(data))
    except BadArchive as e:
        finding = found(ARCHIVE_RULES[e.code], "", 1, e.args[0], detail=e.args[0])
        return Read(name, {}, (finding,))


def _zip(place: Path, slug: str) -> Read:
    with place.open("rb") as file:
        data = file.read(MAX_ARCHIVE_BYTES + 1)
    if len(data) > MAX_ARCHIVE_BYTES:
        limit = f"it is over {MAX_ARCHIVE_BYTES} bytes"
        return Read(slug or place.stem, {}, (found(ARCHIVE_TOO_LARGE, "", 1, limit, detail=limit),))
    read = opened(data, slug)
    return read if read.slug else replace(read, slug=place.stem)


def _first_folder(data: bytes) -> str:
    """The folder of the first entry by its local header; whether it is the only one is judged later."""
    length = int.from_bytes(data[26:28], "little")
    name = data[30 : 30 + length].decode("utf-8", "replace")
    return name.split("/", 1)[0] if data[:4] == b"PK\3\4" and "/" in name else ""


def _folder(place: Path, slug: str) -> Read:
    files: dict[str, File] = {}
    odd: list[str] = []
    budget = MAX_UNPACKED_BYTES
    for path, entry in _entries(place, ""):
        found_at = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found_at.st_mode):
            odd.append(path)
            continue
        budget -= found_at.st_size
        if budget < 0 or len(files) >= MAX_FILES:
            what = f"more than {MAX_FILES} files or {MAX_UNPACKED_BYTES} bytes"
            raise UsageError(what, where=str(place), fix="name the folder of one package")
        files[path] = File(_content(entry.path), bool(found_at.st_mode & stat.S_IXUSR))
    return Read(slug, dict(sorted(files.items())), tuple(without_content(odd)))


def _entries(top: Path, below: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    with os.scandir(top / below) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = f"{below}{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            yield path, entry
        elif entry.name not in _NOT_ENTERED:
            yield from _entries(top, f"{path}/")
        else:  # history is not the package; that it is there at all is
            with os.scandir(top / path) as inside:
                first = min((e for e in inside if e.is_file()), key=lambda e: e.name, default=None)
            if first:
                yield f"{path}/{first.name}", first


def _content(path: str) -> bytes:
    # Between the look and the opening it may have become a link or a pipe.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as file:
        return file.read()
