"""A site is up when enough tasks of its present spec run on ready nodes of their own."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from reconciler.core.health import has_spare_node, is_stalled, judge, order_of_roll_out
from reconciler.core.model import Node, ObservedCluster, Service, Task, TaskState


def node(name: str, *, ready: bool = True) -> Node:
    return Node(id=name, name=name, address="", ready=ready)


def task(on: str, state: TaskState = "running", *, current: bool = True, error: str = "") -> Task:
    return Task(service="s", node=on, state=state, current=current, wanted=True, error=error)


def of_service(
    nodes: tuple[Node, ...],
    *tasks: Task,
    state: str = "",
    order: str = "start-first",
    mode: Mapping[str, Any] = MappingProxyType({"Replicated": {"Replicas": 2}}),
) -> ObservedCluster:
    spec = {"Mode": mode, "UpdateConfig": {"Order": order}}
    services = {"s": Service(id="s", version=1, spec=spec, update_state=state)}
    return ObservedCluster(
        services=services, tasks=tasks, nodes=nodes, networks={}, configs={}, secrets={}
    )


def cluster(nodes: tuple[Node, ...], *tasks: Task) -> ObservedCluster:
    return of_service(nodes, *tasks)


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


PENDING = task("", "starting")


@pytest.mark.parametrize(
    ("state", "order", "tasks", "stalled"),
    [
        ("paused", "stop-first", (task("a"), task("b", current=False)), True),
        ("rollback_paused", "stop-first", (task("a"),), True),
        ("paused", "stop-first", (task("a"), task("b")), False),
        ("paused", "stop-first", (task("a"), task("b", "starting")), False),
        ("paused", "stop-first", (task("a"), PENDING), False),
        ("updating", "start-first", (task("a"), task("b", current=False)), False),
        ("", "start-first", (task("a"),), False),
        # One per node, a fourth wanted: nothing will ever move.
        (
            "updating",
            "start-first",
            (task("a"), task("b", current=False), task("c", current=False), PENDING),
            True,
        ),
        (
            "paused",
            "start-first",
            (task("a"), task("b", current=False), task("c", current=False), PENDING),
            True,
        ),
        (
            "updating",
            "stop-first",
            (task("a"), task("b", current=False), task("c", current=False), PENDING),
            False,
        ),
        ("updating", "start-first", (task("a"), task("b", current=False), PENDING), False),
    ],
)
def test_a_roll_out_that_cannot_go_on_by_itself_is_stalled(
    state: str, order: str, tasks: tuple[Task, ...], *, stalled: bool
) -> None:
    found = of_service(THREE, *tasks, state=state, order=order)
    assert is_stalled(found, "s") is stalled
    assert (judge(found, "s", 2).state == "stalled") is stalled
    if stalled:
        assert order_of_roll_out(found, "s") == "stop-first"


def test_a_service_on_every_node_is_stalled_until_every_ready_node_has_it() -> None:
    half = of_service(THREE, task("a"), task("b"), state="paused", mode={"Global": {}})
    whole = replace(half, tasks=(*half.tasks, task("c")))
    assert (is_stalled(half, "s"), is_stalled(whole, "s")) == (True, False)


def test_a_service_that_is_gone_is_not_waited_for() -> None:
    found = replace(cluster(THREE), services={})
    assert judge(found, "s", 2).state == "failed"
