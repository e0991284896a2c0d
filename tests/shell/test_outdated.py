"""`wpaas advisories`, `bump --security` and `outdated`, on a fleet's folder and a double of the public
directory and of a feed: the real ones are not asked by tests."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from package_fleet import SIGNED, Fleet, fleet_in, in_repository

from reconciler.cli import main
from reconciler.daemon.clock import now


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WPAAS_CONTEXT", raising=False)
    with fleet_in(tmp_path) as made:
        yield made


def feed(last: str, fixed: str, cvss: float = 8.1) -> dict[str, object]:
    return {
        "id-1": {
            "title": "SQL injection", "cvss": {"score": cvss}, "cve": "CVE-2026-1",
            "software": [{"type": "plugin", "slug": "event-list", "patched_versions": [fixed],
                "affected_versions": {"x": {"from_version": "*", "to_version": last}}}],
        },
        **{f"other-{n}": {"title": "x", "software": []} for n in range(99)},
    }  # fmt: skip


def refresh(fleet: Fleet) -> int:
    return fleet.run("advisories", "refresh", "--feed", f"{fleet.wporg.address}/feed")


def allowed_beside(fleet: Fleet, known: dict[str, object]) -> None:
    """Version 3.9 is allowed, and the fleet knows what this feed says."""
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    fleet.wporg.feed = known
    refresh(fleet)


def test_a_known_hole_is_refreshed_said_and_closed(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    fleet.site("event-list")
    assert main(["validate", str(fleet.folder)]) == 0
    fleet.wporg.feed = feed("3.9", "3.9.1")
    assert refresh(fleet) == 0
    capsys.readouterr()
    assert main(["validate", str(fleet.folder)]) == 1
    said = capsys.readouterr().out
    assert "plugin-vulnerable" in said
    assert "used by chess-club" in said
    assert "wpaas plugin bump event-list --security, for 3.9.1" in said
    fleet.publish("3.9.1")
    fleet.publish("4.0")
    assert fleet.run("plugin", "bump", "--all", "--security", *SIGNED) == 0
    assert fleet.package().version == "3.9.1"
    assert main(["validate", str(fleet.folder)]) == 0
    assert fleet.run("plugin", "bump", "event-list", "--security", *SIGNED) == 0
    assert "no known hole" in capsys.readouterr().out


def test_a_bump_says_which_holes_it_closes_and_goes_where_they_are_closed(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed_beside(fleet, feed("3.9.1", "3.9.2"))
    for version in ("3.9.1", "3.9.2", "4.0"):
        fleet.publish(version)
    bump = ("plugin", "bump", "event-list", "--security", *SIGNED)
    assert fleet.run(*bump, "--to", "3.9.1") == 2
    assert "3.9.1 does not mend every known hole of 3.9" in capsys.readouterr().err
    assert fleet.package().version == "3.9"
    assert fleet.run(*bump) == 0
    assert fleet.package().version == "3.9.2"
    said = capsys.readouterr().out
    assert "FIXES    id-1 SQL injection, CVSS 8.1, CVE-2026-1" in said
    assert "lane green, no reviewer needed: same maker, nothing new; it mends a known hole" in said


def test_a_bump_into_a_known_hole_takes_two(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed_beside(fleet, feed("4.0", "4.1"))
    fleet.publish("4.0")
    capsys.readouterr()
    fleet.run("plugin", "bump", "event-list", *SIGNED)
    said = capsys.readouterr().out
    assert "lane red, 2 reviewers: it has a known hole" in said
    assert "HOLES!   id-1 SQL injection" in said
    assert "FIXES" not in said


@pytest.mark.parametrize(("days", "lane"), [(30, "green, no reviewer"), (3, "yellow, 1 reviewer")])
def test_a_release_is_green_by_itself_once_the_directory_says_that_it_is_old(
    fleet: Fleet, days: int, lane: str, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed_beside(fleet, feed("3.8", "3.9"))
    fleet.publish("3.10")
    since = (now() - timedelta(days=days)).date().isoformat()
    fleet.wporg.known[("plugin", "event-list")]["last_updated"] = f"{since} 9:13am GMT"
    capsys.readouterr()
    assert fleet.run("plugin", "bump", "event-list", *SIGNED) == 0
    said = capsys.readouterr().out
    assert f"lane {lane}" in said
    assert "days, says the directory" in said


def test_an_archive_that_calls_itself_old_takes_a_reviewer(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed_beside(fleet, feed("3.8", "3.9"))
    fleet.publish("3.10")
    fleet.wporg.known[("plugin", "event-list")]["last_updated"] = ""
    capsys.readouterr()
    assert fleet.run("plugin", "bump", "event-list", *SIGNED) == 0
    said = capsys.readouterr().out
    assert "lane yellow, 1 reviewer: the directory did not say how long it has been public" in said
    assert "its archive says 1980-01-01, which is its author's word" in said


def test_a_hole_that_no_version_mends_is_said(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed_beside(fleet, feed("*", ""))
    assert fleet.run("plugin", "bump", "event-list", "--security", *SIGNED) == 2
    assert "no version mends its hole yet" in capsys.readouterr().err


def test_nothing_of_a_feed_reaches_a_terminal_unescaped(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    fleet.wporg.feed = feed("3.9", "4.0\x1b[2J")
    fleet.wporg.feed["id-1"] |= {"title": "\x1b[31mred\u202e", "cve": "CVE\n::error::x"}
    refresh(fleet)
    capsys.readouterr()
    fleet.run("advisories", "show")
    fleet.run("outdated")
    main(["validate", str(fleet.folder)])
    main(["validate", str(fleet.folder), "--format", "github"])
    said = capsys.readouterr().out
    assert "\\u001b[31mred\\u202e" in said
    assert not {"\x1b", "\u202e"} & set(said)
    assert "\n::error::x" not in said


def test_a_feed_that_shrank_is_refused(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    fleet.wporg.feed = feed("3.9", "3.10")
    assert refresh(fleet) == 0
    before = (fleet.folder / "advisories.json").read_bytes()
    fleet.wporg.feed = {key: fleet.wporg.feed[key] for key in list(fleet.wporg.feed)[:94]}
    assert refresh(fleet) == 3
    assert "94 records, 100 were there before" in capsys.readouterr().err
    assert (fleet.folder / "advisories.json").read_bytes() == before


def test_a_change_of_hands_is_noticed_between_two_refreshes(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    fleet.run("advisories", "refresh", "--feed", "none")
    fleet.wporg.add("plugin", "event-list", "3.10", "brightapps")
    fleet.run("advisories", "refresh", "--feed", "none")
    assert main(["validate", str(fleet.folder)]) == 0
    said = capsys.readouterr().out
    assert "changed hands: Nilsb, then Brightapps" in said
    fleet.wporg.closed.add(("plugin", "event-list"))
    fleet.run("advisories", "refresh", "--feed", "none")
    capsys.readouterr()
    assert fleet.run("outdated") == 0
    assert "closed 2026-04-07: Security Issue" in capsys.readouterr().out


def test_outdated_says_what_is_newer_and_what_nobody_knows(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    in_repository(fleet, "1.0")
    fleet.run("plugin", "add", "house-style", "--from", "image/customizations/house-style", *SIGNED)
    fleet.site("event-list")
    fleet.publish("3.10")
    (fleet.folder / "platform.yaml").write_text(
        'domain: localhost\nwordpress: {version: "6.8", url: "https://x.example/w.zip", sha256: "'
        + "a" * 64 + '"}\n'
    )  # fmt: skip
    capsys.readouterr()
    assert fleet.run("outdated") == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "STANDING KIND NAME RUNS NEWEST USED BY NOTE",
        "outdated core wordpress 6.8 6.8.1 -",
        "outdated plugin event-list 3.9 3.10 1",
        "unknown debian base packages - ? - no version is locked; wpaas image refresh",
        "unknown php php 8.4 ? - no version is locked; wpaas image refresh",
        "own plugin house-style 1.0 ? - kept in this repository",
        "",
        "advisories: none at hand, so that holes are unknown; wpaas advisories refresh",
    ]
    assert fleet.run("outdated", "--offline", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    standings = {row["name"]: row["standing"] for row in rows}
    assert standings["event-list"] == standings["wordpress"] == "unknown"
