"""Each node is killed in turn under load through the front; every request is counted."""

import pytest

from demo.load import load
from demo.stage import Stage, cluster_command, wait_until
from demo.steps import FIRST_SITES

pytestmark = pytest.mark.e2e
SITE = FIRST_SITES[0]
LONGEST_MS = 5_000
IN_FLIGHT = 2


@pytest.mark.parametrize("node", ["node1", "node2", "node3"])
def test_a_site_outlives_the_death_of_a_node(stage: Stage, node: str) -> None:
    shares = node != "node1"  # node2 has the database, node3 the store and the registry
    stage.until_live(SITE, 120)
    with load(stage.http, stage.host(SITE), per_second=10) as tally:
        cluster_command("kill", node, "--name", stage.context.name)
        if shares:
            wait_until("the load meets the dead node", lambda: tally.requests > 50, 60)
        else:
            wait_until("two webheads live", lambda: len(stage.spread(SITE) - {node}) >= 2, 120)
    with load(stage.http, stage.host(SITE), per_second=10) as back:
        cluster_command("revive", node, "--name", stage.context.name)
        wait_until("pages come again", lambda: stage.is_up(SITE), 120)
        stage.until_live(SITE, 120)
    print(f"{node} died: {tally}; while it came back: {back}")
    assert tally.slowest <= LONGEST_MS
    assert back.slowest <= LONGEST_MS
    if not shares:
        assert len(tally.failures) <= IN_FLIGHT, tally.failures
        assert back.failures == []
    wait_until("the daemon is content", lambda: stage.status().get("error") is None, 120)
