"""The local cluster's contract, on real engines: heal what is broken, touch nothing else."""

import fcntl
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import StageFailed, UsageError
from reconciler.shell import cluster, cluster_images, cluster_nodes, cluster_swarm
from reconciler.shell.cluster_engine import Engine

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[2]
NAME = "contract"
PORT = 18480
NEEDED = "no Docker engine answers: run deploy/local/install.sh as root"


def quiet(_what: str, _seconds: float) -> None:
    pass


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone with node and front alone, and its cluster, which is up.

    Without platform images: their tags are the machine's, and other clusters use them.
    """
    assert Engine().answers(), NEEDED
    folder = tmp_path_factory.mktemp("clone")
    for part in ("node", "front"):
        shutil.copytree(ROOT / "deploy" / part, folder / "deploy" / part)
    # What a killed run left, or one of another clone, carries another master key.
    cluster.down(folder, NAME)
    cluster.up(folder, NAME, PORT, quiet)
    yield folder
    cluster.down(folder, NAME)


def versions(root: Path) -> list[str]:
    """What would differ had anything been written: starts of containers, versions in the Swarm."""
    layout = cluster.layout_of(root, NAME)
    outer = Engine()
    names = [layout.front, *(node.container for node in layout.nodes)]
    leader = Engine(layout.nodes[0].engine)
    return [
        outer.out("inspect", "--format={{.Id}} {{.State.StartedAt}}", *names),
        leader.out("node", "inspect", "--format={{.ID}} {{.Version.Index}}", "node2", "node3"),
    ]


def test_up_twice_changes_nothing(root: Path) -> None:
    before = versions(root)
    cluster.up(root, NAME, None, quiet)
    assert versions(root) == before


def test_nodes_carry_the_labels_that_place_database_and_store(root: Path) -> None:
    leader = Engine(cluster.layout_of(root, NAME).nodes[0].engine)
    template = "--format={{.Description.Hostname}} {{json .Spec.Labels}}"
    lines = leader.out("node", "inspect", template, "node1", "node2", "node3").splitlines()
    assert {name: json.loads(labels) for name, labels in (x.split(" ", 1) for x in lines)} == {
        "node1": {},
        "node2": {"wpaas.database": "true"},
        "node3": {"wpaas.registry": "true", "wpaas.store": "true"},
    }


def test_a_cluster_made_from_another_clone_is_refused_and_left_alone(
    root: Path, tmp_path: Path
) -> None:
    shutil.copytree(root / "deploy", tmp_path / "deploy")
    before = versions(root)
    with pytest.raises(StageFailed, match="not made from this clone"):
        cluster.up(tmp_path, NAME, None, quiet)
    assert versions(root) == before
    assert not (tmp_path / ".wpaas" / NAME / "master.key").exists()


def test_a_killed_node_is_seen_and_comes_back(root: Path) -> None:
    cluster.kill(root, NAME, "node2")
    assert cluster.status(root, NAME)["whole"] is False
    cluster.revive(root, NAME, "node2")
    assert cluster.status(root, NAME)["whole"] is True


def test_up_heals_dead_and_missing_nodes_and_a_front_that_is_half_made(root: Path) -> None:
    layout = cluster.layout_of(root, NAME)
    Engine().out("kill", layout.nodes[0].container)
    Engine().out("rm", "--force", layout.nodes[2].container, layout.front)
    Engine().out("create", "--name", layout.front, "--network=none", "wpaas/front:local")
    cluster.up(root, NAME, None, quiet)
    found = cluster.status(root, NAME)
    assert (found["whole"], found["front"]) == (True, "running")


def test_a_broken_swarm_is_made_again(root: Path) -> None:
    layout = cluster.layout_of(root, NAME)
    Engine(layout.nodes[1].engine).out("swarm", "leave", "--force")
    cluster.up(root, NAME, None, quiet)
    assert cluster_swarm.is_whole(layout.nodes)


def test_an_engine_listens_on_no_address_that_a_container_could_reach(root: Path) -> None:
    for node in cluster.layout_of(root, NAME).nodes:
        for port in (2375, 2376, 4243):
            with socket.socket() as probe:
                probe.settimeout(2)
                assert probe.connect_ex((node.address, port)) != 0
        listening = Engine().out("exec", node.container, "ss", "-ltnpH")
        engine = [line.split()[3] for line in listening.splitlines() if "dockerd" in line]
        # Swarm's own two, which ask for a certificate of the Swarm.
        assert {address.rsplit(":", 1)[1] for address in engine} == {"2377", "7946"}


def test_an_image_is_loaded_once_and_known_by_the_nodes_own_id(root: Path) -> None:
    nodes = cluster.layout_of(root, NAME).nodes
    tags = {"base": cluster_images.BASE_IMAGE}
    first = cluster_images.load(root, nodes, tags)
    # Without the machine's engine at hand a second load would have to fail: nothing is missing.
    assert cluster_images.load(root, nodes, tags) == first
    for node in nodes:
        assert Engine(node.engine).out("image", "inspect", "--format={{.Id}}", first["base"])
    assert not list((root / "build").glob("images-*.tar"))


def test_a_second_command_on_the_same_cluster_is_refused(root: Path) -> None:
    with (root / ".wpaas" / f"{NAME}.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StageFailed, match="another command"):
            cluster.up(root, NAME, None, quiet)


def test_an_unknown_node_is_a_usage_error(root: Path) -> None:
    with pytest.raises(UsageError, match="node9"):
        cluster.kill(root, NAME, "node9")


def test_a_cluster_that_was_never_made_is_said_not_to_be_there(tmp_path: Path) -> None:
    assert not cluster.exists(tmp_path, "contract-never")
    for command in (cluster.kill, cluster.revive):
        with pytest.raises(UsageError, match="there is no node1 of a cluster 'contract-never'"):
            command(tmp_path, "contract-never", "node1")


def test_a_cluster_that_is_down_leaves_nothing_on_the_engine(tmp_path: Path) -> None:
    assert Engine().answers(), NEEDED
    name = "contract-half"
    cluster_nodes.ensure_network(name)
    layout = cluster.layout_of(tmp_path, name)
    Engine().out("volume", "create", layout.nodes[0].volume)
    assert cluster.exists(tmp_path, name)
    cluster.down(tmp_path, name)
    assert not cluster.exists(tmp_path, name)
    assert cluster_nodes.subnet_of(layout.bridge) is None
    assert Engine().attempt("volume", "inspect", layout.nodes[0].volume) is None


def test_what_goes_into_an_image_decides_whether_it_is_built(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim\nCOPY bin/weed /\n")
    digest = cluster_images.inputs_digest(tmp_path, b"base 1")
    assert cluster_images.wanted_binaries(tmp_path) == ["weed"]
    assert cluster_images.inputs_digest(tmp_path, b"base 1") == digest
    assert cluster_images.inputs_digest(tmp_path, b"base 2") != digest
    (tmp_path / "Dockerfile").chmod(0o755)
    assert cluster_images.inputs_digest(tmp_path, b"base 1") != digest
