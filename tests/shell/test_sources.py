"""Archives from a directory of plugins: a real HTTP server that behaves, or does not."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.core.layers import File, tree_digest
from reconciler.core.manifest import Package, SourceArchive
from reconciler.errors import StageFailed
from reconciler.shell.sources import DIRECTORY, Archives, address

FILES = {"notice.php": File(b"<?php // notice\n")}


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(zipfile.ZipInfo("notice/notice.php"), FILES["notice.php"].data)
    return out.getvalue()


GOOD = archive()
PACKAGE = Package(
    slug="notice",
    kind="plugin",
    version="1.2",
    source=SourceArchive("wordpress.org"),
    tree_sha256=tree_digest(FILES),
    archive_sha256=hashlib.sha256(GOOD).hexdigest(),
    license="GPL-2.0-or-later",
    state="approved",
)


class Directory:
    """Answers with `script` one status after another (the last for ever), and `body` for 200."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.script = [200]
        self.body = GOOD
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                status = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                if status == 200:
                    self.wfile.write(outer.body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def directory() -> Iterator[Directory]:
    it = Directory()
    thread = threading.Thread(target=it.server.serve_forever, args=(0.05,))
    thread.start()
    yield it
    it.server.shutdown()
    it.server.server_close()
    thread.join(10)


@pytest.fixture
def archives(directory: Directory, tmp_path: Path) -> Archives:
    return Archives(tmp_path / "archives", directory.address)


def test_the_address_is_derived_from_slug_and_version() -> None:
    assert address(DIRECTORY, PACKAGE).endswith("wordpress.org/plugin/notice.1.2.zip")
    assert (
        address("x", replace(PACKAGE, version="1/../2", kind="theme"))
        == "x/theme/notice.1%2F..%2F2.zip"
    )


def test_an_archive_is_fetched_once(archives: Archives, directory: Directory) -> None:
    assert archives.files(PACKAGE) == FILES
    assert archives.files(PACKAGE) == FILES
    assert directory.asked == ["/plugin/notice.1.2.zip"]


def test_a_kept_archive_that_rotted_is_fetched_again(
    archives: Archives, directory: Directory, tmp_path: Path
) -> None:
    archives.files(PACKAGE)
    (kept,) = (tmp_path / "archives").iterdir()
    kept.write_bytes(b"rotten")
    assert archives.files(PACKAGE) == FILES
    assert len(directory.asked) == 2


def test_another_archive_than_reviewed_is_refused_and_not_kept(
    archives: Archives, directory: Directory, tmp_path: Path
) -> None:
    directory.body = GOOD + b"x"
    with pytest.raises(StageFailed, match="reviewed was"):
        archives.files(PACKAGE)
    assert not (tmp_path / "archives").exists()
    assert len(directory.asked) == 1


def test_other_files_than_reviewed_are_refused(archives: Archives) -> None:
    with pytest.raises(StageFailed, match="not those that were reviewed"):
        archives.files(replace(PACKAGE, tree_sha256="0" * 64))


def test_an_archive_without_a_digest_is_never_fetched(
    archives: Archives, directory: Directory
) -> None:
    with pytest.raises(StageFailed, match="no sha256"):
        archives.files(replace(PACKAGE, archive_sha256=None))
    assert directory.asked == []


def test_a_server_that_is_busy_is_asked_again(archives: Archives, directory: Directory) -> None:
    directory.script = [503, 200]
    assert archives.files(PACKAGE) == FILES


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (302, 1), (503, 3)])
def test_a_refusal_names_itself(
    archives: Archives, directory: Directory, status: int, asked: int
) -> None:
    directory.script = [status]
    with pytest.raises(StageFailed, match=f"HTTP {status}"):
        archives.files(PACKAGE)
    assert len(directory.asked) == asked


def test_an_endless_archive_is_given_up(directory: Directory, tmp_path: Path) -> None:
    archives = Archives(tmp_path / "archives", directory.address, max_bytes=100_000)
    directory.body = bytes(1_000_000)
    with pytest.raises(StageFailed, match="is over 100000 bytes"):
        archives.files(PACKAGE)
