"""The local cluster as values: names, addresses, argument lists. Nothing here starts anything.

A local cluster is three nodes on one machine, each an outer container with an engine of its own
(as kind does for Kubernetes), on one bridge, and a small proxy outside them on 127.0.0.1.
"""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NODES = 3
SUBNET_POOL = "10.231.{n}.0/24"
# Swarm hands out overlay subnets from here: apart from the bridges above and from the ranges
# that homes and offices use.
OVERLAY_POOL = "10.64.0.0/12"
FIRST_NODE_HOST = 11
NODE_IMAGE = "wpaas/node:local"
FRONT_IMAGE = "wpaas/front:local"
PLATFORM_IMAGES = ("edge", "database", "store", "registry", "egress", "gateway")
CLUSTER_LABEL = "wpaas.cluster"
DIGEST_LABEL = "wpaas.digest"
NODE_LABELS: Mapping[str, tuple[str, ...]] = {
    "node2": ("wpaas.database",),
    "node3": ("wpaas.registry", "wpaas.store"),
}

# What an engine needs beyond the default capabilities. `--privileged` fails on a machine whose
# bounding set lacks one of them, so the wanted ones that exist are named instead.
# fmt: off
WANTED_CAPABILITIES = frozenset((
    "AUDIT_CONTROL", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "NET_ADMIN", "NET_BROADCAST", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE",
    "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
))
# Bit numbers are positions in this list (linux/capability.h); the later ones (PERFMON, BPF,
# CHECKPOINT_RESTORE) are left out because Engine 20.10 refuses names it does not know.
CAPABILITY_NAMES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
    "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
    "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
)
# fmt: on

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True)
class Node:
    """One node: `name` in Swarm, `container` and `volume` on the outer engine."""

    name: str
    address: str
    container: str
    volume: str
    socket_dir: str

    @property
    def engine(self) -> str:
        """Address of the node's engine API; a unix socket, never TCP."""
        return f"unix://{self.socket_dir}/docker.sock"

    @property
    def cgroup(self) -> str:
        """Parent of the cgroups of all containers on this node, where cgroups are not namespaced."""
        return f"/docker-{self.container}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything a cluster's name, subnet and port decide."""

    name: str
    subnet: str
    port: int

    @property
    def bridge(self) -> str:
        return f"wpaas-{self.name}"

    @property
    def front(self) -> str:
        return f"wpaas-{self.name}-front"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        return f"127.0.0.1:{self.port + 1}"

    @property
    def nodes(self) -> tuple[Node, ...]:
        network = ipaddress.ip_network(self.subnet)
        return tuple(
            Node(
                name=f"node{i}",
                address=str(network[FIRST_NODE_HOST + i - 1]),
                container=f"wpaas-{self.name}-node{i}",
                volume=f"wpaas-{self.name}-node{i}",
                socket_dir=f"/run/wpaas/{self.name}/node{i}",
            )
            for i in range(1, NODES + 1)
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine allows. `bounding_set` is CapBnd of /proc/self/status as a number."""

    bounding_set: int
    cgroup_version: int
    socket_gid: int


def is_cluster_name(name: str) -> bool:
    """1 to 20 characters that Docker takes in names of containers, networks and folders."""
    return _NAME.fullmatch(name) is not None


def free_subnets(taken: Iterable[str]) -> list[str]:
    """Subnets of the pool that overlap none of `taken` (CIDR texts, of either family), in order."""
    used = [net for net in map(ipaddress.ip_network, taken) if net.version == 4]  # noqa: PLR2004
    pool = [ipaddress.ip_network(SUBNET_POOL.format(n=n)) for n in range(1, 255)]
    return [str(net) for net in pool if not any(net.overlaps(other) for other in used)]


def capabilities(bounding_set: int) -> list[str]:
    """The wanted capabilities that the machine can give, sorted."""
    held = {name for bit, name in enumerate(CAPABILITY_NAMES) if bounding_set >> bit & 1}
    return sorted(WANTED_CAPABILITIES & held)


def node_argv(layout: Layout, node: Node, machine: Machine, image_id: str) -> list[str]:
    """Arguments of `docker` that start `node` from `image_id`."""
    argv = ["run", "--detach", "--init", "--name", node.container, "--hostname", node.name]
    argv += [f"--cap-add={name}" for name in capabilities(machine.bounding_set)]
    argv += [f"--security-opt={key}=unconfined" for key in ("seccomp", "apparmor", "systempaths")]
    argv += ["--device-cgroup-rule=a *:* rwm", "--tmpfs=/run"]
    if machine.cgroup_version == 1:
        argv += ["--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw"]
    else:
        argv += ["--cgroupns=private"]
    argv += [f"--volume={node.volume}:/var/lib/docker", f"--volume={node.socket_dir}:/engine"]
    argv += [f"--network={layout.bridge}", f"--ip={node.address}"]
    argv += [f"--env=WPAAS_CGROUP={node.cgroup if machine.cgroup_version == 1 else '/nodes'}"]
    argv += [f"--env=WPAAS_SOCKET_GID={machine.socket_gid}"]
    return labelled([*argv, "--log-opt=max-size=5m"], layout.name, image_id)


def front_argv(layout: Layout, image_id: str) -> list[str]:
    """Arguments of `docker` that start the proxy on the machine's own loopback.

    The host's network spares each request the copy through Docker's port proxy.
    """
    argv = ["run", "--detach", "--name", layout.front, "--network=host", "--restart=on-failure:3"]
    argv += ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
    argv += [f"--env=HTTP_BIND=127.0.0.1:{layout.port}", f"--env=REGISTRY_BIND={layout.registry}"]
    argv += [f"--env={node.name.upper()}={node.address}" for node in layout.nodes]
    return labelled([*argv, "--log-opt=max-size=5m"], layout.name, image_id)


def labelled(argv: Sequence[str], cluster: str, image_id: str) -> list[str]:
    """`argv` with its own digest as a label, so that a container made by other arguments shows."""
    digest = hashlib.sha256("\0".join([*argv, image_id]).encode()).hexdigest()[:16]
    labels = [f"--label={CLUSTER_LABEL}={cluster}", f"--label={DIGEST_LABEL}={digest}"]
    return [*argv, *labels, image_id]


def digest_of(argv: Sequence[str]) -> str:
    """The digest that `labelled` put into `argv`."""
    prefix = f"--label={DIGEST_LABEL}="
    return next(item.removeprefix(prefix) for item in argv if item.startswith(prefix))


def context(
    layout: Layout, *, state: str, builder: str, images: Mapping[str, str]
) -> dict[str, object]:
    """What the other commands need to find the cluster: the shape of `context.json`."""
    nodes = layout.nodes
    address = {label: node.address for node in nodes for label in NODE_LABELS.get(node.name, ())}
    return {
        "name": layout.name,
        "repository": f"{state}/repository.git",
        "branch": "main",
        "engines": [node.engine for node in nodes],
        "nodes": [{"name": node.name, "address": node.address} for node in nodes],
        "builder": builder,
        "http": layout.http,
        "registry": layout.registry,
        "state": state,
        "master_key": f"{state}/master.key",
        "database": f"{address['wpaas.database']}:3306",
        "store": f"http://{address['wpaas.store']}:8333",
        "images": dict(sorted(images.items())),
        # The front stands on the nodes' bridge; nobody else does.
        "trusted_proxies": [layout.subnet],
    }


def routed_subnets(route_table: str) -> list[str]:
    """Subnets of /proc/net/route, without the default route. Fields are little-endian hex."""
    found = []
    for line in route_table.splitlines()[1:]:
        fields = line.split()
        address, mask = (
            ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(fields[i]), "little"))
            for i in (1, 7)
        )
        if int(mask):
            found.append(str(ipaddress.ip_network(f"{address}/{mask}", strict=False)))
    return found
