"""200 unknown hosts at once at a real edge whose way to names outside leads nowhere; and a known host beside."""

import http.client
import ipaddress
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.figure import Figure, Group, Target
from benchmarks.pair import docker
from benchmarks.stand_in import edge_files, webhead_config
from demo.stage import ROOT, wait_until
from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell import cluster_images
from reconciler.shell.edge import Edge

UNKNOWN = 200
KNOWN_REQUESTS = 300
BURST_AFTER = 50
PORT = 8080
HOST, SITE = "known.localhost", "known"
PEER = "the known host alone"
IMAGE = cluster_images.local_tag("edge")
CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/run:mode=1777", "--tmpfs=/tmp:mode=1777")  # fmt: skip


class Edges:
    """One edge and one webhead of a line on a network of their own; `close` removes all."""

    def __init__(self) -> None:
        self.name = f"wpaas-bench-edge-{os.getpid()}"
        self.address = ""
        self._files = Path(tempfile.mkdtemp(prefix="wpaas-bench-"))
        self._files.chmod(0o755)

    def open(self) -> None:
        """Start both, confined as in the Swarm, and give the edge its table."""
        cluster_images.build(ROOT, "edge", IMAGE)
        docker("network", "create", self.name)
        subnet = docker(
            "network", "inspect", "--format={{(index .IPAM.Config 0).Subnet}}", self.name
        )
        nobody = ipaddress.ip_network(subnet)[-2]
        token = secrets.token_urlsafe(32)
        script = f"echo '{webhead_config(SITE, 'known')}' | exec caddy run --config -"
        label, network = f"--label=wpaas.bench={self.name}", f"--network={self.name}"
        docker("run", "--detach", label, network, f"--network-alias={SITE}.webhead.internal",
               "--tmpfs=/tmp", "--env=HOME=/tmp", "--entrypoint=bash", IMAGE, "-c", script)  # fmt: skip
        files = {"/run/secrets/edge-token": token, **edge_files()}
        docker("run", "--detach", label, network, f"--name={self.name}", f"--dns={nobody}",
               *CONFINED, *self._mounted(files), IMAGE)  # fmt: skip
        template = "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        self.address = docker("inspect", template, self.name)
        wait_until("the edge takes its table", lambda: self._pushed(token), 60)
        wait_until("the known host answers", self._answers, 60)

    def _mounted(self, files: dict[str, str]) -> list[str]:
        for path, text in files.items():
            (self._files / Path(path).name).write_text(text)
        return [f"--volume={self._files / Path(path).name}:{path}:ro" for path in files]

    def _pushed(self, token: str) -> bool:
        try:
            Edge(Secret(token)).push(self.address, {HOST: SITE})
        except StageFailed:
            return False
        return True

    def _answers(self) -> bool:
        try:
            return known(self.address, 1) != []
        except (AssertionError, OSError):
            return False

    def close(self) -> None:
        """Remove containers, network and files; fine where some were never made."""
        found = docker(
            "ps", "--all", "--quiet", "--filter", f"label=wpaas.bench={self.name}"
        ).split()
        if found:
            docker("rm", "--force", "--volumes", *found)
        if docker("network", "ls", "--quiet", "--filter", f"name={self.name}"):
            docker("network", "rm", self.name)
        shutil.rmtree(self._files)


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
