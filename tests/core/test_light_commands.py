"""Commands that judge no PHP leave its parser unloaded: it takes a tenth of a second."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dead_cluster import away

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "cases" / "base"
# Runs a command and then names the parser on the standard error stream, where it was loaded.
RUN = """
import sys
from reconciler.cli import main
main(sys.argv[1:])
print(*sorted(name for name in sys.modules if name.startswith("tree_sitter")), file=sys.stderr)
"""


def parsers_of(folder: Path, *words: str) -> tuple[str, str]:
    """(what the command printed, names of the parser's modules that it loaded)."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder),
             "WPAAS_CONTEXT": str(folder / "context.json")},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return done.stdout, done.stderr.splitlines()[-1]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet's repository whose last commit changes the title of a site."""
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "Start")
    site = tmp_path / "sites" / "chess-club.json"
    site.write_text(json.dumps({**json.loads(site.read_text()), "title": "Chess"}, indent=2))
    git(tmp_path, "commit", "-qam", "Say it shorter")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_validating_a_fleet_loads_no_parser(fleet: Path) -> None:
    printed, loaded = parsers_of(fleet, "validate")
    assert ("no problems" in printed, loaded) == (True, ""), printed


def test_the_review_of_a_site_loads_no_parser(fleet: Path) -> None:
    printed, loaded = parsers_of(fleet, "review", "--base", "HEAD~1", "--head", "HEAD")
    assert ("chess-club" in printed, loaded) == (True, ""), printed


def test_the_standing_of_a_cluster_loads_no_parser(tmp_path: Path) -> None:
    (tmp_path / "context.json").write_text(json.dumps(away(tmp_path)))
    (tmp_path / "master.key").touch(mode=0o600)
    (tmp_path / "master.key").write_text("k" * 64)
    printed, loaded = parsers_of(tmp_path, "status", "--format", "json")
    assert ("revisions" in printed, loaded) == (True, ""), printed


def test_vetting_a_package_loads_it(tmp_path: Path) -> None:
    folder = tmp_path / "event-list"
    folder.mkdir()
    (folder / "event-list.php").write_text("<?php\n/*\nPlugin Name: Events\nVersion: 1\n*/\n")
    printed, loaded = parsers_of(tmp_path, "plugin", "vet", "event-list", "--cache", str(tmp_path))
    assert "event-list" in printed
    assert "tree_sitter_php" in loaded
