"""`wpaas plugin add` and `bump`, on a fleet's folder and a double of the public directory: the real
one is not asked by tests."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_fleet import ALLOWLIST, SIGNED, Fleet, fleet_in, in_repository, plugin, zipped

from reconciler.cli import main
from reconciler.core.layers import File, tree_digest


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WPAAS_CONTEXT", raising=False)
    with fleet_in(tmp_path) as made:
        yield made


def test_a_plugin_is_added_with_both_digests_of_its_bytes(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    data = fleet.publish("3.9")
    assert fleet.run("plugin", "add", "event-list", *SIGNED) == 0
    package = fleet.package()
    assert package.archive_sha256 == hashlib.sha256(data).hexdigest()
    files = {name: File(content) for name, content in plugin("3.9").items()}
    assert package.tree_sha256 == tree_digest(files)
    assert (package.version, package.license, package.requires_php, package.state) == (
        "3.9", "GPL-2.0-or-later", "8.1", "approved",
    )  # fmt: skip
    assert package.reviewed_by == ("kim",)
    assert fleet.text.startswith("# What our communities asked for, in the order")
    assert "# none yet" in fleet.text
    assert (fleet.folder / "reviews" / "event-list" / "3.9.json").is_file()
    kept = fleet.folder / ".wpaas" / "demo" / "archives" / f"{package.archive_sha256}.zip"
    assert kept.read_bytes() == data
    said = capsys.readouterr().out
    assert said.startswith("plugin event-list 3.9 is in plugins-allowlist.yaml\n")
    assert "plugin event-list 3.9\n" in said


def test_what_vetting_blocks_is_said_by_the_exit_code(fleet: Fleet) -> None:
    bad = plugin("3.9") | {"inc.php": b"<?php eval(base64_decode($_POST['x']));\n"}
    fleet.publish("3.9")
    fleet.wporg.archives["/plugin/event-list.3.9.zip"] = zipped(bad)
    assert fleet.run("plugin", "add", "event-list", *SIGNED) == 1
    assert fleet.package().version == "3.9"


def test_a_version_that_is_there_is_not_added_again(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    before = fleet.text
    assert fleet.run("plugin", "add", "event-list", *SIGNED) == 2
    assert "event-list 3.9 is in the allowlist" in capsys.readouterr().err
    assert fleet.text == before


def test_nothing_is_written_where_nothing_can_be_fetched(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet.run("plugin", "add", "event-list", "--version", "3.9", *SIGNED) == 1
    assert "HTTP 404" in capsys.readouterr().err
    fleet.wporg.closed.add(("plugin", "event-list"))
    assert fleet.run("plugin", "add", "event-list", *SIGNED) == 1
    assert "closed in the directory on 2026-04-07: Security Issue" in capsys.readouterr().err
    fleet.wporg.archives["/plugin/event-list.3.9.zip"] = b"<?php" + zipped(plugin("3.9"))
    assert fleet.run("plugin", "add", "event-list", "--version", "3.9", *SIGNED) == 1
    assert "archive-polyglot" in capsys.readouterr().err
    assert fleet.text == ALLOWLIST


def test_a_licence_that_is_not_understood_is_asked_for(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9", License="see the file")
    assert fleet.run("plugin", "add", "event-list", *SIGNED) == 2
    assert "--license SPDX-NAME" in capsys.readouterr().err
    assert fleet.text == ALLOWLIST
    fleet.run("plugin", "add", "event-list", "--license", "MIT", *SIGNED)
    assert fleet.package().license == "MIT"


def test_a_needed_plugin_must_be_there_first(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9", **{"Requires Plugins": "calendar-base, x"})
    assert fleet.run("plugin", "add", "event-list", *SIGNED) == 2
    assert 'the plugin "calendar-base" is needed here' in capsys.readouterr().err


def test_a_release_of_a_forge_is_added(fleet: Fleet) -> None:
    path = "/bright-apps/events/releases/download/v3.9/event-list.zip"
    fleet.wporg.archives[path] = zipped(plugin("3.9"))
    fleet.run("plugin", "add", "event-list", "--from", "github.com/bright-apps/events",
              "--version", "3.9", "--tag", "v3.9", *SIGNED)  # fmt: skip
    assert "{release: {forge: github.com, owner: bright-apps, repo: events" in fleet.text
    assert fleet.package().version == "3.9"


@pytest.mark.parametrize("place", ["https://evil.example/x", "github.com/a", "../x", "sites"])
def test_another_place_is_none(
    fleet: Fleet, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet.run("plugin", "add", "event-list", "--from", place, *SIGNED) == 2
    assert "no place that packages come from" in capsys.readouterr().err


def test_a_snippet_of_the_fleet_is_added_and_bumped_from_its_folder(fleet: Fleet) -> None:
    in_repository(fleet, "1.0")
    place = "image/customizations/house-style"
    assert fleet.run("plugin", "add", "house-style", "--from", place, *SIGNED) == 0
    assert fleet.package("house-style").archive_sha256 is None
    in_repository(fleet, "1.1")
    assert fleet.run("plugin", "bump", "house-style", *SIGNED) == 0
    assert fleet.package("house-style").version == "1.1"


def test_a_child_theme_of_the_fleet_is_added_from_its_folder(fleet: Fleet) -> None:
    folder = fleet.folder / "image" / "customizations" / "plain-child"
    folder.mkdir(parents=True)
    about = (
        "Theme Name: Plain child\nTemplate: twentytwentyfive\nVersion: 1.0\nLicense: GPLv2 or later"
    )
    (folder / "style.css").write_text(f"/*\n{about}\n*/\n")
    place = "image/customizations/plain-child"
    assert fleet.run("theme", "add", "plain-child", "--from", place, *SIGNED) == 0
    assert "kind: theme" in fleet.text
    (fleet.folder / "sites" / "chess-club.json").write_text(
        '{"name": "chess-club", "title": "C", "owners": ["amira"], "theme": "plain-child"}'
    )
    assert main(["validate", str(fleet.folder)]) == 0
    (folder / "style.css").write_text(f"/*\n{about}\n*/\nbody {{}}\n")
    assert main(["validate", str(fleet.folder)]) == 1
    assert fleet.run("theme", "bump", "plain-child", *SIGNED) == 0
    assert main(["validate", str(fleet.folder)]) == 0


def test_a_bump_edits_the_pins_and_nothing_else(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    commented = fleet.text.replace("    network: []\n", "    network: []  # asks nobody\n")
    (fleet.folder / "plugins-allowlist.yaml").write_text(commented)
    fleet.publish("3.10")
    capsys.readouterr()
    code = fleet.run("plugin", "bump", "event-list", "--reviewer", "ravi", "--reason", "new")
    assert code == 0
    changed = [line for line in fleet.text.splitlines() if line not in commented.splitlines()]
    assert [line.split(":")[0].strip() for line in changed] == [
        "version", "sha256", "tree_sha256", "reviewed_by", "reason",
    ]  # fmt: skip
    assert fleet.package().version == "3.10"
    said = capsys.readouterr().out
    assert "event-list 3.9 → 3.10 is in plugins-allowlist.yaml" in said
    assert (fleet.folder / "reviews" / "event-list" / "3.10.json").is_file()
    assert fleet.run("plugin", "bump", "event-list", *SIGNED) == 0
    assert "nothing newer" in capsys.readouterr().out


def test_a_site_that_stays_at_a_version_keeps_its_entry(fleet: Fleet) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    fleet.site({"slug": "event-list", "version": "3.9"})
    fleet.publish("3.10")
    assert fleet.run("plugin", "bump", "event-list", *SIGNED) == 0
    assert fleet.package().version == "3.10"
    assert fleet.package(version="3.9").version == "3.9"
