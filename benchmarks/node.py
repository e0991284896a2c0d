"""Thirty sites with two webheads each on three nodes: what they cost idle, and one node killed.

On a cluster of its own: to take thirty sites away again one by one would take longer than to make it.
"""

import re
import statistics
import time
from pathlib import Path

from benchmarks.arena import Arena, pause, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.engines import docker, webheads_of
from demo.stage import Stage, cluster_command, wait_until
from reconciler.core.names import service_name
from reconciler.shell.probe import look

SITES = tuple(f"bench-node-{number:02}" for number in range(1, 31))
A_NODE, ALL = 30, 60
PORT = 8380
# It has no shared service: those that the others have are not what is measured here.
VICTIM = "node1"
LIVE_S = 600.0
SETTLE_S = 12.0
IDLE_S = 60.0
SAMPLES = 5
SCALES = 3


def full_node(arena: Arena, rounds: int) -> list[Figure]:
    """Memory and processor time: with sixty webheads less without, the machine's, halved for one node.
    Then one node is killed, and each site's front page and a search are asked for, made anew, in
    turn, as often as there are rounds; a round is its slowest page."""
    own = Arena(f"{arena.cluster}-node", PORT)
    try:
        stage = own.stage
        _add_sites(stage)
        stage.stop_daemon()
        megabytes, cores = _idle(stage, min(rounds, SCALES))
        stage.start_daemon()
        slowest, killed = _after_a_kill(stage, rounds)
    finally:
        own.close()
    return [
        _figure("idle-webhead", "MB", 50, [fall / ALL for fall in megabytes]),
        _figure("idle-node-memory", "MB", 1_300, [fall / 2 for fall in megabytes], floor=True),
        _figure("idle-node-processor", "%", 10, [used / 2 * 100 for used in cores]),
        _figure("node-kill-page", "ms", 700, slowest),
        _figure("node-kill-out-of-memory", "kills", 0, [killed], floor=True),
    ]


def _figure(
    name: str, unit: str, limit: float, ours: list[float], *, floor: bool = False
) -> Figure:
    target = Target(sign="<=", limit=limit)
    return Figure(name=name, unit=unit, target=target, ours=ours, peer=[], floor=floor)


def _add_sites(stage: Stage) -> None:
    until_idle(stage)
    for name in SITES:
        stage.repository.add_site(name)
    revision = stage.repository.commit("Thirty sites for the benchmark")
    stage.until_applied(revision, LIVE_S)
    for name in SITES:
        stage.until_live(name, LIVE_S)


def _idle(stage: Stage, rounds: int) -> tuple[list[float], list[float]]:
    """(MB, cores) that sixty idle webheads take."""
    megabytes, cores = [], []
    for _ in range(rounds):
        _scale(stage, 0)
        without, at_rest = _available_mb(), _cores()
        _scale(stage, 2)
        megabytes.append(without - _available_mb())
        cores.append(_cores() - at_rest)
    return megabytes, cores


def _scale(stage: Stage, replicas: int) -> None:
    """Bring every site to `replicas`, wait for it, and let the memory settle."""
    wanted = [f"{service_name(name)}={replicas}" for name in SITES]
    docker(stage.context.engines[0], "service", "scale", "--detach", *wanted)

    def settled() -> bool:
        found = webheads_of(stage.engines, SITES)
        healthy = sum(webhead.healthy for webhead in found)
        return len(found) == healthy == replicas * len(SITES)

    wait_until(f"each site has {replicas} webheads", settled, LIVE_S)
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


def _cores() -> float:
    """Cores that the whole machine used, on average over a minute."""
    began, before = time.monotonic(), _busy_s()
    pause(IDLE_S)
    return (_busy_s() - before) / (time.monotonic() - began)


def _busy_s() -> float:
    """Processor seconds of the machine since it started, but idle ones (proc_stat(5))."""
    first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, irq, softirq = (int(field) for field in first[:7])
    return (user + nice + system + irq + softirq) / 100


def _after_a_kill(stage: Stage, rounds: int) -> tuple[list[float], float]:
    """(slowest page of each round in ms, containers killed for want of memory)."""
    since = time.time()
    survivors = [engine for node, engine in stage.engines.items() if node != VICTIM]
    cluster_command("kill", VICTIM, "--name", stage.context.name)

    def carried() -> bool:
        found = webheads_of(stage.engines, SITES)
        nodes = [webhead.node for webhead in found if webhead.healthy]
        return len(nodes) == ALL and all(nodes.count(node) == A_NODE for node in set(nodes))

    wait_until("the two others carry thirty webheads each", carried, LIVE_S)
    print(f"    thirty on each survivor after {time.time() - since:.0f} s", flush=True)
    pause(SETTLE_S)
    slowest = [max(_pages(stage)) for _ in range(rounds)]
    return slowest, float(sum(_out_of_memory(engine, since) for engine in survivors))


def _pages(stage: Stage) -> list[float]:
    """Milliseconds of each page. Raises AssertionError where one is not whole."""
    took = []
    for name in SITES:
        for path in ("/", "/?s=hello"):
            page = look(stage.http, stage.host(name), path)
            assert not page.error, f"{name}{path}: {page.error}"  # noqa: S101 - a bad round
            took.append(page.milliseconds)
    return took


def _out_of_memory(engine: str, since: float) -> int:
    until = f"{time.time():.0f}"
    told = docker(
        engine, "events", "--since", f"{since:.0f}", "--until", until, "--filter", "event=oom"
    )
    return len(told.splitlines())


GROUPS = (
    Group(
        names=(
            "idle-webhead",
            "idle-node-memory",
            "idle-node-processor",
            "node-kill-page",
            "node-kill-out-of-memory",
        ),
        measure=full_node,
    ),
)
