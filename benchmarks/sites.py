"""Sites: a new one, and what an idle webhead costs."""

import re
import secrets
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.arena import Arena, pause, seen_at, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.engines import docker
from demo.stage import Stage, wait_until
from demo.steps import SITE_DEADLINE_S
from reconciler.core.names import service_name

IDLE_SITES = tuple(f"bench-idle-{number}" for number in range(1, 6))
WEBHEADS = 2 * len(IDLE_SITES)
SETTLE_S = 12.0
SAMPLES = 5


def new_site(arena: Arena, rounds: int) -> list[Figure]:
    """From the daemon's look to a page through the front and two healthy webheads on two nodes."""
    stage = arena.stage
    seconds = []
    for _ in range(rounds):
        name = f"bench-{secrets.token_hex(4)}"  # a known name would find its database again
        until_idle(stage)
        stage.repository.add_site(name)
        revision = stage.repository.commit("A new site for the benchmark")
        try:
            stage.until_live(name, SITE_DEADLINE_S)
            done = time.time()
            seconds.append(done - seen_at(stage, revision))
        finally:
            _remove(stage, name)
    return [
        Figure(
            name="new-site",
            unit="s",
            target=Target(sign="<=", limit=20),
            ours=seconds,
            peer=[],
        )
    ]


def _remove(stage: Stage, site: str) -> None:
    """One site in one commit: the guard lets no more go at once."""
    stage.repository.remove([f"sites/{site}.json"])
    stage.repository.commit("The benchmark's site goes")
    until_idle(stage)


def idle_webhead(arena: Arena, rounds: int) -> list[Figure]:
    """By how much the machine's MemAvailable falls for ten webheads that nobody asks anything."""
    stage = arena.stage
    megabytes = []
    with _idle_sites(stage):
        for _ in range(rounds):
            _scale(stage, 0)
            without = _available_mb()
            _scale(stage, 2)
            megabytes.append((without - _available_mb()) / WEBHEADS)
    return [
        Figure(
            name="idle-webhead",
            unit="MB",
            target=Target(sign="<=", limit=50),
            ours=megabytes,
            peer=[],
        )
    ]


@contextmanager
def _idle_sites(stage: Stage) -> Iterator[None]:
    """Five sites by one commit, and no daemon that would undo the scaling."""
    until_idle(stage)
    for name in IDLE_SITES:
        stage.repository.add_site(name)
    stage.repository.commit("Five sites for the benchmark")
    try:
        for name in IDLE_SITES:
            stage.until_live(name, SITE_DEADLINE_S)
        until_idle(stage)
        stage.stop_daemon()
        yield
    finally:
        if stage.daemon_pid() is None:
            stage.start_daemon()
        for name in IDLE_SITES:
            _remove(stage, name)


def _scale(stage: Stage, replicas: int) -> None:
    """Bring every idle site to `replicas`, wait for it, and let the memory settle."""
    engine = stage.context.engines[0]
    wanted = [f"{service_name(name)}={replicas}" for name in IDLE_SITES]
    docker(engine, "service", "scale", "--detach", *wanted)
    for name in IDLE_SITES:

        def settled(name: str = name) -> bool:
            found = stage.webheads(name)
            return len(found) == sum(webhead.healthy for webhead in found) == replicas

        wait_until(f"{name} has {replicas} webheads", settled, SITE_DEADLINE_S)
    pause(SETTLE_S)


def _available_mb() -> float:
    """MemAvailable in MB (10^6 bytes), the median of a few looks."""
    seen = []
    for _ in range(SAMPLES):
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        found = re.search(r"MemAvailable:\s+(\d+) kB", text)
        assert found is not None  # noqa: S101 - Linux has it since 3.14
        seen.append(int(found[1]) * 1024 / 1e6)
        pause(0.5)
    return statistics.median(seen)


GROUPS = (
    Group(names=("new-site",), measure=new_site),
    Group(names=("idle-webhead",), measure=idle_webhead),
)
