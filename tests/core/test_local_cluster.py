"""What a cluster's name, subnet and machine decide, as values and argument lists."""

import pytest

from reconciler.core.local_cluster import (
    Layout,
    Machine,
    capabilities,
    context,
    digest_of,
    free_subnets,
    front_argv,
    is_cluster_name,
    node_argv,
    routed_subnets,
)

DEMO = Layout("demo", "10.231.1.0/24", 8080)
# A machine whose bounding set lacks SYS_RESOURCE (bit 24), as some virtual machines give it.
NARROW = Machine(bounding_set=0x1FFFEFFFFFF, cgroup_version=1, socket_gid=103)
MODERN = Machine(bounding_set=0x1FFFFFFFFFF, cgroup_version=2, socket_gid=103)


def test_nodes_have_fixed_addresses_and_sockets_of_their_own() -> None:
    assert [(n.name, n.address, n.engine) for n in DEMO.nodes] == [
        ("node1", "10.231.1.11", "unix:///run/wpaas/demo/node1/docker.sock"),
        ("node2", "10.231.1.12", "unix:///run/wpaas/demo/node2/docker.sock"),
        ("node3", "10.231.1.13", "unix:///run/wpaas/demo/node3/docker.sock"),
    ]


def test_only_capabilities_the_machine_has_are_asked_for() -> None:
    assert "SYS_RESOURCE" not in capabilities(NARROW.bounding_set)
    assert "SYS_RESOURCE" in capabilities(MODERN.bounding_set)
    assert capabilities(0) == []


def test_a_node_opens_no_port_and_is_not_privileged() -> None:
    argv = node_argv(DEMO, DEMO.nodes[0], NARROW, "sha256:1")
    assert "--privileged" not in argv
    assert not [item for item in argv if item.startswith(("--publish", "-p", "--network=host"))]
    assert "tcp://" not in " ".join(argv)


def test_cgroups_are_the_machines_in_version_1_and_the_nodes_own_in_version_2() -> None:
    node = DEMO.nodes[0]
    old = node_argv(DEMO, node, NARROW, "sha256:1")
    new = node_argv(DEMO, node, MODERN, "sha256:1")
    assert "--cgroupns=host" in old
    assert f"--env=WPAAS_CGROUP={node.cgroup}" in old
    assert "--cgroupns=private" in new
    assert not [item for item in new if "/sys/fs/cgroup" in item]


def test_a_new_image_or_port_shows_in_the_digest_and_nothing_else_does() -> None:
    first = front_argv(DEMO, "sha256:1")
    assert digest_of(first) == digest_of(front_argv(DEMO, "sha256:1"))
    assert digest_of(first) != digest_of(front_argv(DEMO, "sha256:2"))
    assert digest_of(first) != digest_of(front_argv(Layout("demo", DEMO.subnet, 9), "sha256:1"))


def test_the_front_listens_on_loopback_alone() -> None:
    argv = front_argv(DEMO, "sha256:1")
    assert "--env=HTTP_BIND=127.0.0.1:8080" in argv
    assert "--env=REGISTRY_BIND=127.0.0.1:8081" in argv


def test_a_subnet_that_overlaps_another_network_is_not_free() -> None:
    assert free_subnets([])[0] == "10.231.1.0/24"
    assert free_subnets(["10.231.1.0/24", "fd00::/64", "10.231.2.128/25"])[0] == "10.231.3.0/24"
    assert free_subnets(["10.0.0.0/8"]) == []


def test_routes_are_read_little_endian_without_the_default_one() -> None:
    header = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT"
    default = "eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0"
    bridge = "br-1 0001E70A 00000000 0001 0 0 0 00FFFFFF 0 0 0"
    assert routed_subnets("\n".join([header, default, bridge])) == ["10.231.1.0/24"]


@pytest.mark.parametrize("name", ["demo", "a", "test-2"])
def test_a_plain_word_names_a_cluster(name: str) -> None:
    assert is_cluster_name(name)


@pytest.mark.parametrize("name", ["", "-x", "2a", "Demo", "a/b", "..", "a b", "x" * 21, "demo\n"])
def test_what_cannot_be_a_container_or_folder_names_none(name: str) -> None:
    assert not is_cluster_name(name)


def test_the_context_points_at_the_nodes_that_hold_database_and_store() -> None:
    found = context(DEMO, state="/s", builder="unix:///b", images={"edge": "sha256:1"})
    assert found["database"] == "10.231.1.12:3306"
    assert found["store"] == "http://10.231.1.13:8333"
    assert found["registry"] == "127.0.0.1:8081"
    assert found["repository"] == "/s/repository.git"
