"""The front page as an edge keeps it: against the same page that Apache makes, and against nginx that keeps it.

Servers of kept pages have one core, the client another. Browsers take gzip, and so does the client;
both keep the page packed.
"""

import re
from dataclasses import dataclass

import requests

from benchmarks.arena import Arena
from benchmarks.edge_container import PORT, EdgeContainer
from benchmarks.figure import Figure, Group, Target
from benchmarks.page import PEER, ask
from benchmarks.pair import APACHE, BUILD_S, HOST, SITE, Pair, address_of, docker
from demo.stage import ROOT, wait_until

SERVER_CORE, CLIENT_CORE = "--cpuset-cpus=1", "--cpuset-cpus=0"
NGINX = "wpaas/bench-nginx:local"
NGINX_NAME = "nginx with fastcgi_cache"
HEADERS = {"Host": HOST, "Accept-Encoding": "gzip"}
CONNECTIONS, SECONDS = 16, 5
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True, slots=True)
class Seen:
    """One round of wrk."""

    per_second: float
    p99_ms: float


def cached_front_page(_arena: Arena, rounds: int) -> list[Figure]:
    """Each round: 5 s of 16 connections at the edge, the same at nginx, and 200 pages of Apache."""
    pair = Pair()
    edge = EdgeContainer(pair.name, f"--label=wpaas.bench={pair.name}")
    ours: list[Seen] = []
    nginx: list[Seen] = []
    apache: list[float] = []
    try:
        pair.open()
        pair.behind_edge()
        edge.open({HOST.partition(":")[0]: SITE}, SERVER_CORE)
        doors = (f"{edge.address}:{PORT}", f"{address_of(_start_nginx(pair))}:80")
        for door in doors:
            wait_until(f"{door} keeps the page", lambda d=door: _kept(d), 60)  # type: ignore[misc] # mypy cannot infer bound defaults
            _ask(pair, door)
        for _ in range(rounds):
            ours.append(_ask(pair, doors[0]))
            nginx.append(_ask(pair, doors[1]))
            apache.append(ask(pair, pair.apache, 80).per_second)
    finally:
        pair.close()
        edge.close()
    return _figures(ours, nginx, apache)


def _figures(ours: list[Seen], nginx: list[Seen], apache: list[float]) -> list[Figure]:
    per_second = [seen.per_second for seen in ours]
    return [
        Figure(
            name="cached-front-page",
            unit="requests/s",
            target=Target(sign=">=", limit=100, of_peer=True),
            ours=per_second,
            peer=apache,
            peer_name=f"{PEER}, uncached",
        ),
        Figure(
            name="cached-against-nginx",
            unit="requests/s",
            target=Target(sign=">=", limit=0.7, of_peer=True),
            ours=per_second,
            peer=[seen.per_second for seen in nginx],
            peer_name=NGINX_NAME,
        ),
        Figure(
            name="cached-front-page-p99",
            unit="ms",
            target=Target(sign="<=", limit=20),
            ours=[seen.p99_ms for seen in ours],
            peer=[seen.p99_ms for seen in nginx],
            peer_name=NGINX_NAME,
        ),
    ]


def _start_nginx(pair: Pair) -> str:
    folder = str(ROOT / "benchmarks" / "nginx")
    docker("build", "--quiet", f"--build-arg=APACHE={APACHE}", f"--tag={NGINX}", folder,
        timeout_s=BUILD_S)  # fmt: skip
    name = f"{pair.name}-nginx"
    pair.run(name, SERVER_CORE, *pair.mounts(), NGINX)
    return name


def _kept(door: str) -> bool:
    """Whether the page comes from the store, packed as it is asked for later."""
    answer = requests.get(f"http://{door}/", headers=HEADERS, timeout=30)
    return answer.headers.get("X-Cache", "").lower().startswith("hit")


def _ask(pair: Pair, door: str) -> Seen:
    """5 s of wrk. Raises AssertionError where an answer is not a page."""
    text = docker(
        "run", "--rm", f"--label=wpaas.bench={pair.name}", f"--network={pair.name}", CLIENT_CORE, NGINX,
        "wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={SECONDS}s", "--latency",
        *(f"--header={name}: {value}" for name, value in HEADERS.items()), f"http://{door}/",
    )  # fmt: skip
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    assert rate, text  # noqa: S101 - a bad round
    assert slow, text  # noqa: S101
    assert "Non-2xx" not in text and "Socket errors" not in text, text  # noqa: S101, PT018
    return Seen(float(rate[1]), float(slow[1]) * UNITS[slow[2]])


GROUPS = (
    Group(
        names=("cached-front-page", "cached-against-nginx", "cached-front-page-p99"),
        measure=cached_front_page,
    ),
)
