"""The node containers of a local cluster and the bridge they are on."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from reconciler.core.local_cluster import (
    CLUSTER_LABEL,
    DIGEST_LABEL,
    Layout,
    Machine,
    Node,
    digest_of,
    free_subnets,
    routed_subnets,
)
from reconciler.errors import StageFailed
from reconciler.shell.cluster_engine import Engine

OUTER = Engine()
ENGINE_READY_S = 60
CGROUPS = Path("/sys/fs/cgroup")
Ensured = Literal["kept", "started", "made"]


def machine() -> Machine:
    """Read what this machine gives to a container. Linux only (proc(5), cgroups(7))."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("CapBnd:"))
    socket = Path(builder_address().removeprefix("unix://"))
    return Machine(
        bounding_set=int(line.split()[1], 16),
        cgroup_version=2 if (CGROUPS / "cgroup.controllers").exists() else 1,
        socket_gid=socket.stat().st_gid if socket.exists() else 0,
    )


def builder_address() -> str:
    """Address of the machine's own engine, which builds images."""
    return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


def subnet_of(bridge: str) -> str | None:
    """Subnet of a bridge of ours, or None where it does not exist or is half made."""
    text = OUTER.attempt("network", "inspect", bridge)
    found = json.loads(text) if text else []
    ours = [n for n in found if CLUSTER_LABEL in (n.get("Labels") or {})]
    configs = ours[0].get("IPAM", {}).get("Config") if ours else None
    return str(configs[0]["Subnet"]) if configs and configs[0].get("Subnet") else None


def ensure_network(name: str) -> str:
    """The subnet of the cluster's bridge, which is made where it is missing.

    A subnet that another cluster takes at the same moment is refused by the engine; then the
    next one is tried. Raises StageFailed when none of the first ten can be had.
    """
    bridge = f"wpaas-{name}"
    if subnet := subnet_of(bridge):
        return subnet
    OUTER.attempt("network", "rm", bridge)
    for subnet in free_subnets(_taken_subnets())[:10]:
        label = f"--label={CLUSTER_LABEL}={name}"
        if OUTER.attempt("network", "create", label, f"--subnet={subnet}", bridge) is not None:
            return subnet
    raise StageFailed(
        "cluster", f"no subnet for the bridge {bridge}", fix="free one of 10.231.0.0/16"
    )


def _taken_subnets() -> list[str]:
    ids = OUTER.out("network", "ls", "--quiet").split()
    template = "{{range .IPAM.Config}}{{.Subnet}} {{end}}"
    docker = (OUTER.attempt("network", "inspect", f"--format={template}", *ids) or "").split()
    return docker + routed_subnets(Path("/proc/net/route").read_text(encoding="ascii"))


def ensure_running(container: str, argv: Sequence[str]) -> Ensured:
    """Have `container` run as `argv` says; one made by other arguments is replaced.

    Its volumes are kept. Raises StageFailed when it cannot be started.
    """
    state = '{{.State.Status}} {{index .Config.Labels "' + DIGEST_LABEL + '"}}'
    found = OUTER.attempt("container", "inspect", f"--format={state}", container)
    match found.split() if found else []:
        case ["running", digest] if digest == digest_of(argv):
            return "kept"
        case ["exited", digest] if digest == digest_of(argv):
            if OUTER.attempt("start", container, timeout_s=60) is not None:
                return "started"
        case _:
            pass
    OUTER.attempt("rm", "--force", container, timeout_s=60)
    OUTER.out(*argv, timeout_s=60)
    return "made"


def bring_up(node: Node, argv: Sequence[str]) -> Ensured:
    """A node whose engine answers. What an interrupted run broke is made again, disk last of all.

    Raises StageFailed, with the end of the node's log, when even a fresh node does not answer.
    """
    ensured = ensure_running(node.container, argv)
    if Engine(node.engine).wait(ENGINE_READY_S):
        return ensured
    renew(node, argv)
    return "made"


def renew(node: Node, argv: Sequence[str]) -> None:
    """Make a node again on an empty disk."""
    OUTER.attempt("rm", "--force", node.container, timeout_s=60)
    OUTER.attempt("volume", "rm", "--force", node.volume, timeout_s=60)
    OUTER.out(*argv, timeout_s=60)
    if not Engine(node.engine).wait(ENGINE_READY_S):
        raise StageFailed(
            "cluster",
            f"the engine does not answer within {ENGINE_READY_S} s",
            where=node.name,
            fix=f"read `docker logs --tail 20 {node.container}`",
        )


def exist(cluster: str) -> bool:
    """Whether any container of the cluster is there, running or not. Raises StageFailed."""
    label = f"--filter=label={CLUSTER_LABEL}={cluster}"
    return bool(OUTER.out("ps", "--all", "--quiet", label))


def status_of(container: str) -> str:
    """Docker's word for the container's state, or `missing`."""
    found = OUTER.attempt("container", "inspect", "--format={{.State.Status}}", container)
    return found or "missing"


def kill(node: Node) -> None:
    """The node dies at once, as by a power cut."""
    OUTER.out("kill", node.container)


def start(node: Node) -> None:
    """Start a node that was killed, on the disk it had."""
    OUTER.out("start", node.container, timeout_s=60)


def remove_all(layout: Layout) -> None:
    """Remove every container, volume, network, socket and cgroup of the cluster's name."""
    label = f"--filter=label={CLUSTER_LABEL}={layout.name}"
    containers = OUTER.out("ps", "--all", "--quiet", label).split()
    if containers:
        OUTER.out("rm", "--force", "--volumes", *containers, timeout_s=120)
    for node in layout.nodes:
        OUTER.attempt("volume", "rm", "--force", node.volume, timeout_s=60)
        if os.geteuid() == 0:
            _remove_cgroups(node.cgroup.removeprefix("/"))
    if OUTER.attempt("network", "inspect", layout.bridge) is not None:
        OUTER.out("network", "rm", layout.bridge)
    shutil.rmtree(Path(layout.nodes[0].socket_dir).parent, ignore_errors=True)


def _remove_cgroups(name: str) -> None:
    """Remove the empty groups that killed nodes left; one that is still in use stays."""
    for top in CGROUPS.glob(f"*/{name}"):
        for folder, _, _ in sorted(os.walk(top), reverse=True):
            try:
                Path(folder).rmdir()
            except OSError:
                break
