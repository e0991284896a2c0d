"""Hostile zips are refused, each with its reason; a good one unpacks to its files."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.archive import BadArchive, newest_day, unpack
from reconciler.core.layers import File

PHP = b"<?php // a plugin\n"


def zipped(
    *entries: tuple[str, bytes], mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.filename = name  # ZipInfo itself would tidy it
            info.create_system, info.compress_type = 3, method
            info.external_attr = (0o040755 if name.endswith("/") else mode) << 16
            archive.writestr(info, content)
    return out.getvalue()


GOOD = zipped(("notice/", b""), ("notice/notice.php", PHP), ("notice/inc/a.txt", b"a"))


def test_a_good_archive_unpacks_to_its_files() -> None:
    assert unpack(GOOD, "notice") == {"inc/a.txt": File(b"a"), "notice.php": File(PHP)}


def test_the_mode_class_is_kept() -> None:
    assert unpack(zipped(("notice/run", PHP), mode=0o100755), "notice")["run"].executable


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(max_size=200), min_size=1
    )
)
def test_what_was_packed_comes_out(files: dict[str, bytes]) -> None:
    packed = zipped(*((f"notice/{name}", content) for name, content in files.items()))
    assert {name: file.data for name, file in unpack(packed, "notice").items()} == files


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_one_wrong_byte_never_gives_other_content(at: int, byte: int) -> None:
    try:
        files = unpack(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :], "notice")
    except BadArchive:
        return
    assert {path: file.data for path, file in files.items()} == {
        "inc/a.txt": b"a",
        "notice.php": PHP,
    }


@given(st.integers(0, len(GOOD) - 1))
def test_a_cut_archive_is_refused(length: int) -> None:
    with pytest.raises(BadArchive):
        unpack(GOOD[:length], "notice")


@given(st.binary(max_size=300))
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(BadArchive):
        unpack(data, "notice")
    with pytest.raises(BadArchive):
        unpack(data + GOOD[-22:], "notice")


@pytest.mark.parametrize(
    "name",
    [
        "../x", "notice/../../x", "/etc/passwd", "notice\\x", "C:/x", "notice//x", "notice/./x",
        "notice/a\nb", "notice/" + "a" * 200, "notice/\u202egpj.php", "other/x", "x", "notice/..",
    ],
)  # fmt: skip
def test_a_name_that_escapes_or_misleads_is_refused(name: str) -> None:
    with pytest.raises(BadArchive):
        unpack(zipped(("notice/notice.php", PHP), (name, b"x")), "notice")


def test_a_name_with_nul_is_refused() -> None:
    packed = zipped(("notice/a.phpX.txt", PHP)).replace(b"a.phpX.txt", b"a.php\0.txt")
    with pytest.raises(BadArchive, match="no plain name"):
        unpack(packed, "notice")


@pytest.mark.parametrize("other", ["notice/A.php", "notice/a.php/b"])
def test_names_that_collide_are_refused(other: str) -> None:
    with pytest.raises(BadArchive, match=r"twice|below a file"):
        unpack(zipped(("notice/a.php", PHP), (other, b"evil")), "notice")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_equal_names_are_refused() -> None:
    with pytest.raises(BadArchive, match="twice"):
        unpack(zipped(("notice/a.php", PHP), ("notice/a.php", b"evil")), "notice")


def test_names_that_are_equal_once_composed_are_refused() -> None:
    with pytest.raises(BadArchive, match="twice"):
        unpack(zipped(("notice/é.txt", b""), ("notice/e\u0301.txt", b"")), "notice")


@pytest.mark.parametrize("mode", [0o120777, 0o020644, 0o010644, 0o104755, 0o040755])
def test_links_devices_and_setuid_are_refused(mode: int) -> None:
    with pytest.raises(BadArchive):
        unpack(zipped(("notice/x", b"/etc/passwd"), mode=mode), "notice")


def test_a_bomb_is_refused_by_what_comes_out() -> None:
    with pytest.raises(BadArchive, match="unpacks to more than"):
        unpack(zipped(("notice/x", bytes(20_000_000))), "notice")


def test_a_bomb_that_declares_little_is_refused() -> None:
    bomb = zipped(("notice/x", bytes(20_000_000)))
    lying = bomb.replace(struct.pack("<L", 20_000_000), struct.pack("<L", 10))
    with pytest.raises(BadArchive, match="unpacks to more than"):
        unpack(lying, "notice")


def test_overlapping_entries_are_refused() -> None:
    one = bytearray(zipped(("notice/a", b"a" * 10), ("notice/b", b"b" * 10)))
    at = one.rfind(b"PK\1\2")
    one[at + 42 : at + 46] = struct.pack("<L", 0)  # the second entry points at the first
    with pytest.raises(BadArchive, match="overlaps"):
        unpack(bytes(one), "notice")


def test_two_names_for_one_entry_are_refused() -> None:
    with pytest.raises(BadArchive, match="two names"):
        unpack(zipped(("notice/good.php", PHP)).replace(b"good.php", b"evil.php", 1), "notice")


@pytest.mark.parametrize("around", [(b"#!/bin/sh\n", b""), (b"", b"tail")])
def test_data_around_the_archive_is_refused(around: tuple[bytes, bytes]) -> None:
    with pytest.raises(BadArchive):
        unpack(around[0] + GOOD + around[1], "notice")


def test_odd_packing_and_encryption_are_refused() -> None:
    with pytest.raises(BadArchive, match="unusual way"):
        unpack(zipped(("notice/a", PHP * 50), method=zipfile.ZIP_BZIP2), "notice")
    locked = bytearray(GOOD)
    locked[GOOD.find(b"PK\1\2") + 8] |= 1
    with pytest.raises(BadArchive, match="encrypted"):
        unpack(bytes(locked), "notice")


def test_an_empty_archive_is_refused() -> None:
    with pytest.raises(BadArchive, match="no files"):
        unpack(zipped(("notice/", b"")), "notice")


def test_the_newest_day_is_what_the_archive_says_of_its_files() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, day in (("a/b", (2026, 8, 30)), ("a/c", (2025, 12, 31)), ("a/d", (2026, 15, 0))):
            info = zipfile.ZipInfo(name, (*day, 0, 0, 0))
            packed.writestr(info, b"x")
    assert newest_day(out.getvalue()) == "2026-08-30"


def test_what_is_no_archive_has_no_day() -> None:
    with pytest.raises(BadArchive):
        newest_day(b"PK")
