"""`wpaas plugin add`, `bump`, `outdated` and `advisories`, on a fleet's folder and a double of the
public directory: the real one is not asked by tests."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from wordpress_directory import WordPressOrg, serving

from reconciler.cli import main
from reconciler.core.compiler import compile_fleet
from reconciler.core.layers import File, tree_digest
from reconciler.core.manifest import Package
from reconciler.shell.schemas import load_schemas
from reconciler.shell.worktree import read_worktree

ALLOWLIST = """\
# What our communities asked for, in the order in which they did.
packages: []  # none yet
"""
SITE = {"name": "chess-club", "title": "Chess club", "owners": ["amira"]}
SIGNED = ("--reviewer", "kim", "--reason", "asked for by four communities")


def plugin(version: str, slug: str = "event-list", **headers: str) -> dict[str, bytes]:
    about = {"Plugin Name": "Events", "Version": version, "License": "GPLv2 or later",
             "Requires PHP": "8.1", "Author": "Nils B.", **headers}  # fmt: skip
    lines = "".join(f" * {name}: {value}\n" for name, value in about.items() if value)
    return {
        f"{slug}.php": f"<?php\n/*\n{lines} */\ndefined('ABSPATH') || exit;\n".encode(),
        "readme.txt": b"=== Events ===\nContributors: nilsb\nStable tag: "
        + version.encode()
        + b"\n",
    }


def zipped(files: dict[str, bytes], slug: str = "event-list") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(f"{slug}/{name}"), data)
    return out.getvalue()


@dataclass
class Fleet:
    folder: Path
    wporg: WordPressOrg

    def publish(self, version: str, slug: str = "event-list", **headers: str) -> bytes:
        """A version in the directory and its archive; the newest is the last."""
        self.wporg.add("plugin", slug, version)
        data = zipped(plugin(version, slug, **headers), slug)
        self.wporg.archives[f"/plugin/{slug}.{version}.zip"] = data
        return data

    def run(self, *words: str) -> int:
        return main([*words, "--fleet", str(self.folder)])

    @property
    def text(self) -> str:
        return (self.folder / "plugins-allowlist.yaml").read_text("utf-8")

    def package(self, slug: str = "event-list", version: str | None = None) -> Package:
        compiled = compile_fleet(read_worktree(self.folder), load_schemas())
        assert [p for p in compiled.problems if p.severity == "error"] == []
        assert compiled.allowlist is not None
        found = compiled.allowlist.find("plugin", slug, version)
        assert found is not None
        return found

    def site(self, *plugins: object) -> None:
        text = json.dumps({**SITE, "plugins": list(plugins)})
        (self.folder / "sites" / "chess-club.json").write_text(text)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    folder = tmp_path / "fleet"
    (folder / "sites").mkdir(parents=True)
    (folder / "sites" / "chess-club.json").write_text(json.dumps(SITE))
    (folder / "platform.yaml").write_text("domain: localhost\n")
    (folder / "plugins-allowlist.yaml").write_text(ALLOWLIST)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WPAAS_CONTEXT", raising=False)
    with serving() as wporg:
        state = folder / ".wpaas" / "demo"
        state.mkdir(parents=True)
        (folder / ".wpaas" / "current").write_text("demo")
        words = dict.fromkeys(("name", "repository", "branch", "builder", "http", "registry"), "x")
        places = {"wordpress.org": wporg.address, "github.com": wporg.address}
        context = {**words, "engines": [], "database": "x:1", "store": "x", "master_key": "x",
                   "images": {}, "nodes": [], "places": places, "directory": wporg.address}  # fmt: skip
        (state / "context.json").write_text(json.dumps(context))
        yield Fleet(folder, wporg)


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


def in_repository(fleet: Fleet, version: str) -> None:
    folder = fleet.folder / "image" / "customizations" / "house-style"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in plugin(version, "house-style").items():
        (folder / name).write_bytes(data)


def test_a_snippet_of_the_fleet_is_added_and_bumped_from_its_folder(fleet: Fleet) -> None:
    in_repository(fleet, "1.0")
    place = "image/customizations/house-style"
    assert fleet.run("plugin", "add", "house-style", "--from", place, *SIGNED) == 0
    assert fleet.package("house-style").archive_sha256 is None
    in_repository(fleet, "1.1")
    assert fleet.run("plugin", "bump", "house-style", *SIGNED) == 0
    assert fleet.package("house-style").version == "1.1"


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


def test_a_hole_that_no_version_mends_is_said(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.publish("3.9")
    fleet.run("plugin", "add", "event-list", *SIGNED)
    fleet.wporg.feed = feed("*", "")
    refresh(fleet)
    assert fleet.run("plugin", "bump", "event-list", "--security", *SIGNED) == 2
    assert "no version mends its hole yet" in capsys.readouterr().err


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
        "unknown debian base packages - ? - not known without a build: refresh the base to have them",
        "unknown php php 8.4 ? - comes from Debian; its fixes come with the base's packages",
        "own plugin house-style 1.0 ? - kept in this repository",
        "",
        "advisories: none at hand, so that holes are unknown; wpaas advisories refresh",
    ]
    assert fleet.run("outdated", "--offline", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    standings = {row["name"]: row["standing"] for row in rows}
    assert standings["event-list"] == standings["wordpress"] == "unknown"
