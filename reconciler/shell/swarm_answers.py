"""Translate the engine's answers into the core's values. Plain functions, tested on recorded answers."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.model import Node, Service, Stored, Task, TaskState

# https://docs.docker.com/engine/swarm/how-swarm-mode-works/swarm-task-states/
TASK_STATES: Mapping[str, TaskState] = {
    "running": "running",
    "complete": "ended",
    "shutdown": "ended",
    "remove": "ended",
    "failed": "failed",
    "rejected": "failed",
    "orphaned": "failed",
}


def to_service(raw: Mapping[str, Any], networks: Mapping[str, str]) -> Service:
    """`networks`: id → name. The spec comes back by names, as the core writes it."""
    spec = dict(raw["Spec"])
    template = dict(spec["TaskTemplate"])
    template["Networks"] = [
        {**attachment, "Target": networks.get(attachment["Target"], attachment["Target"])}
        for attachment in template.get("Networks") or []
    ]
    spec["TaskTemplate"] = template
    return Service(
        id=raw["ID"],
        version=raw["Version"]["Index"],
        spec=spec,
        update_state=(raw.get("UpdateStatus") or {}).get("State", ""),
    )


def to_task(raw: Mapping[str, Any], service: Mapping[str, Any], nodes: Mapping[str, Node]) -> Task:
    """A task, and whether its spec is its service's present one (orchestrator/task.go compares both)."""
    node = nodes.get(raw.get("NodeID", ""))
    status = raw.get("Status") or {}
    template = service["Spec"]["TaskTemplate"]
    current = all(
        _same(template.get(key), raw["Spec"].get(key))
        for key in ("ContainerSpec", "Resources", "Networks", "LogDriver", "RestartPolicy")
    ) and template.get("ForceUpdate", 0) == raw["Spec"].get("ForceUpdate", 0)
    return Task(
        service=service["Spec"]["Name"],
        node=node.name if node else "",
        state=TASK_STATES.get(status.get("State", ""), "starting"),
        current=current,
        wanted=raw.get("DesiredState") in ("running", "ready", "complete"),
        error=str(status.get("Err", ""))[:300],
        slot=raw.get("Slot", 0),
    )


def _same(wanted: Any, found: Any) -> bool:
    return (wanted or None) == (found or None)


def to_node(raw: Mapping[str, Any]) -> Node:
    """Ready: up, and neither drained nor paused."""
    manager = raw.get("ManagerStatus") or {}
    return Node(
        id=raw["ID"],
        name=raw["Description"]["Hostname"],
        address=raw["Status"].get("Addr", ""),
        ready=raw["Status"]["State"] == "ready" and raw["Spec"]["Availability"] == "active",
        leader=bool(manager.get("Leader")),
        labels=raw["Spec"].get("Labels") or {},
    )


def to_stored(raw: Mapping[str, Any]) -> Stored:
    """A config or a secret, without its data."""
    return Stored(
        id=raw["ID"], version=raw["Version"]["Index"], labels=raw["Spec"].get("Labels") or {}
    )
