"""200 unknown hosts at once at a real edge whose way to names outside leads nowhere; and a known host beside."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import closing

from benchmarks.arena import Arena
from benchmarks.edge_container import IMAGE, PORT, EdgeContainer
from benchmarks.figure import Figure, Group, Target
from benchmarks.pair import docker, remove
from benchmarks.stand_in import webhead_config
from demo.stage import ROOT, wait_until

UNKNOWN = 200
KNOWN_REQUESTS = 300
BURST_AFTER = 50
HOST, SITE = "known.localhost", "known"
PEER = "the known host alone"


class Edges:
    """One edge and one webhead of a line on a network of their own; `close` removes all."""

    def __init__(self) -> None:
        self._name = f"wpaas-bench-edge-{os.getpid()}"
        self._label = f"wpaas.bench={self._name}"
        self._edge = EdgeContainer(self._name, f"--label={self._label}")

    @property
    def address(self) -> str:
        """The edge's."""
        return self._edge.address

    def open(self) -> None:
        """Start both, and give the edge its table."""
        docker("network", "create", self._name)
        self._edge.open({HOST: SITE})
        script = f"echo '{webhead_config(SITE, 'known')}' | exec caddy run --config -"
        docker("run", "--detach", f"--label={self._label}", f"--network={self._name}",
               f"--network-alias={SITE}.webhead.internal",
               "--tmpfs=/tmp", "--env=HOME=/tmp", "--entrypoint=bash", IMAGE, "-c", script)  # fmt: skip
        wait_until("the known host answers", self._answers, 60)

    def _answers(self) -> bool:
        try:
            return known(self.address, 1) != []
        except (AssertionError, OSError):
            return False

    def close(self) -> None:
        """Remove containers, network and files; fine where some were never made."""
        remove(self._label, self._name)
        self._edge.close()


def known(address: str, count: int, beside: "subprocess.Popen[str] | None" = None) -> list[float]:
    """Milliseconds of `count` requests one after the other; `beside` is let go after some of them."""
    took = []
    with closing(http.client.HTTPConnection(address, PORT, timeout=20)) as connection:
        for number in range(count):
            if beside is not None and number == BURST_AFTER:
                _line_to(beside)
            began = time.perf_counter()
            connection.request("GET", "/", headers={"Host": HOST})
            answer = connection.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status == 200, answer.status  # noqa: S101 - a bad round
    return took


def _line_to(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    process.stdin.write("go\n")
    process.stdin.flush()


def _ready(address: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-m", "benchmarks.burst", address, str(PORT), str(UNKNOWN)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    assert process.stdout.readline() == "ready\n"  # noqa: S101
    return process


def unknown_hosts(_arena: Arena, rounds: int) -> list[Figure]:
    """Each round: the known host alone, 200 unknown ones alone, and both at once."""
    edges = Edges()
    slowest: list[float] = []
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    try:
        edges.open()
        known(edges.address, KNOWN_REQUESTS)
        for _ in range(rounds):
            alone.append(known(edges.address, KNOWN_REQUESTS))
            only = _ready(edges.address)
            slowest.append(max(json.loads(only.communicate("go\n", timeout=60)[0])))
            both = _ready(edges.address)
            beside.append(known(edges.address, KNOWN_REQUESTS, both))
            both.communicate(timeout=60)
    finally:
        edges.close()
    return [
        Figure(
            name="unknown-host",
            unit="ms",
            target=Target(sign="<=", limit=50),
            ours=slowest,
            peer=[],
        ),
        Figure(
            name="known-host-beside",
            unit="ms",
            target=Target(sign="<=", limit=1.5, of_peer=True),
            ours=[_percentile(one, 50) for one in beside],
            peer=[_percentile(one, 50) for one in alone],
            peer_name=PEER,
        ),
        # The few that meet the 200 wait for the same cores, and so as long as an unknown host may.
        Figure(
            name="known-host-beside-p99",
            unit="ms",
            target=Target(sign="<=", limit=50),
            ours=[_percentile(one, 99) for one in beside],
            peer=[_percentile(one, 99) for one in alone],
            peer_name=PEER,
        ),
    ]


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


GROUPS = (
    Group(
        names=("unknown-host", "known-host-beside", "known-host-beside-p99"), measure=unknown_hosts
    ),
)
