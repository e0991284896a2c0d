"""`wpaas validate`: three formats, exit codes, and a folder read without following anything."""

import json
import os
from pathlib import Path

import pytest
from fleet_files import BASE

from reconciler.cli import main

BAD = '{\n  "name": "chess-club",\n  "title": "100%, a: b",\n  "owners": [],\n  "plugins": ["super-popup"]\n}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in BASE.rglob("*"):
        if file.is_file():
            target = tmp_path / file.relative_to(BASE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return tmp_path


def test_a_good_fleet_is_said_to_be_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(folder)]) == 0
    assert capsys.readouterr().out == "4 files, no problems\n"


def test_text_names_the_place_and_the_fix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sites" / "chess-club.json").write_text(BAD)
    assert main(["validate", str(folder)]) == 1
    assert capsys.readouterr().out == (
        "sites/chess-club.json:4:13: error: out-of-range at /owners: a list of 1 at least\n"
        "  fix: name 1 or more\n"
        'sites/chess-club.json:5:15: error: plugin-not-vetted at /plugins/0: the plugin "super-popup" is not in plugins-allowlist.yaml\n'
        "  fix: remove it, or propose it in plugins-allowlist.yaml\n"
        "4 files, 2 errors\n"
    )


def test_json_has_its_stable_shape(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sites" / "chess-club.json").write_text(BAD)
    assert main(["validate", str(folder), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["files"] == 4
    assert found["problems"][1] == {
        "code": "plugin-not-vetted", "severity": "error", "file": "sites/chess-club.json",
        "line": 5, "column": 15, "pointer": "/plugins/0", "value": "super-popup",
        "message": 'the plugin "super-popup" is not in plugins-allowlist.yaml',
        "fix": "remove it, or propose it in plugins-allowlist.yaml",
    }  # fmt: skip


def test_github_gets_one_annotation_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sites" / "chess-club.json").write_text(BAD)
    assert main(["validate", str(folder), "--format", "github"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        "::error file=sites/chess-club.json,line=4,col=13,title=out-of-range"
        "::a list of 1 at least%0Afix: name 1 or more"
    )


def test_a_warning_alone_is_no_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = folder / "sites" / "tea-house.json"
    site.write_text(
        site.read_text().replace('"ravi"]', '"ravi"], "notes": "ghp_0123456789abcdefghij"')
    )
    assert main(["validate", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "4 files, 1 warning" in out
    assert "ghp_" not in out


def test_a_folder_that_is_not_there_is_a_matter_of_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_nothing_in_the_folder_is_followed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sites = folder / "sites"
    (sites / "chess-club.json").unlink()
    (sites / "chess-club.json").symlink_to("/etc/passwd")
    (sites / "loop.json").symlink_to(sites)
    (sites / "dir.json").mkdir()
    os.mkfifo(sites / "pipe.json")
    os.truncate(sites / "tea-house.json", 0)
    os.truncate(sites / "tea-house.json", 50_000_000)
    (sites / ".chess-club.json.swp").write_text("an editor's")
    assert main(["validate", str(folder), "--format", "json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(p["file"], p["code"], p["value"]) for p in problems] == [
        ("sites/chess-club.json", "file-kind", "a symbolic link"),
        ("sites/dir.json", "file-kind", "a directory"),
        ("sites/loop.json", "file-kind", "a symbolic link"),
        ("sites/pipe.json", "file-kind", "neither file nor directory"),
        ("sites/tea-house.json", "file-too-large", ""),
    ]


def test_a_folder_of_sites_that_is_a_link_is_no_empty_fleet(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sites").rename(folder / "elsewhere")
    (folder / "sites").symlink_to("elsewhere")
    assert main(["validate", str(folder), "--format", "json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [p["code"] for p in problems] == ["file-kind", "no-sites"]
