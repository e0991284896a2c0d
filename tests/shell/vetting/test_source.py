"""A package on disk: links are not followed, archives that lie are findings, history is not read."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.shell.vetting_source import read_package, read_reviews


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<?php\n")
    return out.getvalue()


def test_a_folder_is_read_with_its_modes(tmp_path: Path) -> None:
    top = tmp_path / "event-list"
    (top / "inc").mkdir(parents=True)
    (top / "event-list.php").write_text("<?php\n")
    (top / "inc" / "run").write_text("x")
    (top / "inc" / "run").chmod(0o755)
    read = read_package(top)
    assert (read.slug, list(read.files)) == ("event-list", ["event-list.php", "inc/run"])
    assert read.files["inc/run"].executable
    assert read.findings == ()


def test_links_and_pipes_are_findings_and_nothing_is_followed(tmp_path: Path) -> None:
    top = tmp_path / "p"
    top.mkdir()
    (top / "passwd").symlink_to("/etc/passwd")
    (top / "etc").symlink_to("/etc")
    os.mkfifo(top / "pipe")
    read = read_package(top)
    assert read.files == {}
    assert [(f.code, f.file) for f in read.findings] == [
        ("not-a-file", "etc"), ("not-a-file", "passwd"), ("not-a-file", "pipe"),
    ]  # fmt: skip


def test_history_is_seen_and_not_read(tmp_path: Path) -> None:
    history = tmp_path / "p" / ".git"
    history.mkdir(parents=True)
    for name in ("HEAD", "config", "index"):
        (history / name).write_text("x")
    assert list(read_package(tmp_path / "p").files) == [".git/HEAD"]


def test_a_zip_is_named_by_its_folder(tmp_path: Path) -> None:
    place = tmp_path / "download.zip"
    place.write_bytes(zipped("event-list/event-list.php", "event-list/a.txt"))
    read = read_package(place)
    assert (read.slug, list(read.files)) == ("event-list", ["a.txt", "event-list.php"])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "archive-unreadable"),
        (b"no zip", "archive-unreadable"),
        (zipped("a.php"), "archive-top-folder"),
        (zipped("x/a.php", "y/b.php"), "archive-top-folder"),
        (b"#!" + zipped("x/a"), "archive-polyglot"),
    ],
)
def test_an_archive_that_must_not_be_opened_is_a_finding(
    tmp_path: Path, data: bytes, code: str
) -> None:
    place = tmp_path / "x.zip"
    place.write_bytes(data)
    read = read_package(place)
    assert read.files == {}
    assert [finding.code for finding in read.findings] == [code]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_package(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither a folder nor a zip"):
        read_package(tmp_path / "pipe")


def test_reviews_are_read_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "reviews" / "a").mkdir(parents=True)
    (tmp_path / "reviews" / "a" / "1.json").write_text("{}")
    (tmp_path / "reviews" / "a" / "2.json").symlink_to("/etc/passwd")
    assert read_reviews(tmp_path, "reviews") == {"reviews/a/1.json": b"{}"}
    assert read_reviews(tmp_path, "none") == {}
