"""The services that all sites share, as Swarm service specs.

Specs are in the Engine API's shape (v1.45, ServiceSpec). Like those of the sites they carry
configs and secrets by name only; the Swarm adapter adds the ids. Lists are in a fixed order:
another order would restart tasks. The images are made from `deploy/`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from reconciler.core import names
from reconciler.core.specs import NANOSECONDS
from reconciler.core.specs import host_port as _port
from reconciler.core.specs import mounted_file as _file
from reconciler.core.specs import resources as _resources
from reconciler.core.specs import tmpfs as _tmpfs

Platform = Literal["edge", "database", "store", "registry", "egress", "gateway", "uplink"]
BUNDLED: tuple[Platform, ...] = ("database", "edge", "egress", "registry", "store")
# What platform.yaml may name elsewhere, under the same words.
REPLACEABLE: tuple[Platform, ...] = ("registry", "database", "store")
# Of the database. A webhead has up to seven, twice in a roll-out: enough for 290 webheads. One number for
# each fleet: a limit that grows with it starts the database anew under everybody, for one more site.
MAX_CONNECTIONS = 4_096
# Only where webheads use a server outside the cluster; both run the image `gateway`.
WAY_OUT: tuple[Platform, ...] = ("gateway", "uplink")
PLATFORMS: tuple[Platform, ...] = (*BUNDLED, *WAY_OUT)

# What `render` wants in `secrets` and `configs`, and what is in it.
EDGE_TOKEN = "edge-token"  # noqa: S105 - a name. One line, at least 32 of A-Z a-z 0-9 _ -
EDGE_TLS = "edge-tls"  # the edge's certificate and its key, PEM, one after the other
DATABASE_ROOT = "database-root"  # one line, at least 16 of A-Z a-z 0-9 _ -
STORE_ADMIN = "store-admin"  # two lines: access key (16+ of A-Z a-z 0-9), secret key (32+)
EGRESS_KEY = "egress-key"  # one line: what sites' passwords at the proxy are derived from
EGRESS_GRANTS = "egress-grants"  # config: see core/egress.py; may be empty
SITE_CA = "site-ca"  # config: PEM of the authority that signs sites, for the edge
GATEWAY_CONFIG = "gateway"  # config: see core/gateway.py
UPLINK_CONFIG = "uplink"
SECRETS = (DATABASE_ROOT, EDGE_TLS, EDGE_TOKEN, EGRESS_KEY, STORE_ADMIN)
CONFIGS = (EGRESS_GRANTS, GATEWAY_CONFIG, SITE_CA, UPLINK_CONFIG)

UIDS: Mapping[Platform, int] = {
    "edge": 811,
    "database": 812,
    "store": 813,
    "registry": 814,
    "egress": 815,
    "gateway": 816,
    "uplink": 816,
}

SCRATCH = "/tmp"  # noqa: S108 - of the container, a tmpfs


def service_of(platform: Platform) -> str:
    """Name of the Swarm service of one of `PLATFORMS`."""
    return f"wpaas-{platform}"


def render(
    *,
    images: Mapping[str, str],
    networks: Mapping[str, str],
    site_networks: int,
    configs: Mapping[str, str],
    secrets: Mapping[str, str],
    trusted_proxies: Sequence[str] = (),
    outside: Sequence[str] = (),
) -> dict[str, dict[str, Any]]:
    """Service name → spec of every platform service that `images` names.

    `images`: one of `PLATFORMS` → image id; what is missing (an external database) is not made.
    `networks`: network name → what `Target` shall be (its id, or the name itself).
    `secrets`, `configs`: one of `SECRETS`, `CONFIGS` → the name of the Swarm object holding it.
    `trusted_proxies`: CIDR ranges of the proxies in front of the edges, whose X-Forwarded-For is
    believed. `outside`: names of servers outside the cluster, which the gateway bears. Raises KeyError when a network or object lacks.
    """
    site = [names.site_network_name(number) for number in range(site_networks)]
    specs: Mapping[Platform, Callable[[], dict[str, Any]]] = {
        "edge": lambda: _edge(secrets, configs, trusted_proxies),
        "database": lambda: _database(secrets),
        "store": lambda: _store(secrets),
        "registry": _registry,
        "egress": lambda: _egress(secrets, configs),
        "gateway": lambda: _passage(configs[GATEWAY_CONFIG]),
        "uplink": lambda: _passage(configs[UPLINK_CONFIG]),
    }
    on: Mapping[Platform, list[str]] = {
        "edge": [*site, names.PLATFORM_NETWORK],
        "database": [*site, names.PLATFORM_NETWORK],
        "store": [*site, names.PLATFORM_NETWORK],
        "egress": [*site, names.PLATFORM_NETWORK],
        "registry": [names.PLATFORM_NETWORK],
        "gateway": [*site, names.PLATFORM_NETWORK],
        "uplink": [names.PLATFORM_NETWORK],
    }
    return {
        service_of(platform): _whole(
            platform,
            specs[platform](),
            images[platform],
            # Aliases are what webheads know: their networks have no other word for it.
            [
                {"Target": networks[n], "Aliases": _aliases(platform, n, outside)}
                for n in on[platform]
            ],
        )
        for platform in PLATFORMS
        if platform in images
    }


def _aliases(platform: Platform, network: str, outside: Sequence[str]) -> list[str]:
    """On the ordinary network, where the uplink looks them up, the outside names are not taken."""
    bears = platform == "gateway" and network != names.PLATFORM_NETWORK
    return [platform, *outside] if bears else [platform]


def _whole(
    platform: Platform, own: Mapping[str, Any], image: str, networks: list[dict[str, Any]]
) -> dict[str, Any]:
    """A full spec: what is the same for all, around what is `own` to one."""
    labels = {names.OWNER_LABEL: names.OWNER, names.PLATFORM_LABEL: platform}
    container = {
        "Image": image,
        "Labels": labels,
        "User": f"{UIDS[platform]}:{UIDS[platform]}",
        "ReadOnly": True,
        "CapabilityDrop": ["ALL"],
        "Privileges": {"NoNewPrivileges": True},
        "Healthcheck": {
            "Interval": 30 * NANOSECONDS,
            "Timeout": 5 * NANOSECONDS,
            "Retries": 3,
            "StartPeriod": 120 * NANOSECONDS,
            "StartInterval": NANOSECONDS,
        },
        **own["container"],
    }
    placement = own.get("placement", {})
    return {
        "Name": service_of(platform),
        "Labels": labels,
        "TaskTemplate": {
            "ContainerSpec": container,
            "Resources": own["resources"],
            "RestartPolicy": {"Condition": "any", "Delay": 2 * NANOSECONDS, "MaxAttempts": 0},
            "Placement": placement,
            "Networks": networks,
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "5m", "max-file": "2"}},
        },
        "Mode": own.get("mode", {"Replicated": {"Replicas": 1}}),
        # A host-mode port is free only once the old task is gone; a volume has one owner.
        "UpdateConfig": {
            "Parallelism": 1,
            "Delay": 5 * NANOSECONDS,
            "FailureAction": "pause",
            "Monitor": 5 * NANOSECONDS,
            "MaxFailureRatio": 0,
            "Order": "stop-first",
        },
        "EndpointSpec": {"Mode": "dnsrr", "Ports": own.get("ports", [])},
    }


def _edge(
    secrets: Mapping[str, str], configs: Mapping[str, str], trusted_proxies: Sequence[str]
) -> dict[str, Any]:
    return {
        "container": {
            "Env": [
                f"WPAAS_TRUSTED_PROXIES={' '.join(trusted_proxies)}",
                # Swarm's own template; the container's name, which the edge asks its engine for.
                "WPAAS_SELF={{.Task.Name}}",
            ],
            # Docker's resolver then has nobody outside to ask: an unknown name costs 20 ms and
            # not 4 s, under the one lock that Caddy holds for all look-ups. An engine that hangs
            # is given up after 2 s and not 10.
            "DNSConfig": {
                "Nameservers": ["127.0.0.1"],
                "Options": ["timeout:1", "attempts:2"],
            },
            # A request sent to a node that died is given up after 3 s, not after 15 minutes.
            "Sysctls": {"net.ipv4.tcp_retries2": "4"},
            "Mounts": [_tmpfs("/run", 16), _volume("edge", "/var/lib/wpaas-edge")],
            "Configs": [_config(configs, SITE_CA, "edge")],
            "Secrets": [_secret(secrets, one, "edge") for one in (EDGE_TLS, EDGE_TOKEN)],
            "StopGracePeriod": 15 * NANOSECONDS,
        },
        # 128 MB of pages, 96 MB of answers that are passed on, and two programs. A request that waits
        # for a webhead is two threads.
        "resources": _resources(limit_mb=768, reserved_mb=160, pids=1_200),
        "mode": {"Global": {}},
        "ports": [_port(8080, 80), _port(5000, 5000), _port(2020, 2020)],
    }


def _database(secrets: Mapping[str, str]) -> dict[str, Any]:
    return {
        "container": {
            "Args": [f"--max-connections={MAX_CONNECTIONS}"],
            "DNSConfig": {"Nameservers": ["127.0.0.1"]},
            "Mounts": [
                _tmpfs("/run", 16),
                _tmpfs(SCRATCH, 64),
                _volume("database", "/var/lib/mysql"),
            ],
            "Secrets": [_secret(secrets, DATABASE_ROOT, "database")],
            "StopGracePeriod": 60 * NANOSECONDS,
        },
        "resources": _resources(limit_mb=1024, reserved_mb=256, pids=MAX_CONNECTIONS + 200),
        "placement": {"Constraints": ["node.labels.wpaas.database==true"]},
        "ports": [_port(3306, 3306)],
    }


def _store(secrets: Mapping[str, str]) -> dict[str, Any]:
    return {
        "container": {
            "DNSConfig": {"Nameservers": ["127.0.0.1"]},
            "Mounts": [
                _tmpfs("/run", 16),
                _tmpfs(SCRATCH, 256),
                _volume("store", "/var/lib/store"),
            ],
            "Secrets": [_secret(secrets, STORE_ADMIN, "store")],
            "StopGracePeriod": 20 * NANOSECONDS,
        },
        "resources": _resources(limit_mb=1024, reserved_mb=128, pids=500),
        "placement": {"Constraints": ["node.labels.wpaas.store==true"]},
        "ports": [_port(8333, 8333)],
    }


def _registry() -> dict[str, Any]:
    return {
        "container": {
            "DNSConfig": {"Nameservers": ["127.0.0.1"]},
            "Mounts": [
                _tmpfs("/run", 16),
                _tmpfs(SCRATCH, 64),
                _volume("registry", "/var/lib/registry"),
            ],
            "StopGracePeriod": 10 * NANOSECONDS,
        },
        "resources": _resources(limit_mb=384, reserved_mb=32, pids=200),
        "placement": {"Constraints": ["node.labels.wpaas.registry==true"]},
    }


def _egress(secrets: Mapping[str, str], configs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "container": {
            "Mounts": [_tmpfs("/run", 16), _tmpfs(SCRATCH, 16)],
            "Configs": [_config(configs, EGRESS_GRANTS, "egress")],
            "Secrets": [_secret(secrets, EGRESS_KEY, "egress")],
            "StopGracePeriod": 10 * NANOSECONDS,
        },
        "resources": _resources(limit_mb=256, reserved_mb=32, pids=100),
        **_two_apart(),
    }


def _passage(config: str) -> dict[str, Any]:
    """The gateway, or the uplink."""
    file = _file("/etc/wpaas/gateway.cfg", UIDS["gateway"], 0o444)
    return {
        "container": {
            "Configs": [{"ConfigName": config, "File": file}],
            "StopGracePeriod": 15 * NANOSECONDS,
        },
        "resources": _resources(limit_mb=256, reserved_mb=32, pids=50),
        **_two_apart(),
    }


def _two_apart() -> dict[str, Any]:
    spread = [{"Spread": {"SpreadDescriptor": "node.id"}}]
    return {"mode": {"Replicated": {"Replicas": 2}}, "placement": {"Preferences": spread}}


def _secret(secrets: Mapping[str, str], purpose: str, platform: Platform) -> dict[str, Any]:
    return {"SecretName": secrets[purpose], "File": _file(purpose, UIDS[platform], 0o400)}


def _config(configs: Mapping[str, str], purpose: str, platform: Platform) -> dict[str, Any]:
    file = _file(f"/etc/wpaas/{purpose}", UIDS[platform], 0o444)
    return {"ConfigName": configs[purpose], "File": file}


def _volume(platform: Platform, target: str) -> dict[str, Any]:
    labels = {names.OWNER_LABEL: names.OWNER, names.PLATFORM_LABEL: platform}
    return {
        "Type": "volume",
        "Source": service_of(platform),
        "Target": target,
        "VolumeOptions": {"Labels": labels},
    }
