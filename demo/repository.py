"""A real Git repository for the fleet: a bare one that the daemon follows, and a clone to commit in."""

import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from reconciler.shell.program import must

GIT_TIMEOUT_S = 60
PARTS = ("sites", "plugins-allowlist.yaml", "platform.yaml", "image")
IDENTITY = (
    "-c",
    "user.name=Demo",
    "-c",
    "user.email=demo@wpaas.invalid",
    "-c",
    "commit.gpgsign=false",
)


class FleetRepository:
    """`folder/repository.git` and `folder/fleet`, made from `source`'s files."""

    def __init__(self, folder: Path) -> None:
        self.bare = folder / "repository.git"
        self.clone = folder / "fleet"

    def _git(self, *arguments: str) -> str:
        argv = ["git", *IDENTITY, "-C", str(self.clone), *arguments]
        return must(argv, stage="cluster", timeout_s=GIT_TIMEOUT_S).strip()

    def begin(self, source: Path, port: int) -> str:
        """Make both again from `source`, for sites at `port`; returns the first commit."""
        for path in (self.bare, self.clone):
            shutil.rmtree(path, ignore_errors=True)
        self.clone.mkdir(parents=True)
        must(
            ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare)],
            stage="cluster",
            timeout_s=GIT_TIMEOUT_S,
        )
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", str(self.bare))
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(source / part, self.clone / part)
            else:
                shutil.copy(source / part, self.clone / part)
        platform = self.clone / "platform.yaml"
        text = re.sub(r"(?m)^  port: \d+$", f"  port: {port}", platform.read_text())
        self.write("platform.yaml", text)
        return self.commit("The fleet as shipped")

    def commit(self, message: str) -> str:
        """Commit whatever changed in the clone and push it; returns the new commit."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        self._git("push", "--quiet", "--force", "origin", "HEAD:main")
        return self.head()

    def rewrite(self, message: str) -> str:
        """Replace the last commit by one with another message, as a force-push does."""
        self._git("commit", "--quiet", "--amend", "--allow-empty", "--message", message)
        self._git("push", "--quiet", "--force", "origin", "HEAD:main")
        return self.head()

    def head(self) -> str:
        """The commit of the clone."""
        return self._git("rev-parse", "HEAD")

    def write(self, path: str, text: str) -> None:
        """Write one file of the clone, without a commit."""
        target = self.clone / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files of the clone, without a commit."""
        for path in paths:
            (self.clone / path).unlink()

    def add_site(self, name: str, **fields: Any) -> None:
        """A site's file with sensible values, without a commit."""
        document = {
            "name": name,
            "title": name.replace("-", " ").capitalize(),
            "owners": ["demo"],
            "admins": ["demo"],
            **fields,
        }
        self.write(f"sites/{name}.json", json.dumps(document, indent=2) + "\n")

    def change_site(self, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Edit a site's document in place, without a commit."""
        path = f"sites/{name}.json"
        document = json.loads((self.clone / path).read_text(encoding="utf-8"))
        change(document)
        self.write(path, json.dumps(document, indent=2) + "\n")
