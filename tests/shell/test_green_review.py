"""An honest, settled bump goes through a review without a reviewer; anything beside it does not."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from git_fleet import CLEAN
from package_fleet import SIGNED, Fleet, fleet_in

from reconciler.cli import main
from reconciler.daemon.clock import now

SOON = (now() + timedelta(days=30)).date().isoformat()


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """A fleet whose branch `proposal` bumps a plugin that the directory has had for 30 days."""
    monkeypatch.delenv("WPAAS_CONTEXT", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with fleet_in(tmp_path) as made:
        git(made, "init", "-q", "-b", "main")
        (made.folder / ".git" / "info" / "exclude").write_text(".wpaas\n")
        made.publish("3.9")
        made.run("plugin", "add", "event-list", *SIGNED)
        made.publish("3.10")
        listed_since(made, 30)
        commit(made, "main")
        git(made, "checkout", "-q", "-b", "proposal")
        made.run("plugin", "bump", "event-list", *SIGNED)
        commit(made, "proposal")
        yield made


def git(fleet: Fleet, *words: str) -> None:
    subprocess.run(["git", *words], cwd=fleet.folder, env=CLEAN, check=True, capture_output=True)


def commit(fleet: Fleet, what: str) -> None:
    git(fleet, "add", "-A")
    git(fleet, "commit", "-q", "-m", what)


def listed_since(fleet: Fleet, days: int) -> None:
    since = (now() - timedelta(days=days)).date().isoformat()
    fleet.wporg.known[("plugin", "event-list")]["last_updated"] = since
    fleet.wporg.feed = {"other": {"title": "x", "software": []}}
    fleet.run("advisories", "refresh", "--feed", f"{fleet.wporg.address}/feed")


def review(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    cache = fleet.folder / ".wpaas" / "demo" / "vetting"  # archives are beside it
    words = ("--base", "main", "--head", "proposal", "--author", "kim")
    assert main(["review", *words, f"--repo={fleet.folder}", f"--cache={cache}"]) == 0
    return capsys.readouterr().out


def test_a_settled_bump_needs_nobody(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    said = review(fleet, capsys)
    assert "lane green, no reviewer needed: same maker, nothing new; public for 30 days" in said
    assert "approv" not in said.split("NEXT")[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    network: []\n", "    network: [t.example]\n"),
        ("    state: approved\n", f'    state: approved\n    until: "{SOON}"\n'),
    ],
)
def test_a_grant_beside_it_is_read_by_somebody(
    fleet: Fleet, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in fleet.text
    (fleet.folder / "plugins-allowlist.yaml").write_text(fleet.text.replace(old, new))
    commit(fleet, "and more")
    assert "read the vetting report, then approve" in review(fleet, capsys)


def test_what_the_proposal_says_of_its_age_does_not_count(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    git(fleet, "checkout", "-q", "main")
    listed_since(fleet, 3)
    commit(fleet, "Released three days ago")
    git(fleet, "checkout", "-q", "-B", "proposal", "main")
    fleet.run("plugin", "bump", "event-list", *SIGNED)
    listed_since(fleet, 300)
    commit(fleet, "proposal")
    said = review(fleet, capsys)
    assert "lane yellow, 1 reviewer: public for 3 days, says the directory" in said
