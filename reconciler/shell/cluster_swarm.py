"""The Swarm of a local cluster: three managers, labels, limits."""

import json
import time
from collections.abc import Sequence

from reconciler.core.local_cluster import NODE_LABELS, OVERLAY_POOL, Node
from reconciler.errors import StageFailed
from reconciler.shell.cluster_engine import POLL_S, Engine

READY_S = 40
# Generous: what follows a "no" is a new Swarm, and after a reboot everything starts at once.
RECOVERED_S = 90
TASK_HISTORY = "2"


def local_state(node: Node) -> str:
    """`active`, `inactive`, `pending`, `error` or `locked` as the node itself sees it, or ''."""
    template = "--format={{.Swarm.LocalNodeState}}"
    return Engine(node.engine).attempt("info", template, timeout_s=10) or ""


def members(node: Node) -> dict[str, str]:
    """Node name → `Ready Leader`, `Ready Reachable`, `Down Unreachable` as `node` sees it."""
    template = "--format={{.Hostname}} {{.Status}} {{.ManagerStatus}}"
    text = Engine(node.engine).attempt("node", "ls", template, timeout_s=10) or ""
    rows = [line.split(maxsplit=1) for line in text.splitlines()]
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows}


def is_whole(nodes: Sequence[Node]) -> bool:
    """Whether the nodes form one Swarm of ready managers and nobody else is in it."""
    wanted = sorted(node.name for node in nodes)
    return all(
        sorted(seen) == wanted
        and all(state in {"Ready Leader", "Ready Reachable"} for state in seen.values())
        for seen in map(members, nodes)
    )


def wait_whole(nodes: Sequence[Node], deadline_s: float) -> bool:
    end = time.monotonic() + deadline_s
    while not is_whole(nodes):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def stands(nodes: Sequence[Node]) -> bool:
    """Whether a Swarm is there or comes back by itself; nodes that just started need seconds."""
    states = {local_state(node) for node in nodes}
    return states <= {"active", "pending"} and wait_whole(nodes, RECOVERED_S)


def leave(nodes: Sequence[Node]) -> list[Node]:
    """Take every node out of whatever Swarm it is in; returns those that cannot leave."""
    for node in nodes:
        if local_state(node) != "inactive":
            Engine(node.engine).attempt("swarm", "leave", "--force", timeout_s=30)
    return [node for node in nodes if local_state(node) != "inactive"]


def form(nodes: Sequence[Node]) -> None:
    """Make one Swarm of nodes that are in none; all become managers.

    Raises StageFailed when they are not all ready in time.
    """
    first, *others = nodes
    leader = Engine(first.engine)
    pool = ("--default-addr-pool", OVERLAY_POOL, "--default-addr-pool-mask-length", "24")
    limits = ("--task-history-limit", TASK_HISTORY)
    leader.out("swarm", "init", *_addresses(first), *pool, *limits, timeout_s=60)
    token = leader.out("swarm", "join-token", "--quiet", "manager")
    for node in others:
        address = f"{first.address}:2377"
        # The token is in the argument list for a moment; it opens a bridge of this machine only,
        # and `docker swarm join` takes it no other way.
        join = ("swarm", "join", *_addresses(node), "--token", token, address)
        Engine(node.engine).out(*join, timeout_s=60)
    if not wait_whole(nodes, READY_S):
        raise StageFailed("cluster", f"the nodes are not all ready within {READY_S} s")


def _addresses(node: Node) -> tuple[str, ...]:
    listen = ("--listen-addr", f"{node.address}:2377")
    return (*listen, "--advertise-addr", node.address, "--data-path-addr", node.address)


def label(nodes: Sequence[Node]) -> None:
    """Give each node its placement labels; one that has them is not written to."""
    leader = Engine(nodes[0].engine)
    for node in nodes:
        text = leader.out("node", "inspect", "--format={{json .Spec.Labels}}", node.name)
        have = json.loads(text) or {}
        missing = [key for key in NODE_LABELS.get(node.name, ()) if have.get(key) != "true"]
        if missing:
            added = [f"--label-add={key}=true" for key in missing]
            leader.out("node", "update", *added, node.name)


def wait_ready(witnesses: Sequence[Node], node: Node, deadline_s: float) -> bool:
    """Whether every witness sees `node` as a ready manager before `deadline_s` seconds are over."""
    end = time.monotonic() + deadline_s
    good = {"Ready Leader", "Ready Reachable"}
    while not all(members(witness).get(node.name) in good for witness in witnesses):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True
