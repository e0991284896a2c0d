"""Specs of the platform services: what has to hold for all of them, and what is one's own."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.core.platform_services import (
    BUNDLED,
    CONFIGS,
    PLATFORMS,
    SECRETS,
    render,
)

NETWORKS = {name: f"id-{name}" for name in ("wpaas-sites-0", "wpaas-sites-1", "wpaas-platform")}
IMAGES = {name: f"sha256:{name}" for name in PLATFORMS}


def rendered(**changes: Any) -> dict[str, dict[str, Any]]:
    facts: dict[str, Any] = {
        "images": IMAGES,
        "networks": NETWORKS,
        "site_networks": 2,
        "configs": {name: f"wpaas_{name}_1" for name in CONFIGS},
        "secrets": {name: f"wpaas_{name}_1" for name in SECRETS},
    }
    return render(**{**facts, **changes})


def container(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = spec["TaskTemplate"]["ContainerSpec"]
    return found


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_service_is_ours_confined_and_bounded(name: str) -> None:
    spec = rendered()[f"wpaas-{name}"]
    assert spec["Name"] == f"wpaas-{name}"
    assert spec["Labels"] == {"wpaas.owner": "reconciler", "wpaas.platform": name}
    box = container(spec)
    assert box["Image"] == f"sha256:{name}"
    assert box["ReadOnly"]
    assert box["CapabilityDrop"] == ["ALL"]
    assert box["Privileges"] == {"NoNewPrivileges": True}
    assert box["User"] not in {"0:0", ""}
    assert box["Healthcheck"]["StartInterval"] == 1_000_000_000
    resources = spec["TaskTemplate"]["Resources"]
    assert resources["Limits"]["MemoryBytes"] >= resources["Reservations"]["MemoryBytes"] > 0
    assert resources["Limits"]["Pids"] > 0
    assert spec["EndpointSpec"]["Mode"] == "dnsrr"
    assert all(port["PublishMode"] == "host" for port in spec["EndpointSpec"]["Ports"])
    assert spec["UpdateConfig"]["Order"] == "stop-first"


def test_ports_networks_and_places() -> None:
    lines = []
    for name, spec in sorted(rendered().items()):
        ports = [f"{p['PublishedPort']}→{p['TargetPort']}" for p in spec["EndpointSpec"]["Ports"]]
        networks = [n["Target"].removeprefix("id-wpaas-") for n in spec["TaskTemplate"]["Networks"]]
        where = spec["TaskTemplate"]["Placement"].get("Constraints", [])
        lines.append(f"{name}: {' '.join(networks)}; ports {' '.join(ports)}; {' '.join(where)}")
    assert lines == [
        "wpaas-database: sites-0 sites-1 platform; ports 3306→3306; node.labels.wpaas.database==true",
        "wpaas-edge: sites-0 sites-1 platform; ports 80→8080 5000→5000 2020→2020; ",
        "wpaas-egress: sites-0 sites-1 platform; ports ; ",
        "wpaas-gateway: sites-0 sites-1 platform; ports ; ",
        "wpaas-registry: platform; ports ; node.labels.wpaas.registry==true",
        "wpaas-store: sites-0 sites-1 platform; ports 8333→8333; node.labels.wpaas.store==true",
        "wpaas-uplink: platform; ports ; ",
    ]


def test_webheads_know_services_by_their_plain_names() -> None:
    specs = rendered()
    for name in ("database", "store", "egress"):
        networks = specs[f"wpaas-{name}"]["TaskTemplate"]["Networks"]
        assert all(network["Aliases"] == [name] for network in networks)


def test_secrets_are_files_that_one_user_may_read() -> None:
    specs = rendered()
    found = {
        (name, secret["SecretName"]): secret["File"]
        for name, spec in specs.items()
        for secret in container(spec).get("Secrets", [])
    }
    assert sorted((name, purpose) for name, purpose in found) == [
        ("wpaas-database", "wpaas_database-root_1"),
        ("wpaas-edge", "wpaas_edge-tls_1"),
        ("wpaas-edge", "wpaas_edge-token_1"),
        ("wpaas-egress", "wpaas_egress-key_1"),
        ("wpaas-store", "wpaas_store-admin_1"),
    ]
    for (name, _), file in found.items():
        assert file["Mode"] == 0o400
        assert container(specs[name])["User"] == f"{file['UID']}:{file['GID']}"
    assert "wpaas_" not in str([container(spec).get("Env") for spec in specs.values()])


def test_only_the_ways_out_may_ask_outside_names() -> None:
    asking = {"wpaas-egress", "wpaas-gateway", "wpaas-uplink"}
    for name, spec in rendered().items():
        servers = container(spec).get("DNSConfig", {}).get("Nameservers")
        assert servers == (None if name in asking else ["127.0.0.1"])


def test_the_gateway_alone_bears_the_outside_names_and_only_towards_sites() -> None:
    names = ["mysql.example", "s3.example"]
    aliases = {
        (name.removeprefix("wpaas-"), network["Target"].removeprefix("id-wpaas-")): network[
            "Aliases"
        ]
        for name, spec in rendered(outside=names).items()
        for network in spec["TaskTemplate"]["Networks"]
    }
    bearing = {where: words for where, words in aliases.items() if set(words) & set(names)}
    assert bearing == {
        ("gateway", "sites-0"): ["gateway", *names],
        ("gateway", "sites-1"): ["gateway", *names],
    }
    assert aliases["gateway", "platform"] == ["gateway"]
    assert aliases["uplink", "platform"] == ["uplink"]


def test_what_runs_elsewhere_is_not_made() -> None:
    images = {name: IMAGES[name] for name in BUNDLED if name not in {"database", "store"}}
    assert sorted(rendered(images=images)) == ["wpaas-edge", "wpaas-egress", "wpaas-registry"]
    assert rendered(images={name: IMAGES[name] for name in BUNDLED}, configs={
        "egress-grants": "wpaas_egress-grants_1", "site-ca": "wpaas_site-ca_1",
    }).items() <= rendered().items()  # fmt: skip


def test_a_missing_network_or_secret_is_an_error_and_not_half_a_spec() -> None:
    with pytest.raises(KeyError, match="wpaas-sites-2"):
        rendered(site_networks=3)
    with pytest.raises(KeyError, match="edge-token"):
        rendered(secrets={name: name for name in SECRETS if name != "edge-token"})


def test_the_same_facts_give_the_same_specs() -> None:
    assert str(rendered()) == str(rendered(images=dict(reversed(list(IMAGES.items())))))
