"""Containers of platform images for tests: published on 127.0.0.1, confined as in the Swarm."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from reconciler.shell.program import must, run

# As the Swarm runs them (core/platform_services.py).
CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/run:mode=1777", "--tmpfs=/tmp:mode=1777")  # fmt: skip


def docker(*arguments: str, timeout_s: float = 60) -> str:
    """Standard output of one docker command. Raises StageFailed when it fails."""
    environment = {"DOCKER_BUILDKIT": "0", "PATH": os.environ["PATH"]}
    argv = ("docker", *arguments)
    return must(argv, stage="cluster", timeout_s=timeout_s, env=environment).strip()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody holds now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(what: str, check: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until `check` holds; fails the test, naming `what`, after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < end, f"{what}: not within {timeout_s} s"
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Container:
    """One running container of a platform image; `ports`: its port → ours on 127.0.0.1."""

    name: str
    ports: dict[int, int]
    secret: str = field(repr=False)

    def address(self, port: int) -> str:
        """HOST:PORT from here."""
        return f"127.0.0.1:{self.ports[port]}"

    def execute(self, *command: str) -> str:
        """Output of a command inside."""
        return docker("exec", self.name, *command)

    def healthy(self) -> bool:
        """What the image's own health check says, asked now and not at its next interval."""
        argv = ("docker", "exec", self.name, "/usr/lib/wpaas/health")
        return run(argv, stage="cluster", timeout_s=20).code == 0

    def kill(self) -> None:
        """SIGKILL, as a node that loses power; then the same container again."""
        docker("kill", "--signal=KILL", self.name)
        docker("start", self.name)
        until(f"{self.name} is back", self.healthy)


Start = Callable[..., Container]
