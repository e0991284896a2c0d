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
from datetime import date
from typing import Literal

from reconciler.core.layers import File

ArchiveCode = Literal[
    "archive-bomb",
    "archive-contradiction",
    "archive-duplicate-name",
    "archive-encrypted",
    "archive-link",
    "archive-path-escape",
    "archive-polyglot",
    "archive-top-folder",
    "archive-unreadable",
]
"""Why an archive is not opened; each has its section in docs/archives.md."""

MAX_ENTRIES = 10_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
RATIO_FREE_BYTES = 1024 * 1024
MAX_NAME_BYTES = 200

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END_MARK = b"PK\5\6"
_DESCRIPTOR = 24
"""The longest data descriptor, which may follow an entry whose sizes were not known before."""
_ENCRYPTED, _SIZES_FOLLOW, _UTF8, _MASKED = 0x1, 0x8, 0x800, 0x2000
_STORED, _DEFLATED = 0, 8
_UNIX = 3


class BadArchive(ValueError):
    """The archive is not one that may be opened: `code` for programs, the text for people."""

    def __init__(self, code: ArchiveCode, text: str) -> None:
        super().__init__(text)
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.args[0]}"


@dataclass(frozen=True, slots=True)
class _Entry:
    raw: bytes
    path: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    mode: int
    at: int
    day: str


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
        raise BadArchive("archive-unreadable", "there are no files in it")
    return dict(sorted(files.items()))


def newest_day(data: bytes) -> str:
    """The newest day (YYYY-MM-DD) that an archive gives to a file; "" for none. Who packed it wrote it.

    Raises BadArchive, as `unpack` does.
    """
    return max((entry.day for entry in _entries(data)), default="")


def _day(dos: int) -> str:
    """A date of DOS: seven bits of years since 1980, four of the month, five of the day."""
    try:
        return date(1980 + (dos >> 9), dos >> 5 & 15, dos & 31).isoformat()
    except ValueError:
        return ""


def _entries(data: bytes) -> Iterator[_Entry]:
    """Yield the central directory, which must be whole and end where the archive ends."""
    end = data.rfind(_END_MARK)
    if end < 0 or len(data) < end + _END.size:
        raise BadArchive("archive-unreadable", "it is cut short, or no zip at all")
    _, disk, first, here, count, size, at, comment = _END.unpack_from(data, end)
    if count > MAX_ENTRIES:
        raise BadArchive("archive-bomb", f"it has {count} entries, {MAX_ENTRIES} are allowed")
    whole = end + _END.size + comment == len(data) and at + size == end
    if not whole and (end + _END.size != len(data) or data.count(_END_MARK) > 1):
        raise BadArchive("archive-polyglot", "it ends twice, or something follows its end")
    if at + size < end and data[end - size : end - size + 4] == b"PK\1\2":
        raise BadArchive("archive-polyglot", "something stands before it")
    if (disk, first) != (0, 0) or here != count or not whole:
        raise BadArchive("archive-unreadable", "it is split, or its directory is elsewhere")
    for _ in range(count):
        if at + _CENTRAL.size > end or data[at : at + 4] != b"PK\1\2":
            raise BadArchive("archive-unreadable", "its directory is damaged")
        head = _CENTRAL.unpack_from(data, at)
        name, extra, note = head[10:13]
        raw = data[at + _CENTRAL.size : at + _CENTRAL.size + name]
        entry = _Entry(
            raw=raw,
            path=_name(raw, head[3]),
            method=head[4],
            flags=head[3],
            crc=head[7],
            packed=head[8],
            size=head[9],
            mode=head[15] >> 16 if head[1] >> 8 == _UNIX else 0,
            at=head[16],
            day=_day(head[6]),
        )
        yield _checked(entry)
        at += _CENTRAL.size + name + extra + note
    if at != end:
        raise BadArchive("archive-unreadable", "its directory is damaged")


def _checked(entry: _Entry) -> _Entry:
    kind = stat.S_IFMT(entry.mode)
    if entry.flags & (_ENCRYPTED | _MASKED):
        raise BadArchive("archive-encrypted", f"{entry.path!r} is encrypted")
    if entry.method not in {_STORED, _DEFLATED}:
        raise BadArchive("archive-unreadable", f"{entry.path!r} is packed in an unusual way")
    # Folders that inherit their group are packed with that bit; folders are not kept.
    special = kind != stat.S_IFDIR and entry.mode & (stat.S_ISUID | stat.S_ISGID)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR} or special:
        what = "is a link, a device, or runs as another user"
        raise BadArchive("archive-link", f"{entry.path!r} {what}")
    if (kind == stat.S_IFDIR) != entry.path.endswith("/") and kind != 0:
        what = "is a file by one word and a folder by the other"
        raise BadArchive("archive-contradiction", f"{entry.path!r} {what}")
    if entry.size > MAX_UNPACKED_BYTES:
        raise BadArchive("archive-bomb", f"{entry.path!r} unpacks to {entry.size} bytes")
    return entry


