"""What every step needs: the cluster, the repository, the daemon, and waiting with a deadline."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests

from demo.engines import Webhead, docker, webheads
from demo.repository import FleetRepository
from reconciler.shell.context import Context, read
from reconciler.shell.probe import look
from reconciler.shell.program import must

ROOT = Path(__file__).resolve().parents[1]
DAEMON_INTERVAL_S = "1"
COMMAND_TIMEOUT_S = 120.0
PAUSE_S = 0.1
T = TypeVar("T")


class Late(AssertionError):
    """What was waited for did not come in time."""


def wait_until(what: str, look_: Callable[[], T], deadline_s: float) -> T:
    """The first true answer of `look_`. Raises Late with `what` when the time is over."""
    end = time.monotonic() + deadline_s
    while True:
        found = look_()
        if found:
            return found
        if time.monotonic() >= end:
            raise Late(f"{what}: not within {deadline_s:g} s")
        time.sleep(PAUSE_S)


class Stage:
    """One running cluster with its fleet repository and its daemon."""

    def __init__(self, context: Path) -> None:
        self.context: Context = read(context)
        self.repository = FleetRepository(self.context.state)
        self._log = self.context.state / "daemon.log"
        self._pid_file = self.context.state / "daemon.pid"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def http(self) -> str:
        """The published address of the front."""
        return self.context.http

    @property
    def port(self) -> int:
        """The port of `http`."""
        return int(self.http.rpartition(":")[2])

    @property
    def engines(self) -> dict[str, str]:
        """Node → its engine's address."""
        names = (name for name, _address in self.context.nodes)
        return dict(zip(names, self.context.engines, strict=True))

    def host(self, site: str) -> str:
        """The site's name as a browser sends it, without the port."""
        return f"{site}.localhost"

    def wpaas(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Standard output of a `wpaas` command against this cluster."""
        argv = [sys.executable, "-m", "reconciler", "--cluster", self.context.name, *arguments]
        done = subprocess.run(  # noqa: S603 - our own program
            argv, cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False
        )
        assert done.returncode in codes, (
            f"{arguments}: exit {done.returncode}: {done.stderr[-2000:]}"
        )
        return done.stdout

    def status(self) -> dict[str, object]:
        """The daemon's last report."""
        try:
            report: dict[str, object] = json.loads((self.context.state / "status.json").read_text())
        except (OSError, ValueError):
            return {}
        return report

    def start_daemon(self) -> int:
        """Start `wpaas run` in the background; returns its process id."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own program, outlives this one
                [
                    sys.executable,
                    "-m",
                    "reconciler",
                    "--cluster",
                    self.context.name,
                    "run",
                    "--interval",
                    DAEMON_INTERVAL_S,
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._child.pid))
        return self._child.pid

    def daemon_pid(self) -> int | None:
        """The running daemon of this cluster, if it is one of ours."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if b"reconciler" in command and b"run" in command else None

    def stop_daemon(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the daemon and wait for it; fine where none runs."""
        pid = self.daemon_pid()
        if pid is not None:
            os.kill(pid, how)
            wait_until("the daemon ends", lambda: self._ended(pid), 60)
        self._pid_file.unlink(missing_ok=True)

    def _ended(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is not None
        return not Path(f"/proc/{pid}").exists()

    def page(self, site: str, path: str = "/") -> str:
        """A page as a visitor sees it; empty where it is not a whole one."""
        try:
            answer = requests.get(self.http + path, headers={"Host": self.host(site)}, timeout=10)
        except requests.RequestException:
            return ""
        return answer.text if answer.status_code == requests.codes.ok else ""

    def is_up(self, site: str) -> bool:
        """Whether a whole front page comes."""
        return not look(self.http, self.host(site)).error

    def webheads(self, site: str) -> list[Webhead]:
        """Running containers of a site, from the engines."""
        return webheads(self.engines, site)

    def spread(self, site: str) -> set[str]:
        """Nodes with a healthy webhead of the site."""
        return {webhead.node for webhead in self.webheads(site) if webhead.healthy}

    def until_live(self, site: str, deadline_s: float) -> None:
        """Wait for a page and for two healthy webheads on two nodes, and none left of before."""
        wait_until(f"{site} answers", lambda: self.is_up(site), deadline_s)

        def settled() -> bool:
            found = self.webheads(site)
            nodes = {webhead.node for webhead in found if webhead.healthy}
            return len(found) == len(nodes) == 2

        try:
            wait_until(f"{site} has two webheads", settled, deadline_s)
        except Late as late:
            raise Late(f"{late}\n{self._seen(site)}") from None

    def _seen(self, site: str) -> str:
        """What engines, Swarm and daemon say of a site, for whoever must find out why it is late."""
        service, leader = f"wpaas_{site}", self.context.engines[0]
        fields = "{{.Name}} {{.Node}} {{.DesiredState}} {{.CurrentState}} {{.Error}}"
        state = (
            "{{.Spec.UpdateConfig.Order}} {{.Spec.TaskTemplate.ForceUpdate}} {{json .UpdateStatus}}"
        )
        return "\n".join(
            (
                *(f"{one.node} {one.id[:12]} healthy={one.healthy}" for one in self.webheads(site)),
                docker(leader, "service", "ps", "--no-trunc", f"--format={fields}", service),
                docker(leader, "service", "inspect", f"--format={state}", service),
                json.dumps(self.status()),
                self._log.read_text(encoding="utf-8", errors="replace")[-4000:],
            )
        )

    def until_all_new(self, site: str, old: set[str], deadline_s: float) -> None:
        """Wait until the site is live with webheads that are not among `old` (container ids)."""

        def replaced() -> bool:
            return not old & {webhead.id for webhead in self.webheads(site)}

        wait_until(f"every webhead of {site} is new", replaced, deadline_s)
        self.until_live(site, deadline_s)

    def until_applied(self, revision: str, deadline_s: float) -> None:
        """Wait until the daemon reports the commit as applied."""

        def applied() -> bool:
            revisions = self.status().get("revisions") or {}
            return isinstance(revisions, dict) and revisions.get("applied") == revision

        wait_until(f"commit {revision[:12]} is applied", applied, deadline_s)


def cluster_command(*arguments: str, timeout_s: float = 900.0) -> str:
    """`wpaas cluster …`."""
    argv = [sys.executable, "-m", "reconciler", "cluster", *arguments]
    return must(argv, stage="cluster", timeout_s=timeout_s, cwd=ROOT)
