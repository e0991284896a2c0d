"""What sites share, compiled: names that follow the content, and nothing secret in a spec."""

import json
from dataclasses import replace
from typing import Any

from reconciler.core import pki
from reconciler.core.derive import MasterKey
from reconciler.core.manifest import (
    DEFAULT_SIZES,
    Allowlist,
    ExternalDatabase,
    ExternalRegistry,
    ExternalStore,
    Limits,
    Package,
    Platform,
    Site,
    SourcePath,
)
from reconciler.core.model import DesiredPlatform
from reconciler.core.platform_objects import desired_platform

MASTER = MasterKey(b"k" * 32)
IMAGES = {
    name: f"sha256:{name}"
    for name in ("edge", "database", "store", "registry", "egress", "gateway")
}
STORE = ExternalStore(endpoint="https://s3.example", region="eu", secrets_file="store.json")
DATABASE = ExternalDatabase(host="mysql.example", secrets_file="database.json")


def made(hosts: tuple[str, ...] = (), *, count: int = 0, **fields: Any) -> DesiredPlatform:
    """The platform of a fleet of so many sites."""
    sites = {
        name: Site(name=name, title=name, owners=()) for name in (f"s{n}" for n in range(count))
    }
    platform = Platform(domain="localhost", sizes=DEFAULT_SIZES, limits=Limits(), **fields)
    package = Package(
        slug="weather", kind="plugin", version="1", source=SourcePath("p"), tree_sha256="0",
        license="GPL-2.0-or-later", state="approved", network=hosts,
    )  # fmt: skip
    return desired_platform(
        platform, Allowlist((package,)), sites, images=IMAGES, master=MASTER, trusted_proxies=()
    )


def test_five_services_on_internal_networks_and_one_ordinary_one() -> None:
    platform = made(site_networks=2)
    assert sorted(platform.services) == [
        f"wpaas-{name}" for name in ("database", "edge", "egress", "registry", "store")
    ]
    assert {name: options["internal"] for name, options in platform.networks.items()} == {
        "wpaas-sites-0": True, "wpaas-sites-1": True, "wpaas-platform": False,
    }  # fmt: skip


def test_one_more_site_starts_no_shared_service_anew() -> None:
    """Visitors of all sites wait for one that starts anew."""
    few = made()
    for count in (1, 8, 100):
        assert made(count=count).services == few.services


def test_a_service_that_comes_from_elsewhere_is_not_made() -> None:
    bundled, store = made(), made(store=STORE)
    assert set(bundled.services) - set(store.services) == {"wpaas-store"}
    assert not [name for name in store.secrets if "store" in name]
    assert made(registry=ExternalRegistry(host="r.example")).services.keys() == {
        *(set(bundled.services) - {"wpaas-registry"})
    }
    both = made(store=STORE, database=DATABASE, registry=ExternalRegistry(host="r.example"))
    assert sorted(both.services) == [
        f"wpaas-{name}" for name in ("edge", "egress", "gateway", "uplink")
    ]


def test_what_still_runs_here_is_the_same_to_the_last_field() -> None:
    bundled, other = made(), made(store=STORE)
    for name in set(bundled.services) & set(other.services):
        assert other.services[name] == bundled.services[name]


def test_another_address_or_authority_renames_a_config() -> None:
    first = made(database=DATABASE)
    moved = made(database=replace(DATABASE, port=3307))
    trusted = made(database=replace(DATABASE, ca="-----BEGIN CERTIFICATE-----"))
    assert set(first.configs) != set(moved.configs)
    assert set(trusted.configs) > set(first.configs)
    assert b"-----BEGIN CERTIFICATE-----" in trusted.configs.values()


def test_the_edge_gets_its_pair_and_the_authority_of_sites_and_no_authoritys_key() -> None:
    platform = made()
    edge = platform.services["wpaas-edge"]["TaskTemplate"]["ContainerSpec"]
    (config,) = edge["Configs"]
    assert platform.configs[config["ConfigName"]].decode() == pki.authority(MASTER, pki.SITE_CA)
    shown = [platform.secrets[one["SecretName"]].value for one in edge["Secrets"]]
    assert [text.count("BEGIN PRIVATE KEY") for text in shown] == [1, 0]
    assert pki.edge_pair(MASTER).certificate in shown[0]


def test_no_secret_is_in_a_spec() -> None:
    platform = made()
    specs = json.dumps(platform.services)
    assert platform.secrets
    for secret in platform.secrets.values():
        assert not any(part in specs for part in secret.value.split())
