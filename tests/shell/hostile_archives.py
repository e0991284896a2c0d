"""Archives that no packer would make, made by hand."""

import io
import struct
import zipfile
from typing import Literal

PHP = b"<?php // a plugin\n"
END = 22
CENTRAL = b"PK\1\2"


def zipped(*entries: tuple[str, bytes] | tuple[str, bytes, int], method: int = 8) -> bytes:
    """An archive of (name, content, mode) with the names as they are, tidied by nobody."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content, *mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.create_system, info.compress_type = 3, method
            info.external_attr = (mode[0] if mode else 0o100644) << 16
            archive.writestr(info, content)
    return out.getvalue()


GOOD = zipped(("notice/notice.php", PHP), ("notice/inc/a.txt", b"a" * 100))


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """Every `old` replaced, of which there is one at least."""
    assert old in data, old
    return data.replace(old, new)


def cut(data: bytes) -> bytes:
    """Without its last third."""
    return data[: len(data) * 2 // 3]


def many_entries() -> bytes:
    """65,536 entries: one more than the end record can count."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(65_536):
            archive.writestr(zipfile.ZipInfo(f"notice/{number}"), b"")
    return out.getvalue()


def overlapping() -> bytes:
    """Two entries that share one compressed block."""
    data = bytearray(zipped(("notice/a", bytes(9_000)), ("notice/b", bytes(9_000))))
    second = data.rfind(CENTRAL)
    data[second + 42 : second + 46] = struct.pack("<L", 0)
    return bytes(data)


def encrypted(flag: int) -> bytes:
    """The first entry of GOOD with this bit in the directory."""
    data = bytearray(GOOD)
    at = data.find(CENTRAL) + 8
    data[at : at + 2] = struct.pack("<H", flag)
    return bytes(data)


def two_ends(where: Literal["before", "comment", "between"]) -> bytes:
    """GOOD with something that its own directory does not name, and offsets that fit."""
    directory = GOOD.find(CENTRAL)
    files, names, end = GOOD[:directory], GOOD[directory:-END], GOOD[-END:]
    if where == "before":  # as sfx tools do: every offset is moved
        moved = bytearray(names)
        at = 0
        while (at := moved.find(CENTRAL, at)) >= 0:
            old = struct.unpack_from("<L", moved, at + 42)[0]
            struct.pack_into("<L", moved, at + 42, old + len(PHP))
            at += 4
        return PHP + files + bytes(moved) + _end(end, directory + len(PHP))
    evil = zipped(("notice/notice.php", b"<?php // evil"))
    if where == "between":  # readers that go by local headers find the evil one
        hidden = evil[: evil.find(CENTRAL)]
        return files + hidden + names + _end(end, directory + len(hidden))
    # A directory and an end record of GOOD, whose comment is another directory with its end.
    first = files + names + end[:-2]
    rest = names + _end(end, len(first) + 2)
    return first + struct.pack("<H", len(rest)) + rest


def _end(end: bytes, directory: int) -> bytes:
    return end[:16] + struct.pack("<L", directory) + end[20:]
