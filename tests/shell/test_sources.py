"""Archives from their places: a real HTTP server that behaves, or does not."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from archive_server import Misdeed, Server, serving

from reconciler.core.layers import File, tree_digest
from reconciler.core.manifest import Package, SourceArchive, SourcePath, SourceRelease
from reconciler.core.places import PLACES, Place, path_of, place_of
from reconciler.errors import StageFailed
from reconciler.shell.archive_store import Folder
from reconciler.shell.download import Limits
from reconciler.shell.sources import Archives

FILES = {"notice.php": File(b"<?php // notice\n" + b"#" * 2_000)}


def archive(files: dict[str, File] = FILES) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, file in files.items():
            packed.writestr(zipfile.ZipInfo(f"notice/{name}"), file.data)
    return out.getvalue()


GOOD = archive()
RELEASE = SourceRelease(forge="github.com", owner="a", repo="b", asset="c.zip")
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


@pytest.fixture
def directory() -> Iterator[Server]:
    with serving(GOOD) as it:
        yield it


def reaching(folder: Path, server: Server, **limits: float) -> Archives:
    place = Place(server.address)
    bounds = Limits(**limits)  # type: ignore[arg-type]
    return Archives(folder, places={"wordpress.org": place, "github.com": place}, limits=bounds)


@pytest.fixture
def archives(directory: Server, tmp_path: Path) -> Archives:
    return reaching(tmp_path / "archives", directory)


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("version", "source", "path"),
    [
        ("1.2", SourceArchive("wordpress.org"), "/plugin/notice.1.2.zip"),
        ("1/../2", SourceArchive("wordpress.org"), "/plugin/notice.1%2F..%2F2.zip"),
        ("1.2", RELEASE, "/a/b/releases/download/1.2/c.zip"),
        ("1.2", replace(RELEASE, tag="v1.2", asset="../x?.zip"),
         "/a/b/releases/download/v1.2/..%2Fx%3F.zip"),
        ("1.2", SourcePath("image/plugins/notice"), ""),
    ],
)  # fmt: skip
def test_the_path_is_derived(version: str, source: SourceArchive, path: str) -> None:
    assert path_of("plugin", "notice", version, source) == path


def test_every_place_is_reached_over_tls() -> None:
    for word, place in PLACES.items():
        assert all(o.startswith("https://") for o in (place.origin, *place.redirects)), word
    assert {place_of(RELEASE), place_of(PACKAGE.source), "codeberg.org"} == set(PLACES)


def test_an_archive_is_fetched_once(archives: Archives, directory: Server, tmp_path: Path) -> None:
    assert archives.files(PACKAGE) == FILES
    assert archives.files(PACKAGE) == FILES
    assert directory.asked == ["/plugin/notice.1.2.zip"]
    assert kept(tmp_path) == [f"{PACKAGE.archive_sha256}.zip"]


def test_a_kept_archive_is_enough(archives: Archives, directory: Server, tmp_path: Path) -> None:
    archives.files(PACKAGE)
    directory.statuses = [404]
    assert reaching(tmp_path / "archives", directory).files(PACKAGE) == FILES


def test_a_kept_archive_that_rotted_is_fetched_again(
    archives: Archives, directory: Server, tmp_path: Path
) -> None:
    archives.files(PACKAGE)
    (tmp_path / "archives" / kept(tmp_path)[0]).write_bytes(b"rotten")
    assert archives.files(PACKAGE) == FILES
    assert len(directory.asked) == 2


def test_another_archive_than_reviewed_is_refused_and_not_kept(
    archives: Archives, directory: Server, tmp_path: Path
) -> None:
    directory.body = GOOD + b"x"
    with pytest.raises(StageFailed, match="reviewed was"):
        archives.files(PACKAGE)
    assert kept(tmp_path) == []
    assert len(directory.asked) == 1


def test_other_files_than_reviewed_are_refused_and_not_kept(
    archives: Archives, tmp_path: Path
) -> None:
    with pytest.raises(StageFailed, match="not those that were reviewed"):
        archives.files(replace(PACKAGE, tree_sha256="0" * 64))
    assert kept(tmp_path) == []


def test_an_archive_without_a_digest_is_never_fetched(
    archives: Archives, directory: Server
) -> None:
    with pytest.raises(StageFailed, match="no sha256"):
        archives.files(replace(PACKAGE, archive_sha256=None))
    assert directory.asked == []


def test_what_is_not_reviewed_is_fetched_and_not_kept(archives: Archives, tmp_path: Path) -> None:
    assert archives.latest("plugin", "notice", "1.2", RELEASE) == GOOD
    assert kept(tmp_path) == []


def test_a_server_that_is_busy_is_asked_again(archives: Archives, directory: Server) -> None:
    directory.statuses = [503, 200]
    assert archives.files(PACKAGE) == FILES


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (410, 1), (302, 1), (503, 4)])
def test_a_refusal_names_itself(
    archives: Archives, directory: Server, status: int, asked: int
) -> None:
    directory.statuses = [status]
    with pytest.raises(StageFailed, match=f"HTTP {status}"):
        archives.files(PACKAGE)
    assert len(directory.asked) == asked


def test_what_breaks_off_goes_on_where_it_was(archives: Archives, directory: Server) -> None:
    directory.misdeeds = ["breaks off"]
    assert archives.files(PACKAGE) == FILES
    assert directory.ranges == ["", f"bytes={len(GOOD) // 2}-"]


def test_what_breaks_off_and_changes_begins_anew(archives: Archives, directory: Server) -> None:
    directory.misdeeds = ["breaks off"]
    directory.body, directory.etag = b"old" * 999, '"zero"'
    with pytest.raises(StageFailed, match="reviewed was"):
        archives.files(PACKAGE)
    directory.misdeeds, directory.etag = ["breaks off", "breaks off"], 'W/"weak"'
    directory.body = GOOD
    directory.ranges.clear()
    assert archives.files(PACKAGE) == FILES
    assert directory.ranges == ["", "", ""]


def test_a_part_that_is_not_the_one_asked_for_is_not_joined(
    archives: Archives, directory: Server
) -> None:
    directory.misdeeds = ["breaks off", "lies"]
    assert archives.files(PACKAGE) == FILES
    assert directory.ranges == ["", f"bytes={len(GOOD) // 2}-", ""]


@pytest.mark.parametrize(
    ("misdeeds", "said"),
    [
        (["says too much"] * 4, "ProtocolError"),
        (["says too little"], "reviewed was"),
        (["packs"], "packed on the way"),
    ],
)
def test_a_server_that_lies_is_refused(
    archives: Archives, directory: Server, misdeeds: list[Misdeed], said: str, tmp_path: Path
) -> None:
    directory.misdeeds, directory.etag = misdeeds, ""
    with pytest.raises(StageFailed, match=said):
        archives.files(PACKAGE)
    assert kept(tmp_path) == []


def test_a_server_that_drips_is_given_up(directory: Server, tmp_path: Path) -> None:
    directory.misdeeds = ["drips"]
    with pytest.raises(StageFailed, match=r"took over 0\.3 s"):
        reaching(tmp_path, directory, total_s=0.3).files(PACKAGE)


def test_an_archive_that_is_too_big_is_given_up(directory: Server, tmp_path: Path) -> None:
    directory.body = bytes(1_000_000)
    with pytest.raises(StageFailed, match="is over 100000 bytes"):
        reaching(tmp_path, directory, max_bytes=100_000).files(PACKAGE)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/x", "https://evil.example/x", "//evil.example/x", "/same", ""]
)
def test_nobody_is_led_elsewhere(archives: Archives, directory: Server, location: str) -> None:
    directory.statuses, directory.location = [302], location
    with pytest.raises(StageFailed, match="not followed"):
        archives.files(PACKAGE)
    assert len(directory.asked) == 1


def test_a_forge_leads_to_its_own_place_for_files(directory: Server, tmp_path: Path) -> None:
    with serving(GOOD) as forge:
        forge.statuses, forge.location = [302], f"{directory.address}/signed?for=minutes"
        place = Place(forge.address, (directory.address,))
        archives = Archives(tmp_path, places={"github.com": place})
        assert archives.files(replace(PACKAGE, source=RELEASE)) == FILES
        assert forge.asked == ["/a/b/releases/download/1.2/c.zip"]
        directory.statuses, directory.location = [302], f"{directory.address}/round"
        with pytest.raises(StageFailed, match="more than 3 times"):
            archives.latest("plugin", "notice", "1.2", RELEASE)


def test_a_mirror_helps_where_the_place_does_not(directory: Server, tmp_path: Path) -> None:
    with serving(GOOD) as mirror:
        archives = Archives(
            tmp_path,
            places={"wordpress.org": Place(directory.address)},
            mirrors=(f"{mirror.address}/archives/",),
        )
        directory.statuses = [410]
        assert archives.files(PACKAGE) == FILES
        assert mirror.asked == [f"/archives/{PACKAGE.archive_sha256}.zip"]


def test_what_one_store_lacks_it_is_given(archives: Archives, tmp_path: Path) -> None:
    data, digest = GOOD, str(PACKAGE.archive_sha256)
    behind = Folder(tmp_path / "behind")
    behind.put(digest, data)
    offline = Archives(tmp_path / "new", behind, places={})
    assert offline.files(PACKAGE) == FILES
    assert Folder(tmp_path / "new").get(digest) == data
    assert Folder(tmp_path / "new").get("0" * 64) is None
