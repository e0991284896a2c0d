"""A fleet repository made with real git, away from the machine's own settings."""

import os
import subprocess
from pathlib import Path

CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Fleet:
    """A bare repository and a work tree beside it, to commit with."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "fleet.git", folder / "work"
        self.git("init", "-q", "--bare", "-b", "main", str(self.bare), at=folder)
        self.git("clone", "-q", str(self.bare), str(self.work), at=folder)
        self.git("checkout", "-q", "-b", "main")
        self.write("sites/chess-club.json", '{"name": "chess-club"}')
        self.write("platform.yaml", "domain: localhost\n")
        self.first = self.commit("Start the fleet")

    def git(self, *args: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=at or self.work,
            env=CLEAN,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def commit(self, message: str, *push: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", *push, "origin", "HEAD:refs/heads/main")
        return self.git("rev-parse", "HEAD")
