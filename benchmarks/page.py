"""The uncached front page at the webhead, against Apache with mod_php; and what both hold when idle."""

import re
from dataclasses import dataclass

from benchmarks.arena import Arena, pause
from benchmarks.figure import Figure, Group, Target
from benchmarks.pair import HOST, Pair

REQUESTS = 200
CLIENTS = 4
CALM_REQUESTS = 60
LOAD_S = 60
IDLE_S = 15.0
PEER = "Apache + mod_php"


@dataclass(frozen=True, slots=True)
class Seen:
    """One round of ApacheBench."""

    per_second: float
    p95_ms: float


def front_page(_arena: Arena, rounds: int) -> list[Figure]:
    """Rounds of 200 requests by 4 clients at each in turn, and of 60 by one for how long a page takes where
    none waits for another; memory is read 15 s after the last."""
    pair = Pair()
    ours: list[Seen] = []
    peer: list[Seen] = []
    calm: list[Seen] = []
    peer_calm: list[Seen] = []
    memory: list[float] = []
    peer_memory: list[float] = []
    try:
        pair.open()
        for _ in range(2):  # opcache and the database's caches fill
            ask(pair, pair.webhead, 8080)
            ask(pair, pair.apache, 80)
        for _ in range(rounds):
            ours.append(ask(pair, pair.webhead, 8080))
            peer.append(ask(pair, pair.apache, 80))
            calm.append(ask(pair, pair.webhead, 8080, CALM_REQUESTS, 1))
            peer_calm.append(ask(pair, pair.apache, 80, CALM_REQUESTS, 1))
        for _ in range(rounds):
            pause(IDLE_S if not memory else 1.0)
            memory.append(pair.memory_mb(pair.webhead))
            peer_memory.append(pair.memory_mb(pair.apache))
    finally:
        pair.close()
    return [
        Figure(
            name="front-page",
            unit="pages/s",
            target=Target(sign=">=", limit=1.0, of_peer=True),
            ours=[seen.per_second for seen in ours],
            peer=[seen.per_second for seen in peer],
            peer_name=PEER,
        ),
        Figure(
            name="front-page-p95",
            unit="ms",
            target=Target(sign="<=", limit=300),
            ours=[seen.p95_ms for seen in calm],
            peer=[seen.p95_ms for seen in peer_calm],
            peer_name=PEER,
        ),
        Figure(
            name="front-page-memory",
            unit="MB",
            target=Target(sign="<=", limit=0.5, of_peer=True),
            ours=memory,
            peer=peer_memory,
            peer_name=PEER,
        ),
    ]


def ask(
    pair: Pair, container: str, port: int, requests: int = REQUESTS, clients: int = CLIENTS
) -> Seen:
    """ApacheBench over the containers' own network. Raises AssertionError for a failed request."""
    text = pair.client(
        "ab", "-q", "-l", "-n", str(requests), "-c", str(clients), "-s", "30",
        "-H", f"Host: {HOST}", f"http://{container}:{port}/",
        timeout_s=LOAD_S,
    )  # fmt: skip
    rate = re.search(r"Requests per second:\s+([\d.]+)", text)
    slow = re.search(r"^\s+95%\s+(\d+)", text, re.MULTILINE)
    whole = re.search(rf"Complete requests:\s+{requests}\b", text)
    failed = re.search(r"Non-2xx|Failed requests:\s+[1-9]", text)
    assert rate, text  # noqa: S101 - a bad round
    assert slow, text  # noqa: S101
    assert whole, text  # noqa: S101
    assert not failed, text  # noqa: S101
    return Seen(float(rate[1]), float(slow[1]))


GROUPS = (Group(names=("front-page", "front-page-p95", "front-page-memory"), measure=front_page),)