def _name(raw: bytes, flags: int) -> str:
    """Judge the raw name: what readers make of it differs."""
    try:
        path = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        what = f"the name {raw[:60]!r} is not UTF-8, or does not say so"
        raise BadArchive("archive-path-escape", what) from None
    parts = path.removesuffix("/").split("/")
    odd = "\\" in path or ":" in path or not path.isprintable() or len(raw) > MAX_NAME_BYTES
    if odd or any(part in {"", ".", ".."} for part in parts):
        what = f"the name {path[:60]!r} leaves its folder or is no plain name"
        raise BadArchive("archive-path-escape", what)
    return path


def _check_names(entries: Sequence[_Entry], folder: str) -> None:
    """Refuse names that are one on another file system, and a top level of more than one folder."""
    seen: set[str] = set()
    files = {_folded(entry.path) for entry in entries if not entry.path.endswith("/")}
    for entry in entries:
        name = _folded(entry.path.removesuffix("/"))
        if name in seen:
            what = f"{entry.path!r} is in it twice, perhaps in another spelling"
            raise BadArchive("archive-duplicate-name", what)
        seen.add(name)
        parts = name.split("/")
        if any("/".join(parts[:depth]) in files for depth in range(1, len(parts))):
            raise BadArchive("archive-duplicate-name", f"{entry.path!r} lies below a file")
        if not entry.path.startswith(f"{folder}/"):
            what = f"{entry.path!r} is outside its one folder {folder}/"
            raise BadArchive("archive-top-folder", what)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _extents(data: bytes, entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, int]]:
    """Yield (entry, where its bytes start), in order. Entries that overlap make bombs, and what
    stands between them is read by tools that go by local headers alone."""
    free, slack = 0, 0
    for entry in sorted(entries, key=lambda e: e.at):
        if entry.at < free:
            raise BadArchive("archive-bomb", f"{entry.path!r} overlaps another entry")
        if entry.at > free + slack:
            raise BadArchive("archive-polyglot", f"something stands before {entry.path!r}")
        if data[entry.at : entry.at + 4] != b"PK\3\4" or entry.at + _LOCAL.size > len(data):
            raise BadArchive("archive-unreadable", f"{entry.path!r} is not where it should be")
        start = _start(data, entry)
        free, slack = start + entry.packed, _DESCRIPTOR if entry.flags & _SIZES_FOLLOW else 0
        if free > len(data):
            raise BadArchive("archive-unreadable", f"{entry.path!r} is cut short")
        yield entry, start
    if _directory_at(data) > free + slack:
        raise BadArchive("archive-polyglot", "something stands before its directory")


def _start(data: bytes, entry: _Entry) -> int:
    """Where an entry's bytes start; its local header must say what the directory says."""
    _, _, flags, method, _, _, *sizes, name, extra = _LOCAL.unpack_from(data, entry.at)
    start: int = entry.at + _LOCAL.size + name + extra
    same = flags & _ENCRYPTED == 0 and method == entry.method
    if data[entry.at + _LOCAL.size : entry.at + _LOCAL.size + name] != entry.raw:
        raise BadArchive("archive-contradiction", f"{entry.path!r} has two names")
    if not same or (not flags & _SIZES_FOLLOW and sizes != [entry.crc, entry.packed, entry.size]):
        what = f"{entry.path!r} is one file in the directory and another where it stands"
        raise BadArchive("archive-contradiction", what)
    return start


def _directory_at(data: bytes) -> int:
    return int(_END.unpack_from(data, data.rfind(_END_MARK))[6])


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
            raise BadArchive("archive-unreadable", f"{entry.path!r} is damaged") from None
        whole = stream.eof and not stream.unused_data
    if len(content) > limit:
        raise BadArchive("archive-bomb", f"{entry.path!r} unpacks to more than {limit} bytes")
    if not whole or (len(content), zlib.crc32(content)) != (entry.size, entry.crc):
        raise BadArchive("archive-unreadable", f"{entry.path!r} is damaged")
    return content
