"""The running product that is measured: a cluster with its repository, its daemon and its first sites."""

import json
import time
from datetime import datetime

from demo.stage import ROOT, Stage, cluster_command, wait_until
from demo.steps import FIRST_SITES, PLATFORM_DEADLINE_S, SITE_DEADLINE_S

PORT = 8280


class Arena:
    """Brings the cluster up when a figure first needs it; one that was there before stays."""

    def __init__(self, cluster: str, port: int = PORT) -> None:
        self.cluster = cluster
        self._port = port
        self._stage: Stage | None = None
        self._made = False
        self._started_daemon = False

    @property
    def stage(self) -> Stage:
        """The cluster, its daemon idle and its first sites live."""
        if self._stage is None:
            self._stage = self._open()
        return self._stage

    def _open(self) -> Stage:
        context = ROOT / ".wpaas" / self.cluster / "context.json"
        if not context.is_file():
            self._made = True
            cluster_command("up", "--name", self.cluster, "--port", str(self._port))
            Stage(context).repository.begin(ROOT, self._port)
        stage = Stage(context)
        if stage.daemon_pid() is None:
            self._started_daemon = True
            stage.start_daemon()
        stage.until_applied(stage.repository.head(), PLATFORM_DEADLINE_S)
        for site in FIRST_SITES:
            stage.until_live(site, PLATFORM_DEADLINE_S)
        return stage

    def close(self) -> None:
        """Remove what was made here, and only that."""
        stage = self._stage
        if stage is not None and (self._made or self._started_daemon):
            stage.stop_daemon()
        if self._made:
            cluster_command("down", "--name", self.cluster)


def seen_at(stage: Stage, revision: str) -> float:
    """When the loop began in which the daemon first saw a commit (seconds, time.time).

    The loop's own line in the journal comes at its end, so this waits. Raises Late after a while.
    """
    return wait_until(
        "the loop is in the journal", lambda: _loop_began(stage, revision), SITE_DEADLINE_S
    )


def _loop_began(stage: Stage, revision: str) -> float:
    for line in (stage.context.state / "journal.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["event"] == "loop" and entry["observed"] == revision:
            return datetime.fromisoformat(entry["at"]).timestamp() - float(entry["seconds"])
    return 0.0


def until_idle(stage: Stage) -> None:
    """Wait until the newest commit is applied and the daemon has looked again since."""
    stage.until_applied(stage.repository.head(), SITE_DEADLINE_S)
    looked = stage.status().get("looked_at")
    wait_until("another look", lambda: stage.status().get("looked_at") != looked, 60)


def pause(seconds: float) -> None:
    """Let things settle that give no sign of it."""
    time.sleep(seconds)
