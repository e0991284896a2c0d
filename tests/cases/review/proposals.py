"""Real repositories with a base and a proposal, made from the fleet of tests/cases/base."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.core.packages import tree_of
from reconciler.shell.worktree import read_worktree

BASE = Path(__file__).parents[1] / "base"
CODEOWNERS = """\
/sites/                 @wpaas/community
/plugins-allowlist.yaml @wpaas/plugin-reviewers
/reviews/               @wpaas/plugin-reviewers
/image/                 @wpaas/plugin-reviewers
/platform.yaml          @wpaas/operators
/.github/               @wpaas/operators
"""
CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": "a@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
    **{f"GIT_{who}_DATE": "2026-09-01T12:00:00Z" for who in ("AUTHOR", "COMMITTER")},
}


class Repository:
    """A work tree on the branch `main` at first."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        shutil.copytree(BASE, self.work)
        self.git("init", "-q", "-b", "main")
        self.change(".github/CODEOWNERS", "", CODEOWNERS)
        self.commit("Start")

    def git(self, *args: str) -> str:
        return subprocess.run(
            ["git", *args], cwd=self.work, env=CLEAN, capture_output=True, text=True, check=True
        ).stdout.strip()

    def branch(self, name: str) -> None:
        self.git("checkout", "-q", "-b", name)

    def change(self, path: str, mode: str, text: str) -> None:
        """As a part of a case says; `(link)` makes a symbolic link to the text."""
        place = self.work / path
        if mode == "removed":
            place.unlink()
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if mode == "link":
            place.symlink_to(text.strip())
            return
        if mode == "added":
            text = place.read_text() + text
        place.write_text(text, encoding="utf-8")

    def commit(self, subject: str) -> str:
        self._fill()
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def _fill(self) -> None:
        """Digests and kept facts, as a person would have them written by `wpaas plugin vet --write`."""
        allowlist = self.work / "plugins-allowlist.yaml"
        blobs = read_worktree(self.work)
        text = allowlist.read_text(encoding="utf-8")
        while "@TREE " in text:
            folder = text.split("@TREE ", 1)[1].split('"', 1)[0]
            files = {
                p.removeprefix(f"{folder}/"): b
                for p, b in blobs.items()
                if p.startswith(f"{folder}/")
            }
            text = text.replace(f"@TREE {folder}", tree_of(files))
        allowlist.write_text(text, encoding="utf-8")
        for path in self.work.glob("reviews/*/*.json"):
            if path.read_text() == "@REVIEW\n":
                slug = path.parent.name
                fleet, cache = f"--fleet={self.work}", f"--cache={self.work.parent / 'vetting'}"
                main(
                    [
                        "plugin",
                        "vet",
                        str(self.work / "image/plugins" / slug),
                        fleet,
                        cache,
                        "--write",
                    ]
                )


def reviewed(
    repository: Repository, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[str, int]:
    """(what is printed, exit code) of `wpaas review` of `proposal` against `main`."""
    capsys.readouterr()
    where = (f"--repo={repository.work}", f"--cache={repository.work.parent / 'vetting'}")
    code = main(["review", "--base=main", "--head=proposal", *where, *options])
    captured = capsys.readouterr()
    return captured.out + captured.err, code
