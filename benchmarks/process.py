"""Our own processes: the daemon's memory and the start of the command line."""

import re
import sys
import time
from pathlib import Path

from benchmarks.arena import Arena, pause, until_idle
from benchmarks.figure import Figure, Group, Target
from reconciler.shell.program import must

WPAAS = Path(sys.executable).parent / "wpaas"


def daemon_memory(arena: Arena, rounds: int) -> list[Figure]:
    """Resident memory of the daemon between its loops, a second apart."""
    stage = arena.stage
    until_idle(stage)
    pid = stage.daemon_pid()
    megabytes = []
    for _ in range(rounds):
        pause(1)
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found is not None  # noqa: S101 - every process with memory has it
        megabytes.append(int(found[1]) * 1024 / 1e6)
    return [
        Figure(
            name="daemon-memory",
            unit="MB",
            target=Target(sign="<=", limit=90),
            ours=megabytes,
            peer=[],
        )
    ]


def help_text(_arena: Arena, rounds: int) -> list[Figure]:
    """`wpaas --help`, from its start to its end; a first one fills the file cache."""
    seconds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        must([str(WPAAS), "--help"], stage="cluster", timeout_s=30)
        seconds.append(time.perf_counter() - began)
    return [
        Figure(
            name="help",
            unit="s",
            target=Target(sign="<=", limit=0.3),
            ours=seconds[1:],
            peer=[],
        )
    ]


GROUPS = (
    Group(names=("daemon-memory",), measure=daemon_memory),
    Group(names=("help",), measure=help_text),
)
