"""A new site."""

import secrets
import time

from benchmarks.arena import Arena, seen_at, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.stage import Stage
from demo.steps import SITE_DEADLINE_S


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


GROUPS = (Group(names=("new-site",), measure=new_site),)
