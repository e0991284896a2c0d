"""The daemon is killed with SIGKILL in the midst of each kind of work; the next one converges."""

import json
import signal
from collections.abc import Iterator

import pytest
from shared_services import paused

from demo.engines import docker, sql
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES, allow

pytestmark = pytest.mark.e2e
SITE = FIRST_SITES[0]
PLUGIN = "<?php\n/*\n * Plugin Name: Killed\n * Version: 1.0.0\n */\n"


class Journal:
    """The operations that the daemon wrote down since this was made."""

    def __init__(self, stage: Stage) -> None:
        self._path = stage.context.state / "journal.jsonl"
        self._seen = len(self._path.read_bytes())

    def has(self, operation: str) -> bool:
        """Whether one begins so ("SITE: create database")."""
        with self._path.open("rb") as file:
            file.seek(self._seen)
            lines = [json.loads(line) for line in file.read().split(b"\n")[:-1]]
        return any(line.get("operation", "").startswith(operation) for line in lines)


@pytest.fixture(scope="module")
def kills(stage: Stage) -> Iterator[Stage]:
    """The stage with nothing left to do; the sites that were made go one by one, as the guard wants."""
    stage.until_applied(stage.repository.head(), 120)
    yield stage
    if stage.daemon_pid() is None:
        stage.start_daemon()
    remove_others(stage, "")
    stage.until_applied(stage.repository.commit("The last of them closes"), 60)


def remove_others(stage: Stage, name: str) -> None:
    """Take the file of the site before `name` out of the clone, without a commit."""
    made = (stage.repository.clone / "sites").glob("killed-*.json")
    stage.repository.remove([f"sites/{path.name}" for path in made if path.stem != name])


def kill(stage: Stage) -> None:
    """SIGKILL, and another daemon."""
    stage.stop_daemon(signal.SIGKILL)
    stage.start_daemon()


@pytest.mark.parametrize(
    "operation",
    [
        "platform: push table",
        "SITE: create database",
        "SITE: create bucket",
        "SITE: create secret",
        "SITE: create config",
        "SITE: run install",
        "SITE: create service",
    ],
)
def test_a_new_site_is_whole_whatever_its_daemon_was_killed_after(
    kills: Stage, operation: str
) -> None:
    """What ends one operation begins the next: the install job is killed at after the config."""
    site = f"killed-{operation.rsplit(maxsplit=1)[-1]}"
    journal = Journal(kills)
    remove_others(kills, site)
    kills.repository.add_site(site)
    commit = kills.repository.commit(f"Add {site}")
    wait_until(operation, lambda: journal.has(operation.replace("SITE", site)), 60)
    kill(kills)
    kills.until_applied(commit, 120)
    kills.until_live(site, 30)
    services = docker(kills.context.engines[0], "service", "ls", "--format", "{{.Name}}").split()
    assert [name for name in services if site in name] == [f"wpaas_{site}"]
    database = f"site_{site.replace('-', '_')}"
    assert sql(kills.engines, f"SELECT COUNT(*) FROM {database}.wp_users") == "1"
    hello = f"SELECT COUNT(*) FROM {database}.wp_posts WHERE post_name = 'hello-world'"
    assert sql(kills.engines, hello) == "1"


@pytest.mark.parametrize("moment", ["waiting", "made"])
def test_a_new_image_is_rolled_out_whatever_its_daemon_was_killed_at(
    kills: Stage, moment: str
) -> None:
    """While the registry keeps it waiting for its first answer, and when the image has just been made."""
    slug, journal = f"killed-{moment}", Journal(kills)
    before = {webhead.image for webhead in kills.webheads(SITE)}
    kills.repository.write(f"image/plugins/{slug}/{slug}.php", PLUGIN)
    allow(kills, slug)
    if moment == "waiting":
        with paused(kills, "registry"):
            commit = kills.repository.commit(f"Allow {slug}")
            wait_until("it waits", lambda: kills.status().get("stage") == "image", 60)
            kill(kills)
    else:
        commit = kills.repository.commit(f"Allow {slug}")
        wait_until("it is made", lambda: journal.has("platform: create image"), 60)
        kill(kills)
    kills.until_applied(commit, 120)
    kills.until_live(SITE, 60)
    after = {webhead.image for webhead in kills.webheads(SITE)}
    assert len(after) == 1
    assert not after & before
