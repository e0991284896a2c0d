"""Pages that fail while every webhead of a site is replaced."""

from itertools import count

from benchmarks.arena import Arena, until_idle
from benchmarks.figure import Figure, Group, Target
from benchmarks.settings import roll_by_commit, site_file
from demo.load import load
from demo.steps import FIRST_SITES

SITE = FIRST_SITES[0]
PER_SECOND = 10
UPLOAD_MB = 60


def rolling_update(arena: Arena, rounds: int) -> list[Figure]:
    """Ten front pages a second through the front, none of them kept yet, during an update by commit."""
    stage = arena.stage
    failed, slowest = [], []
    numbers = count()
    with site_file(stage):
        for number in range(rounds):
            until_idle(stage)
            with load(
                stage.http,
                stage.host(SITE),
                per_second=PER_SECOND,
                clients=4,
                path=lambda: f"/?n={next(numbers)}",
            ) as tally:
                roll_by_commit(stage, UPLOAD_MB + number)
            failed.append(float(len(tally.failures)))
            slowest.append(tally.slowest)
    return [
        Figure(
            name="rolling-update-failures",
            unit="requests",
            target=Target(sign="<=", limit=0),
            ours=failed,
            peer=[],
            floor=True,
        ),
        Figure(
            name="rolling-update-slowest",
            unit="ms",
            target=Target(sign="<=", limit=700),
            ours=slowest,
            peer=[],
        ),
    ]


GROUPS = (
    Group(names=("rolling-update-failures", "rolling-update-slowest"), measure=rolling_update),
)
