"""The local three-node cluster: up, down, status, kill, revive.

`up` has one rule: look, and change only what is not as wanted. So it heals what an interrupted run
left, ends in seconds where all is well, and then changes nothing.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from reconciler.core.local_cluster import (
    FRONT_IMAGE,
    NODE_IMAGE,
    PLATFORM_IMAGES,
    Layout,
    Node,
    context,
    front_argv,
    node_argv,
)
from reconciler.errors import StageFailed, UsageError
from reconciler.shell import cluster_images as images
from reconciler.shell import cluster_nodes as nodes_of
from reconciler.shell import cluster_swarm as swarm
from reconciler.shell.cluster_engine import Engine

# One finished step: what was done, in how many seconds.
Progress = Callable[[str, float], None]
DEFAULT_PORT = 8080
MASTER_KEY_BYTES = 32


def up(root: Path, name: str, port: int | None, progress: Progress) -> Path:
    """Have the cluster `name` run, published on 127.0.0.1:`port`; returns its context file.

    `root` is the clone. Without a port: the one it has, else the first free pair from 8080.
    Raises StageFailed where the machine does not give what is needed.
    """
    _need_engine()
    state = root / ".wpaas" / name
    state.mkdir(parents=True, exist_ok=True)
    with _alone(root, name):
        clock = _Clock(progress)
        _own(state, name)
        platform = {n: images.local_tag(n) for n in PLATFORM_IMAGES if _has_dockerfile(root, n)}
        built = images.build_all(root, {"node": NODE_IMAGE, "front": FRONT_IMAGE, **platform})
        clock.done("images: " + ", ".join(built))
        layout = Layout(name, nodes_of.ensure_network(name), port or _port(state))
        clock.done(_ensure_nodes(layout, built["node"]))
        clock.done(_ensure_swarm(layout, built["node"]))
        ids = images.load(root, layout.nodes, platform)
        clock.done("images on every node")
        clock.done(f"front on {layout.http}: {_ensure_front(layout, built['front'])}")
        return _write_context(root, state, layout, ids)


def down(root: Path, name: str) -> None:
    """Remove everything of that name, its data and its state folder included."""
    _need_engine()
    with _alone(root, name):
        nodes_of.remove_all(layout_of(root, name))
        shutil.rmtree(root / ".wpaas" / name, ignore_errors=True)
        current = root / ".wpaas" / "current"
        if current.exists() and current.read_text(encoding="utf-8").strip() == name:
            current.unlink()


def status(root: Path, name: str) -> dict[str, object]:
    """What runs now: `{"name","http","registry","whole","front","nodes":[{"name","address","container","swarm"}]}`."""
    _need_engine()
    layout = layout_of(root, name)
    states = {node: nodes_of.status_of(node.container) for node in layout.nodes}
    alive = [node for node, state in states.items() if state == "running"]
    seen = next((found for node in alive if (found := swarm.members(node))), {})
    rows = [
        {
            "name": node.name,
            "address": node.address,
            "container": state,
            "swarm": seen.get(node.name, "unknown"),
        }
        for node, state in states.items()
    ]
    return {
        "name": name,
        "http": layout.http,
        "registry": layout.registry,
        "whole": len(alive) == len(states) and swarm.is_whole(layout.nodes),
        "front": nodes_of.status_of(layout.front),
        "nodes": rows,
    }


def exists(root: Path, name: str) -> bool:
    """Whether anything of that name is there: context file, bridge, or a node that runs or not."""
    layout = layout_of(root, name)
    known = (root / ".wpaas" / name / "context.json").is_file()
    return (
        known
        or nodes_of.subnet_of(layout.bridge) is not None
        or any(nodes_of.status_of(node.container) != "missing" for node in layout.nodes)
    )


def kill(root: Path, name: str, node_name: str) -> None:
    """Kill one node at once, as by a power cut. Raises UsageError for one that does not run."""
    node = _node(layout_of(root, name), node_name)
    _need_made(name, node)
    if nodes_of.status_of(node.container) != "running":
        raise UsageError(f"{node.name} of cluster {name} is dead already")
    nodes_of.kill(node)


def revive(root: Path, name: str, node_name: str) -> None:
    """Start a killed node and wait until the Swarm is whole again.

    Raises UsageError for an unknown node, StageFailed when it is not ready in time.
    """
    layout = layout_of(root, name)
    node = _node(layout, node_name)
    _need_made(name, node)
    nodes_of.start(node)
    if not Engine(node.engine).wait(nodes_of.ENGINE_READY_S):
        raise StageFailed("cluster", "the engine does not answer", where=node.name)
    others = [n for n in layout.nodes if nodes_of.status_of(n.container) == "running"]
    if not swarm.wait_ready(others, node, swarm.READY_S):
        raise StageFailed("cluster", "not ready in the Swarm in time", where=node.name)


def _need_made(name: str, node: Node) -> None:
    _need_engine()
    if nodes_of.status_of(node.container) == "missing":
        raise UsageError(
            f"there is no {node.name} of a cluster '{name}'",
            fix=f"`wpaas cluster up --name {name}` makes it; --name names another",
        )


def layout_of(root: Path, name: str) -> Layout:
    """The layout of a cluster that exists, or that may exist in parts."""
    state = root / ".wpaas" / name
    subnet = nodes_of.subnet_of(f"wpaas-{name}") or "10.231.1.0/24"
    return Layout(name, subnet, _known_port(state) or DEFAULT_PORT)


def _own(state: Path, name: str) -> None:
    """Make the master key of a new cluster, before anything that would depend on it.

    Raises StageFailed where nodes of that name run and the key is elsewhere: what is in their
    databases and secrets was made with it, and another key would never converge.
    """
    key = state / "master.key"
    if key.exists():
        return
    if nodes_of.exist(name):
        raise StageFailed(
            "cluster",
            f"a cluster {name} runs on this machine that was not made from this clone",
            where=str(state),
            fix=f"remove it with `wpaas cluster down --name {name}`, or take another --name",
        )
    partial = key.with_name(".master.key.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(secrets.token_hex(MASTER_KEY_BYTES) + "\n", encoding="ascii")
    partial.replace(key)


def _ensure_nodes(layout: Layout, image_id: str) -> str:
    machine = nodes_of.machine()

    def one(node: Node) -> nodes_of.Ensured:
        return nodes_of.bring_up(node, node_argv(layout, node, machine, image_id))

    with ThreadPoolExecutor(len(layout.nodes)) as pool:
        counts = Counter(pool.map(one, layout.nodes))
    return "nodes: " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))


def _ensure_swarm(layout: Layout, image_id: str) -> str:
    word = "kept"
    if not swarm.stands(layout.nodes):
        machine = nodes_of.machine()
        for node in swarm.leave(layout.nodes):
            nodes_of.renew(node, node_argv(layout, node, machine, image_id))
        swarm.form(layout.nodes)
        word = "made"
    swarm.label(layout.nodes)
    return f"swarm of {len(layout.nodes)} managers: {word}"


def _ensure_front(layout: Layout, image_id: str) -> str:
    argv = front_argv(layout, image_id)
    ensured = nodes_of.ensure_running(layout.front, argv)
    deadline = time.monotonic() + 5
    while not _listens(layout.port):
        if time.monotonic() > deadline or nodes_of.status_of(layout.front) != "running":
            raise StageFailed(
                "cluster",
                f"nothing listens on port {layout.port}; is it taken?",
                where=layout.front,
                fix="give another one with --port",
            )
        time.sleep(0.1)
    return ensured


def _write_context(root: Path, state: Path, layout: Layout, ids: dict[str, str]) -> Path:
    document = context(layout, state=str(state), builder=nodes_of.builder_address(), images=ids)
    path = state / "context.json"
    _write(path, json.dumps(document, indent=2) + "\n")
    current = root / ".wpaas" / "current"
    # A second cluster beside a living one, the tests' for instance, does not take its place.
    name = current.read_text(encoding="utf-8").strip() if current.exists() else ""
    if not (root / ".wpaas" / name / "context.json").is_file() or not name:
        _write(current, layout.name + "\n")
    return path


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _known_port(state: Path) -> int | None:
    try:
        document = json.loads((state / "context.json").read_text(encoding="utf-8"))
        return int(document["http"].rsplit(":", 1)[1])
    except (OSError, ValueError, KeyError):
        return None


def _port(state: Path) -> int:
    if known := _known_port(state):
        return known
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 1000, 10):
        if not _listens(port) and not _listens(port + 1):
            return port
    raise StageFailed("cluster", "no free port from 8080", fix="give one with --port")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _node(layout: Layout, node_name: str) -> Node:
    names = [node.name for node in layout.nodes]
    if node_name not in names:
        raise UsageError(f"no node {node_name!r}", fix=f"one of {', '.join(names)}")
    return layout.nodes[names.index(node_name)]


def _has_dockerfile(root: Path, name: str) -> bool:
    return (root / "deploy" / name / "Dockerfile").is_file()


def _need_engine() -> None:
    if not nodes_of.OUTER.answers():
        raise StageFailed(
            "cluster", "no Docker engine answers", fix="run deploy/local/install.sh as root"
        )


@contextmanager
def _alone(root: Path, name: str) -> Iterator[None]:
    """Hold the cluster's lock: two `up` of one name would take each other's nodes for debris."""
    (root / ".wpaas").mkdir(exist_ok=True)
    with (root / ".wpaas" / f"{name}.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise StageFailed("cluster", f"another command works on cluster {name}") from e
        lock.write(f"{os.getpid()}\n")
        yield


class _Clock:
    """Reports each step with the seconds since the one before it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        self._progress(what, now - self._last)
        self._last = now
