"""A changed setting: one that is live at once, and one that restarts webheads."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.arena import Arena, pause, seen_at, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.engines import Webhead, docker
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES, SITE_DEADLINE_S
from reconciler.core.names import service_name

SITE = FIRST_SITES[0]
WATCHERS_START_S = 0.7
UPLOAD_MB = 40

# Runs in the webhead: prints when its own front page first holds the text. At most 25 s.
WATCH = """
[, $host, $text] = $argv;
$end = microtime(true) + 25;
do {
    $socket = fsockopen('127.0.0.1', 8080);
    fwrite($socket, "GET / HTTP/1.0\\r\\nHost: $host\\r\\nConnection: close\\r\\n\\r\\n");
    if (str_contains(stream_get_contents($socket), $text)) {
        printf('%.3f', microtime(true));
        exit(0);
    }
    usleep(50000);
} while (microtime(true) < $end);
exit(1);
"""


@contextmanager
def site_file(stage: Stage) -> Iterator[None]:
    """Put the site's file back as it was, and wait for it."""
    path = f"sites/{SITE}.json"
    before = (stage.repository.clone / path).read_text(encoding="utf-8")
    try:
        yield
    finally:
        stage.repository.write(path, before)
        stage.repository.commit("As before the benchmark")
        until_idle(stage)


def live_setting(arena: Arena, rounds: int) -> list[Figure]:
    """A title: from the daemon's look to the last webhead that shows it; and how many were replaced."""
    stage = arena.stage
    seconds, restarts = [], []
    with site_file(stage):
        for number in range(rounds):
            until_idle(stage)
            before = stage.webheads(SITE)
            seconds.append(_live_round(stage, before, f"Benchmark {number} {time.time():.0f}"))
            gone = {webhead.id for webhead in before} - {w.id for w in stage.webheads(SITE)}
            restarts.append(float(len(gone)))
    return [
        Figure(
            name="live-setting",
            unit="s",
            target=Target(sign="<=", limit=2),
            ours=seconds,
            peer=[],
        ),
        Figure(
            name="live-setting-restarts",
            unit="webheads",
            target=Target(sign="<=", limit=0),
            ours=restarts,
            peer=[],
            floor=True,
        ),
    ]


def _live_round(stage: Stage, webheads: list[Webhead], title: str) -> float:
    host = f"{stage.host(SITE)}:{stage.port}"

    def shown(webhead: Webhead) -> float:
        engine = stage.engines[webhead.node]
        return float(docker(engine, "exec", webhead.id, "php", "-r", WATCH, "--", host, title))

    with ThreadPoolExecutor(len(webheads)) as pool:
        watchers = [pool.submit(shown, webhead) for webhead in webheads]
        pause(WATCHERS_START_S)
        stage.repository.change_site(SITE, lambda document: document.update(title=title))
        revision = stage.repository.commit("A title for the benchmark")
        last = max(watcher.result() for watcher in watchers)
    return last - seen_at(stage, revision)


def restart_setting(arena: Arena, rounds: int) -> list[Figure]:
    """An upload limit against `docker service update --force`: until two new webheads are healthy
    on two nodes and none of the old ones is left."""
    stage = arena.stage
    ours, peer = [], []
    with site_file(stage):
        for number in range(rounds):
            _until_finished(stage)
            ours.append(roll_by_commit(stage, UPLOAD_MB + number))
            _until_finished(stage)
            peer.append(_restart_by_hand(stage))
        _until_finished(stage)
    return [
        Figure(
            name="restart-setting",
            unit="s",
            target=Target(sign="<=", limit=1.3, of_peer=True),
            ours=ours,
            peer=peer,
            peer_name="docker service update --force",
        )
    ]


def roll_by_commit(stage: Stage, megabytes: int) -> float:
    """Replace every webhead by a changed upload limit; seconds from the daemon's look to the last."""
    old = _ids(stage)
    stage.repository.change_site(SITE, lambda doc: doc.update(uploads={"max_file_mb": megabytes}))
    revision = stage.repository.commit("An upload limit for the benchmark")
    done = _replaced(stage, old)
    return done - seen_at(stage, revision)


def _restart_by_hand(stage: Stage) -> float:
    old = _ids(stage)
    began = time.time()
    engine, name = stage.context.engines[0], service_name(SITE)
    docker(engine, "service", "update", "--quiet", "--detach", "--force", name)
    return _replaced(stage, old) - began


def _ids(stage: Stage) -> set[str]:
    return {webhead.id for webhead in stage.webheads(SITE)}


def _replaced(stage: Stage, old: set[str]) -> float:
    def settled() -> bool:
        found = stage.webheads(SITE)
        nodes = {webhead.node for webhead in found if webhead.healthy}
        return len(found) == len(nodes) == 2 and not old & {webhead.id for webhead in found}

    wait_until("every webhead is new", settled, SITE_DEADLINE_S)
    return time.time()


def _until_finished(stage: Stage) -> None:
    """An update that Swarm still watches would stand in the way of the next."""
    engine, name = stage.context.engines[0], service_name(SITE)

    def finished() -> bool:
        text = docker(engine, "service", "inspect", "--format={{json .UpdateStatus}}", name)
        status = json.loads(text) or {}
        return bool(status.get("State", "completed") == "completed")

    wait_until("the update is over", finished, SITE_DEADLINE_S)
    until_idle(stage)


GROUPS = (
    Group(names=("live-setting", "live-setting-restarts"), measure=live_setting),
    Group(names=("restart-setting",), measure=restart_setting),
)
