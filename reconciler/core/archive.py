"""A zip from elsewhere, judged by its central directory and unpacked in memory.

Python's own reader is too kind to be the judge: it cuts names at NUL, turns `../../x` into `x`,
writes links as files and keeps the last of two equal entries. Format: PKWARE APPNOTE 6.3.
"""

import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.core.layers import File

MAX_ENTRIES = 10_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
RATIO_FREE_BYTES = 1024 * 1024
MAX_NAME_BYTES = 200

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8
_UNIX = 3


class BadArchive(ValueError):
    """The archive is not one that may be opened; the text says why and names the entry."""


@dataclass(frozen=True, slots=True)
class _Entry:
    raw: bytes
    path: str
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    at: int


def unpack(data: bytes, folder: str) -> dict[str, File]:
    """Return path below `folder` → file; `folder` is the one top level the archive must have.

    Raises BadArchive for what is damaged, encrypted, split or padded; for names that escape, repeat
    or collide on other file systems; for links and devices; and for what unpacks to too much.
    """
    entries = tuple(_entries(data))
    _check_names(entries, folder)
    budget = MAX_UNPACKED_BYTES
    files: dict[str, File] = {}
    for entry, start in _extents(data, entries):
        content = _content(data[start : start + entry.packed], entry, budget)
        budget -= len(content)
        if not entry.path.endswith("/"):
            path = entry.path.removeprefix(f"{folder}/")
            files[path] = File(content, executable=bool(entry.mode & stat.S_IXUSR))
    if not files:
        raise BadArchive("there are no files in it")
    return dict(sorted(files.items()))


def _entries(data: bytes) -> Iterator[_Entry]:
    """Yield the central directory, which must be whole and end where the archive ends."""
    end = data.rfind(b"PK\5\6")
    if end < 0 or len(data) < end + _END.size:
        raise BadArchive("it has no end record: cut short, or no zip at all")
    _, disk, first, here, count, size, at, comment = _END.unpack_from(data, end)
    if (disk, first) != (0, 0) or here != count or end + _END.size + comment != len(data):
        raise BadArchive("it is split, or something follows its end")
    if count > MAX_ENTRIES or at + size != end:
        raise BadArchive(f"it has {count} entries, or a directory that is not where it says")
    for _ in range(count):
        if at + _CENTRAL.size > end or data[at : at + 4] != b"PK\1\2":
            raise BadArchive("its directory is damaged")
        head = _CENTRAL.unpack_from(data, at)
        name, extra, note = head[10:13]
        raw = data[at + _CENTRAL.size : at + _CENTRAL.size + name]
        entry = _Entry(
            raw=raw,
            path=_name(raw, head[3]),
            method=head[4],
            crc=head[7],
            packed=head[8],
            size=head[9],
            mode=head[15] >> 16 if head[1] >> 8 == _UNIX else 0,
            at=head[16],
        )
        yield _checked(entry, head[3])
        at += _CENTRAL.size + name + extra + note
    if at != end:
        raise BadArchive("its directory is damaged")


def _checked(entry: _Entry, flags: int) -> _Entry:
    kind = stat.S_IFMT(entry.mode)
    if flags & _ENCRYPTED or entry.method not in {_STORED, _DEFLATED}:
        raise BadArchive(f"{entry.path!r} is encrypted, or packed in an unusual way")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR} or entry.mode & (stat.S_ISUID | stat.S_ISGID):
        raise BadArchive(f"{entry.path!r} is a link, a device, or runs as another user")
    if (kind == stat.S_IFDIR) != entry.path.endswith("/") and kind != 0:
        raise BadArchive(f"{entry.path!r} is a file by one word and a folder by the other")
    if entry.size > MAX_UNPACKED_BYTES:
        raise BadArchive(f"{entry.path!r} unpacks to {entry.size} bytes")
    return entry


def _name(raw: bytes, flags: int) -> str:
    """Judge the raw name: what readers make of it differs."""
    try:
        path = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        raise BadArchive(f"the name {raw[:60]!r} is not UTF-8, or does not say so") from None
    parts = path.removesuffix("/").split("/")
    odd = "\\" in path or ":" in path or not path.isprintable() or len(raw) > MAX_NAME_BYTES
    if odd or any(part in {"", ".", ".."} for part in parts):
        raise BadArchive(f"the name {path[:60]!r} leaves its folder or is no plain name")
    return path


def _check_names(entries: Sequence[_Entry], folder: str) -> None:
    """Refuse names that are one on another file system, and a top level of more than one folder."""
    seen: set[str] = set()
    files = {_folded(entry.path) for entry in entries if not entry.path.endswith("/")}
    for entry in entries:
        name = _folded(entry.path.removesuffix("/"))
        if name in seen:
            raise BadArchive(f"{entry.path!r} is in it twice, perhaps in another spelling")
        seen.add(name)
        parts = name.split("/")
        if any("/".join(parts[:depth]) in files for depth in range(1, len(parts))):
            raise BadArchive(f"{entry.path!r} lies below a file")
        if not entry.path.startswith(f"{folder}/"):
            raise BadArchive(f"{entry.path!r} is outside its one folder {folder}/")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _extents(data: bytes, entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, int]]:
    """Yield (entry, where its bytes start), in order; entries that overlap make bombs."""
    free = 0
    for entry in sorted(entries, key=lambda e: e.at):
        reach = entry.at + _LOCAL.size + entry.packed
        if entry.at < free or reach > len(data) or data[entry.at : entry.at + 4] != b"PK\3\4":
            raise BadArchive(f"{entry.path!r} overlaps another entry, or is not where it should be")
        if free == 0 and entry.at != 0:
            raise BadArchive("something stands before its first entry")
        head = _LOCAL.unpack_from(data, entry.at)
        start = entry.at + _LOCAL.size + head[9] + head[10]
        if data[entry.at + _LOCAL.size : entry.at + _LOCAL.size + head[9]] != entry.raw:
            raise BadArchive(f"{entry.path!r} has two names")
        free = start + entry.packed
        yield entry, start


def _content(packed: bytes, entry: _Entry, budget: int) -> bytes:
    """Unpack one entry, by a budget and not by what it declares."""
    limit = min(budget, max(RATIO_FREE_BYTES, MAX_RATIO * len(packed)))
    if entry.method == _STORED:
        content, whole = packed, True
    else:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = stream.decompress(packed, limit + 1)
        except zlib.error:
            raise BadArchive(f"{entry.path!r} is damaged") from None
        whole = stream.eof and not stream.unused_data
    if len(content) > limit:
        raise BadArchive(f"{entry.path!r} unpacks to more than {limit} bytes")
    if not whole or (len(content), zlib.crc32(content)) != (entry.size, entry.crc):
        raise BadArchive(f"{entry.path!r} is damaged")
    return content
