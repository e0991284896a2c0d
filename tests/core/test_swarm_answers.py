"""The engine's answers, as recorded from Engine 26.1, become the core's values."""

from typing import Any

from reconciler.core.model import Node
from reconciler.shell.swarm_answers import to_node, to_service, to_task

SERVICE: dict[str, Any] = {
    "ID": "s1",
    "Version": {"Index": 42},
    "Spec": {
        "Name": "wpaas_chess-club",
        "Labels": {"wpaas.site": "chess-club"},
        "TaskTemplate": {
            "ContainerSpec": {"Image": "i@sha256:a"},
            "Networks": [{"Target": "n1", "Aliases": ["x"]}],
            "ForceUpdate": 0,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 2}},
    },
    "UpdateStatus": {"State": "completed"},
}
NODES = {"d1": Node(id="d1", name="node1", address="", ready=True)}


def task(state: str = "running", **spec: Any) -> dict[str, Any]:
    own = {
        "ContainerSpec": {"Image": "i@sha256:a"},
        "Networks": [{"Target": "n1", "Aliases": ["x"]}],
    }
    return {
        "ServiceID": "s1", "NodeID": "d1", "Slot": 1, "DesiredState": "running",
        "Spec": {**own, "ForceUpdate": 0, **spec},
        "Status": {"State": state, "Err": "task: non-zero exit (1)" if state == "failed" else ""},
    }  # fmt: skip


def test_a_service_names_its_networks() -> None:
    service = to_service(SERVICE, {"n1": "wpaas-sites-0"})
    assert service.spec["TaskTemplate"]["Networks"][0]["Target"] == "wpaas-sites-0"
    assert (service.version, service.update_state) == (42, "completed")


def test_a_task_of_the_present_spec_is_current() -> None:
    assert to_task(task(), SERVICE, NODES).current
    assert not to_task(task(ContainerSpec={"Image": "old"}), SERVICE, NODES).current
    assert not to_task(task(ForceUpdate=1), SERVICE, NODES).current


def test_states_are_four() -> None:
    states = ("running", "preparing", "failed", "rejected", "complete", "shutdown")
    assert [to_task(task(state), SERVICE, NODES).state for state in states] == [
        "running", "starting", "failed", "failed", "ended", "ended",
    ]  # fmt: skip


def test_a_drained_node_is_not_ready() -> None:
    raw = {
        "ID": "d1", "Description": {"Hostname": "node1"},
        "Spec": {"Availability": "drain", "Role": "manager"},
        "Status": {"State": "ready", "Addr": "10.0.0.1"}, "ManagerStatus": {"Leader": True},
    }  # fmt: skip
    assert (to_node(raw).ready, to_node(raw).leader) == (False, True)
    raw["Spec"] = {"Availability": "active"}
    assert to_node(raw).ready
