"""Changes under load: no visitor meets a failed page. Behaviour 14, and scaling and draining."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lab import Lab, own_site

from demo.engines import docker
from demo.load import Tally, load
from demo.stage import Stage, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.alone]
# Most visitors see what an edge keeps; the others make a webhead work for each page.
KEPT_PER_S, MADE_PER_S = 48, 2
WARM_REQUESTS = 100
CHANGE_S = 180
# An edge waits longer for a page of somebody who is logged in. A drain has each site's webheads of that
# node start at the same moment, some twenty after the other tests, where three nodes share two cores: a
# visitor's page that is made meanwhile may take over the 3.7 s that an edge gives it (ARCHITECTURE.md).
AUTHOR = "wordpress_logged_in_x=1"


@pytest.fixture(scope="module")
def rolled(stage: Stage) -> Iterator[Lab]:
    """A site that this file changes all the time."""
    with own_site(stage, "rolled-lab") as made:
        yield made


@contextmanager
def visitors(lab: Lab, cookie: str = "") -> Iterator[tuple[Tally, Tally]]:
    """50 requests a second through the front; what was seen of kept pages, and of pages made anew, which
    are asked for with the cookie."""
    count = itertools.count()
    address, host = lab.stage.http, lab.host
    with (
        load(address, host, per_second=KEPT_PER_S, clients=8) as kept,
        load(
            address, host, per_second=MADE_PER_S, path=lambda: f"/?s=w{next(count)}", cookie=cookie
        ) as made,
    ):
        wait_until("the load is on", lambda: kept.requests > WARM_REQUESTS, 60)
        yield kept, made


def spared(lab: Lab, tallies: tuple[Tally, Tally], what: str) -> None:
    """No request failed. The figures are printed, for the README."""
    kept, made = tallies
    print(f"{what}: kept pages {kept}; pages made anew {made}")
    assert kept.failures + made.failures == []


@pytest.mark.parametrize("megabytes", [17, 18, 19])
def test_14_a_rolling_update_fails_no_request(rolled: Lab, megabytes: int) -> None:
    old = {webhead.id for webhead in rolled.until_live()}
    with visitors(rolled) as seen:
        rolled.change(uploads={"max_file_mb": megabytes})
        rolled.stage.until_all_new(rolled.site, old, CHANGE_S)
    spared(rolled, seen, f"update {megabytes}")


def test_14_scaling_up_and_down_fails_no_request(rolled: Lab) -> None:
    rolled.until_live()
    with visitors(rolled) as seen:
        for count in (3, 2):
            rolled.change(replicas=count)
            wait_until(
                f"{count} webheads",
                lambda count=count: [w.healthy for w in rolled.webheads()] == [True] * count,  # type: ignore[misc]
                CHANGE_S,
            )
    spared(rolled, seen, "2 to 3 to 2 webheads")


def test_14_draining_a_node_fails_no_request(rolled: Lab) -> None:
    webheads = rolled.until_live()
    # Its other nodes have services that are not doubled.
    if "node1" not in {webhead.node for webhead in webheads}:
        rolled.change(uploads={"max_file_mb": 20})
        rolled.stage.until_all_new(rolled.site, {webhead.id for webhead in webheads}, CHANGE_S)
    leader = rolled.stage.context.engines[1]
    name = node_name(rolled, "node1")
    with visitors(rolled, AUTHOR) as seen:
        docker(leader, "node", "update", "--availability=drain", name)
        try:
            wait_until(
                "the node is empty",
                lambda: (
                    sorted((w.node, w.healthy) for w in rolled.webheads())
                    == [("node2", True), ("node3", True)]
                ),
                CHANGE_S,
            )
        finally:
            docker(leader, "node", "update", "--availability=active", name)
    spared(rolled, seen, "node1 drained")


def node_name(lab: Lab, node: str) -> str:
    """What the Swarm calls a node."""
    return docker(lab.stage.engines[node], "info", "--format={{.Name}}").strip()
