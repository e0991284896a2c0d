"""Is a site up? Decided from tasks and nodes, never from a service's own count."""

from dataclasses import dataclass
from typing import Literal

from reconciler.core.model import ObservedCluster, Service

FAILED_ATTEMPTS = 3
# https://docs.docker.com/reference/api/engine/, Service.UpdateStatus.State
PAUSED = frozenset({"paused", "rollback_paused"})
STALLED = "its roll-out stopped half way"
Order = Literal["start-first", "stop-first"]


@dataclass(frozen=True, slots=True)
class Health:
    """Where a roll-out stands.

    `waiting`, `healthy`, `stalled` (see `is_stalled`), or `failed` with the first task's error.
    """

    state: Literal["waiting", "healthy", "stalled", "failed"]
    nodes: tuple[str, ...]
    reason: str = ""


def judge(cluster: ObservedCluster, service: str, replicas: int) -> Health:
    """Healthy: `replicas` running tasks of the present spec, each on a ready node of its own.

    With fewer ready nodes than replicas, one on each ready node must do: the nodes' loss is
    reported where nodes are, and no spec could do better. Three failed tasks of the
    present spec end the wait: Swarm itself never gives up.
    """
    if service not in cluster.services:
        return Health("failed", (), "the service is gone")
    healthy = cluster.healthy(service)
    nodes = tuple(sorted({task.node for task in healthy}))
    wanted = min(replicas, max(1, len(cluster.ready_nodes)))
    if len(nodes) >= wanted:
        return Health("healthy", nodes)
    failed = [
        task
        for task in cluster.tasks
        if task.service == service and task.current and task.state == "failed"
    ]
    if len(failed) >= FAILED_ATTEMPTS:
        return Health("failed", nodes, failed[0].error or "the tasks end at once")
    if is_stalled(cluster, service):
        return Health("stalled", nodes, STALLED)
    reason = next((task.error for task in failed if task.error), "")
    return Health("waiting", nodes, reason or f"{len(nodes)} of {wanted} are healthy")


def is_stalled(cluster: ObservedCluster, service: str) -> bool:
    """Whether a roll-out stands still, though its spec may be good; written again, it goes on.

    Two ways lead there. Swarm pauses it when a new task fails, and a dying node's task counts as
    failed. And a start-first roll-out jams when the node that was free for it is taken meanwhile: one
    more task can only wait for ever where there may be one per node (moby/moby#40797).
    A service with all its tasks of the present spec does not stand still, whatever Swarm says of it.
    """
    live = cluster.services.get(service)
    if live is None or live.update_state not in {*PAUSED, "updating"}:
        return False
    if len(cluster.healthy(service)) >= _replicas(cluster, live):
        return False
    spare = has_spare_node(cluster, service)
    coming = [
        task
        for task in cluster.tasks
        if task.service == service and task.wanted and task.current and task.state == "starting"
    ]
    if live.update_state in PAUSED:
        return not any(task.node or spare for task in coming)
    start_first = (live.spec.get("UpdateConfig") or {}).get("Order") == "start-first"
    return start_first and not spare and any(not task.node for task in coming)


def _replicas(cluster: ObservedCluster, live: Service) -> int:
    replicated = live.spec["Mode"].get("Replicated")
    ready = len(cluster.ready_nodes)
    return min(replicated["Replicas"], ready) if replicated else ready


def order_of_roll_out(cluster: ObservedCluster, service: str) -> Order:
    """Start-first where a node is free for it; one that stands still goes on stop-first.

    By the time it is written again Swarm may have put a task on the node that seemed free.
    """
    stalled = is_stalled(cluster, service)
    return "start-first" if has_spare_node(cluster, service) and not stalled else "stop-first"


def has_spare_node(cluster: ObservedCluster, service: str) -> bool:
    """Whether a task more of the service finds a ready node that holds none.

    What a superseded roll-out left counts too.
    """
    held = {
        task.node
        for task in cluster.tasks
        if task.service == service and task.state in {"starting", "running"}
    }
    return any(node.name not in held for node in cluster.ready_nodes)
