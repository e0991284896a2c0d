"""A webhead's start, from `docker run` to its first page; and Apache's."""

import time

from benchmarks.arena import Arena
from benchmarks.figure import Figure, Group, Target
from benchmarks.page import PEER
from benchmarks.pair import HOST, Pair, address_of, docker
from demo.stage import Late
from reconciler.shell.probe import look

UP_S = 60.0
PAUSE_MS = 20


def webhead_start(_arena: Arena, rounds: int) -> list[Figure]:
    """A container of an installed site is made, and its front page asked for every 20 ms."""
    pair = Pair()
    ours, peer = [], []
    try:
        pair.open()
        for _ in range(rounds):
            ours.append(_start(pair, pair.webhead_options(), 8080))
            peer.append(_start(pair, pair.apache_options(), 80))
    finally:
        pair.close()
    return [
        Figure(
            name="webhead-start",
            unit="s",
            target=Target(sign="<=", limit=1.5),
            ours=ours,
            peer=peer,
            peer_name=PEER,
        )
    ]


def _start(pair: Pair, options: list[str], port: int) -> float:
    name = f"{pair.name}-start"
    began = time.monotonic()
    pair.run(name, *options)
    address = f"http://{address_of(name)}:{port}"
    while look(address, HOST).error:
        if time.monotonic() - began > UP_S:
            raise Late(f"{name} answers: not within {UP_S:g} s")
        time.sleep(PAUSE_MS / 1000)
    took = time.monotonic() - began
    docker("rm", "--force", "--volumes", name)
    return took


GROUPS = (Group(names=("webhead-start",), measure=webhead_start),)
