"""Nothing changed, nothing written: counted at the Swarm, the database and the store, not by us."""

import time

from benchmarks.arena import Arena, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.engines import container_of, docker, sql, versions
from demo.stage import Stage, wait_until

STATEMENTS = (
    "SELECT COALESCE(SUM(VARIABLE_VALUE), 0) FROM information_schema.GLOBAL_STATUS"
    " WHERE VARIABLE_NAME REGEXP"
    " '^COM_(CREATE|ALTER|DROP|GRANT|REVOKE|INSERT|REPLACE|UPDATE|DELETE|TRUNCATE|LOAD|RENAME)'"
)
STORE_DATA = "/var/lib/store"


def unchanged(arena: Arena, rounds: int) -> list[Figure]:
    """Writes of each kind from one look of the daemon to the next, the commit being the same."""
    stage = arena.stage
    until_idle(stage)
    ours = [float(_writes_of_one_loop(stage)) for _ in range(rounds)]
    return [
        Figure(
            name="unchanged",
            unit="writes",
            target=Target(sign="<=", limit=0),
            ours=ours,
            peer=[],
            floor=True,
        )
    ]


def _writes_of_one_loop(stage: Stage) -> int:
    engine = stage.context.engines[0]
    since, objects, statements = time.time(), versions(engine), _statements(stage)
    looked = stage.status().get("looked_at")
    wait_until("another look", lambda: stage.status().get("looked_at") != looked, 60)
    after = versions(engine)
    changed = {
        name for name in objects.keys() | after.keys() if objects.get(name) != after.get(name)
    }
    events = docker(
        engine, "events", "--since", f"{since:.3f}", "--until", f"{time.time():.3f}",
        "--filter", "scope=swarm", "--format", "{{.Type}} {{.Action}}",
    ).splitlines()  # fmt: skip
    return (
        len(changed) + len(events) + _statements(stage) - statements + _store_writes(stage, since)
    )


def _statements(stage: Stage) -> int:
    """The database's own count of statements that can write."""
    return int(float(sql(stage.engines, STATEMENTS)))


def _store_writes(stage: Stage, since: float) -> int:
    """Files of the store that were written since."""
    engine, container = container_of(stage.engines, "store")
    script = f"find {STORE_DATA} -type f -newermt @{since:.3f} | wc -l"
    return int(docker(engine, "exec", container, "sh", "-c", script))


GROUPS = (Group(names=("unchanged",), measure=unchanged),)
