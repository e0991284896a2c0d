"""A job of a workflow, carried out in a clean folder as a rented machine would: its steps in order."""

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Only what a machine says about its package index and its proxies is taken from this one.
OF_THE_MACHINE = ("PIP_", "UV_", "SSL_", "LANG", "LC_")
SHELL = ("bash", "-e", "-c")  # GitHub's, where a step names none
STEP_S = 600


def jobs(workflow: Path) -> dict[str, list[dict[str, Any]]]:
    """Job → its steps."""
    document = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    return {name: job["steps"] for name, job in document["jobs"].items()}


def clone(folder: Path) -> None:
    """What `actions/checkout` leaves: HEAD, and what is changed here and not committed yet."""
    _git("clone", "--quiet", str(ROOT), str(folder), at=ROOT)
    changed = _git("diff", "--binary", "HEAD", at=ROOT)
    if changed:
        _git("apply", "--whitespace=nowarn", "-", at=folder, given=changed)


def _git(*args: str, at: Path, given: bytes | None = None) -> bytes:
    argv = ["git", *args]
    return subprocess.run(argv, cwd=at, input=given, capture_output=True, check=True).stdout


class Machine:
    """A workspace below `folder`, and a home with nothing in it."""

    def __init__(self, folder: Path) -> None:
        self.workspace, home = folder / "workspace", folder / "home"
        self.workspace.mkdir()
        home.mkdir()
        path = os.environ["PATH"].split(os.pathsep)
        self._env = {
            "PATH": os.pathsep.join(entry for entry in path if not entry.startswith(str(ROOT))),
            "HOME": str(home),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_BASE_REF": "main",
            "RUNNER_TEMP": str(folder),
            **{name: os.environ[name] for name in os.environ if name.startswith(OF_THE_MACHINE)},
            **{name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy")},
        }
        index = Path.home() / ".config" / "pip" / "pip.conf"
        if index.is_file():
            self._env.setdefault("PIP_CONFIG_FILE", str(index))

    def take(self, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Carry out one step; a checkout is a clone of this repository."""
        if "uses" in step:
            assert step["uses"].startswith("actions/checkout@"), step
            clone(self.workspace / step.get("with", {}).get("path", "."))
            return subprocess.CompletedProcess([], 0, "", "")
        return self.run(step["run"])

    def run(self, line: str, **more: str) -> subprocess.CompletedProcess[str]:
        """What a `run:` step does with this text."""
        return subprocess.run(
            [*SHELL, line], cwd=self.workspace, env={**self._env, **more},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=STEP_S,
        )  # fmt: skip
