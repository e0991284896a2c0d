"""One Docker engine of the local cluster, through the `docker` program.

The program and not the Python client: it loads and saves images as streams, builds, and speaks to
engines of any age.
"""

import os
import time
from dataclasses import dataclass

from reconciler.errors import StageFailed
from reconciler.shell import program

POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine at `host` (unix://…); an empty host is the machine's own."""

    host: str = ""

    def out(self, *args: str, timeout_s: float = 30) -> str:
        """Standard output of `docker ARGS`, stripped; raises StageFailed when it fails."""
        text = program.must(
            self._argv(args), stage="cluster", timeout_s=timeout_s, env=_environment()
        )
        return text.strip()

    def attempt(self, *args: str, timeout_s: float = 30) -> str | None:
        """As `out`, but None where the command fails or takes too long: for questions."""
        try:
            done = program.run(
                self._argv(args), stage="cluster", timeout_s=timeout_s, env=_environment()
            )
        except StageFailed:
            return None
        return done.stdout.decode(errors="replace").strip() if done.code == 0 else None

    def answers(self) -> bool:
        return self.attempt("version", "--format={{.Server.Version}}", timeout_s=5) is not None

    def wait(self, deadline_s: float) -> bool:
        """Whether the engine answered before `deadline_s` seconds were over."""
        end = time.monotonic() + deadline_s
        while not self.answers():
            if time.monotonic() > end:
                return False
            time.sleep(POLL_S)
        return True

    def _argv(self, args: tuple[str, ...]) -> list[str]:
        return ["docker", *(["--host", self.host] if self.host else []), *args]


def _environment() -> dict[str, str]:
    # The classic builder is the one that every engine since 20.10 has without a plugin.
    return {**os.environ, "DOCKER_BUILDKIT": "0", "DOCKER_CLI_HINTS": "false"}
