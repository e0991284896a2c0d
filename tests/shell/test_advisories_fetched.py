"""The feed and the directory's service, against a double that serves the documented shapes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from wordpress_directory import WordPressOrg, serving

from reconciler.core.snapshot import Snapshot
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.advisories import exploited_cves, read_feed, read_snapshot, write_snapshot
from reconciler.shell.directory import Directory

TODAY = "2026-09-01"


@pytest.fixture
def wporg() -> Iterator[WordPressOrg]:
    with serving() as it:
        yield it


@pytest.fixture
def directory(wporg: WordPressOrg) -> Directory:
    return Directory(wporg.address)


def test_a_package_is_found_with_its_author(wporg: WordPressOrg, directory: Directory) -> None:
    wporg.add("plugin", "event-list", "3.10", "brightapps")
    found = directory.listing("plugin", "event-list", TODAY)
    assert (found.state, found.version, found.login) == ("listed", "3.10", "brightapps")
    assert directory.listing("theme", "event-list", TODAY).state == "absent"


def test_closed_and_unknown_packages_are_answers_too(
    wporg: WordPressOrg, directory: Directory
) -> None:
    wporg.closed.add(("plugin", "event-list"))
    found = directory.listing("plugin", "event-list", TODAY)
    assert (found.state, found.closed_at, found.closed_because) == (
        "closed", "2026-04-07", "Security Issue",
    )  # fmt: skip
    assert directory.listing("plugin", "never", TODAY).state == "absent"


def test_a_busy_service_is_asked_again_and_then_given_up(
    wporg: WordPressOrg, directory: Directory
) -> None:
    wporg.add("plugin", "event-list", "3.10")
    wporg.busy = 2
    assert directory.listing("plugin", "event-list", TODAY).version == "3.10"
    wporg.busy = 9
    with pytest.raises(StageFailed, match="HTTP 503"):
        directory.listing("plugin", "event-list", TODAY)


def test_an_odd_answer_is_no_closed_plugin(wporg: WordPressOrg, directory: Directory) -> None:
    wporg.known[("plugin", "event-list")] = {"slug": "another", "version": "1"}
    with pytest.raises(StageFailed, match="nothing that could be read"):
        directory.listing("plugin", "event-list", TODAY)


def test_nobody_there_is_a_failure_in_words() -> None:
    with pytest.raises(StageFailed, match="ConnectionError"):
        Directory("http://127.0.0.1:9").newest_wordpress()


def test_the_newest_wordpress_is_the_newest_offer(
    wporg: WordPressOrg, directory: Directory
) -> None:
    wporg.core = ["6.9", "6.10-RC1", "6.8.3"]
    assert directory.newest_wordpress() == "6.10-RC1"
    wporg.core = []
    with pytest.raises(StageFailed, match="no version"):
        directory.newest_wordpress()


def test_a_feed_is_read_from_a_file_or_with_a_token_from_an_address(
    wporg: WordPressOrg, tmp_path: Path
) -> None:
    wporg.feed, wporg.token = {"id-1": {"title": "x"}}, "s3cr3t"
    token = tmp_path / "token"
    token.write_text("s3cr3t\n")
    token.chmod(0o600)
    feed, digest = read_feed(f"{wporg.address}/feed", token)
    (tmp_path / "feed.json").write_text('{"id-1": {"title": "x"}}')
    assert read_feed(str(tmp_path / "feed.json"), None) == (feed, digest)
    with pytest.raises(StageFailed, match="HTTP 401") as refused:
        read_feed(f"{wporg.address}/feed", None)
    assert "s3cr3t" not in str(refused.value)


def test_a_token_that_others_can_read_is_refused(wporg: WordPressOrg, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cr3t")
    token.chmod(0o644)
    with pytest.raises(UsageError, match="open to other users"):
        read_feed(f"{wporg.address}/feed", token)
    assert wporg.asked == []


@pytest.mark.parametrize("address", ["http://feed.example/v3", "http://10.0.0.1/v3"])
def test_a_feed_comes_over_tls(address: str) -> None:
    with pytest.raises(UsageError, match="over https"):
        read_feed(address, None)


@pytest.mark.parametrize("text", ["[]", "{}", "<html>", "[" * 100_000, "null"])
def test_what_is_no_feed_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "feed.json").write_text(text)
    with pytest.raises(StageFailed, match="what came is no"):
        read_feed(str(tmp_path / "feed.json"), None)


def test_exploited_holes_are_read_from_a_catalogue(tmp_path: Path) -> None:
    kev = tmp_path / "kev.json"
    kev.write_text('{"vulnerabilities": [{"cveID": "CVE-2026-1"}, {"other": 1}]}')
    assert exploited_cves(kev) == {"CVE-2026-1"}
    kev.write_text('{"vulnerabilities": []}')
    with pytest.raises(StageFailed, match="names no exploited hole"):
        exploited_cves(kev)


def test_a_snapshot_is_written_whole_and_read_again(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path) is None
    place = write_snapshot(tmp_path, Snapshot())
    assert read_snapshot(tmp_path) == Snapshot()
    assert [path.name for path in tmp_path.iterdir()] == [place.name]
    place.write_text("{")
    with pytest.raises(StageFailed, match="cannot be read"):
        read_snapshot(tmp_path)
