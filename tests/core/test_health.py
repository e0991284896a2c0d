"""A site is up when enough tasks of its present spec run on ready nodes of their own."""

from dataclasses import replace

import pytest

from reconciler.core.health import has_spare_node, is_stalled, judge
from reconciler.core.model import Node, ObservedCluster, Service, Task, TaskState


def node(name: str, *, ready: bool = True) -> Node:
    return Node(id=name, name=name, address="", ready=ready)


def task(on: str, state: TaskState = "running", *, current: bool = True, error: str = "") -> Task:
    return Task(service="s", node=on, state=state, current=current, wanted=True, error=error)


def cluster(nodes: tuple[Node, ...], *tasks: Task) -> ObservedCluster:
    return ObservedCluster(
        services={}, tasks=tasks, nodes=nodes, networks={}, configs={}, secrets={}
    )


THREE = (node("a"), node("b"), node("c"))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (cluster(THREE), "waiting"),
        (cluster(THREE, task("a")), "waiting"),
        (cluster(THREE, task("a"), task("b")), "healthy"),
        (cluster(THREE, task("a"), task("a")), "waiting"),
        (cluster(THREE, task("a"), task("b", current=False)), "waiting"),
        (cluster(THREE, task("a"), task("b", "starting")), "waiting"),
        (cluster((node("a"), node("b", ready=False), node("c")), task("a"), task("b")), "waiting"),
        (cluster((node("a"), node("b", ready=False)), task("a")), "healthy"),
        (cluster(THREE, task("a"), *[task("b", "failed", error="exit 1")] * 3), "failed"),
        (cluster(THREE, task("a"), *[task("b", "failed", current=False)] * 3), "waiting"),
    ],
)
def test_health_is_judged_from_tasks_and_nodes(found: ObservedCluster, state: str) -> None:
    assert judge(found, "s", 2).state == state


def test_a_failure_carries_the_first_task_error() -> None:
    health = judge(cluster(THREE, *[task("b", "failed", error="exit 1")] * 3), "s", 2)
    assert (health.reason, health.nodes) == ("exit 1", ())


@pytest.mark.parametrize(
    ("found", "spare"),
    [
        (cluster(THREE, task("a"), task("b")), True),
        (cluster(THREE, task("a"), task("b"), task("c", "ended")), True),
        (cluster(THREE, task("a", current=False), task("b", current=False), task("c")), False),
        (cluster(THREE, task("a"), task("b"), task("c", "starting")), False),
        (cluster((node("a"), node("b"), node("c", ready=False)), task("a"), task("b")), False),
    ],
)
def test_a_node_is_spare_only_where_nothing_of_the_service_is(
    found: ObservedCluster, *, spare: bool
) -> None:
    assert has_spare_node(found, "s") is spare


@pytest.mark.parametrize(
    ("state", "tasks", "stalled"),
    [
        ("paused", (task("a"), task("b", current=False)), True),
        ("rollback_paused", (task("a"),), True),
        ("paused", (task("a"), task("b")), False),
        ("updating", (task("a"), task("b", current=False)), False),
        ("", (task("a"),), False),
    ],
)
def test_a_roll_out_that_swarm_gave_up_half_way_is_stalled(
    state: str, tasks: tuple[Task, ...], *, stalled: bool
) -> None:
    spec = {"Mode": {"Replicated": {"Replicas": 2}}}
    service = Service(id="s", version=1, spec=spec, update_state=state)
    assert is_stalled(replace(cluster(THREE, *tasks), services={"s": service}), "s") is stalled


def test_a_service_on_every_node_is_stalled_until_every_ready_node_has_it() -> None:
    service = Service(id="s", version=1, spec={"Mode": {"Global": {}}}, update_state="paused")
    half = replace(cluster(THREE, task("a"), task("b")), services={"s": service})
    whole = replace(half, tasks=(*half.tasks, task("c")))
    assert (is_stalled(half, "s"), is_stalled(whole, "s")) == (True, False)
