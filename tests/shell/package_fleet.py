"""A fleet's folder beside a double of the public directory, and the program run on it."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wordpress_directory import WordPressOrg, serving

from reconciler.cli import main
from reconciler.core.compiler import compile_fleet
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


@contextmanager
def fleet_in(below: Path) -> Iterator[Fleet]:
    """A fleet with one site and no packages, and a cluster's context that leads to the double."""
    folder = below / "fleet"
    (folder / "sites").mkdir(parents=True)
    (folder / "sites" / "chess-club.json").write_text(json.dumps(SITE))
    (folder / "platform.yaml").write_text("domain: localhost\n")
    (folder / "plugins-allowlist.yaml").write_text(ALLOWLIST)
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


def in_repository(fleet: Fleet, version: str) -> None:
    folder = fleet.folder / "image" / "customizations" / "house-style"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in plugin(version, "house-style").items():
        (folder / name).write_bytes(data)
