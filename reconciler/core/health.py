"""Is a site up? Decided from tasks and nodes, never from a service's own count."""

from dataclasses import dataclass
from typing import Literal

from reconciler.core.model import ObservedCluster

FAILED_ATTEMPTS = 3
# https://docs.docker.com/reference/api/engine/, Service.UpdateStatus.State
PAUSED = frozenset({"paused", "rollback_paused"})


@dataclass(frozen=True, slots=True)
class Health:
    """Where a roll-out stands: `waiting`, `healthy`, or `failed` with the first task's error."""

    state: Literal["waiting", "healthy", "failed"]
    nodes: tuple[str, ...]
    reason: str = ""


def judge(cluster: ObservedCluster, service: str, replicas: int) -> Health:
    """Healthy: `replicas` running tasks of the present spec, each on a ready node of its own.

    With fewer ready nodes than replicas, one on each ready node must do: the nodes' loss is
    reported where nodes are, and no spec could do better. Three failed tasks of the
    present spec end the wait: Swarm itself never gives up.
    """
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
    reason = next((task.error for task in failed if task.error), "")
    return Health("waiting", nodes, reason or f"{len(nodes)} of {wanted} webheads are healthy")


def is_stalled(cluster: ObservedCluster, service: str) -> bool:
    """Whether Swarm gave a roll-out up half way, though the spec may be good: a node that dies in the
    middle of it counts as the new task's failure. The same spec, written again, goes on with it.

    A service that is healthy in spite of it needs no write.
    """
    live = cluster.services.get(service)
    if live is None or live.update_state not in PAUSED:
        return False
    replicated = live.spec["Mode"].get("Replicated")
    replicas = replicated["Replicas"] if replicated else len(cluster.ready_nodes)
    return judge(cluster, service, replicas).state != "healthy"


def has_spare_node(cluster: ObservedCluster, service: str) -> bool:
    """Whether a task more of the service finds a ready node that holds none.

    What a superseded roll-out left counts too: with a task on each of three nodes, a fourth can only
    wait for ever where there may be one per node (moby/moby#40797).
    """
    held = {
        task.node
        for task in cluster.tasks
        if task.service == service and task.state in {"starting", "running"}
    }
    return any(node.name not in held for node in cluster.ready_nodes)
