"""What a manifest becomes: hosts, addresses, names, and a hardened service."""

import json
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core import pki
from reconciler.core.derive import MasterKey, Secret
from reconciler.core.live_settings import without_plugins
from reconciler.core.manifest import (
    DEFAULT_SIZES,
    Allowlist,
    ExternalDatabase,
    ExternalStore,
    Limits,
    MailRelay,
    Platform,
    Site,
)
from reconciler.core.platform_objects import desired_platform
from reconciler.core.site_objects import desired_site, home_url, hosts_of

MASTER = MasterKey(b"k" * 32)
PLATFORM = Platform(
    domain="localhost", public_scheme="http", public_port=8080, sizes=DEFAULT_SIZES, limits=Limits()
)
SITE = Site(name="chess-club", title="Chess", owners=("kim",))
IMAGE = "127.0.0.1:5000/wpaas/wordpress@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("primary", "aliases", "hosts"),
    [
        (None, (), ("chess-club.localhost",)),
        ("chess.example", (), ("chess.example", "chess-club.localhost")),
        (
            "chess.example",
            ("www.chess.example",),
            ("chess.example", "chess-club.localhost", "www.chess.example"),
        ),
    ],
)
def test_a_site_always_answers_at_its_platform_name_too(
    primary: str | None, aliases: tuple[str, ...], hosts: tuple[str, ...]
) -> None:
    site = replace(SITE, domains_primary=primary, domains_aliases=aliases)
    assert hosts_of(site, PLATFORM) == hosts


@pytest.mark.parametrize(
    ("scheme", "port", "address"),
    [
        ("http", 8080, "http://a.example:8080"),
        ("http", 80, "http://a.example"),
        ("https", 443, "https://a.example"),
        ("https", None, "https://a.example"),
    ],
)
def test_the_schemes_own_port_is_not_written(
    scheme: Literal["http", "https"], port: int | None, address: str
) -> None:
    platform = replace(PLATFORM, public_scheme=scheme, public_port=port)
    assert home_url("a.example", platform) == address


def test_the_service_is_hardened_and_spread() -> None:
    made = desired_site(SITE, PLATFORM, IMAGE, MASTER, "c0ffee").service
    container = made["TaskTemplate"]["ContainerSpec"]
    assert container["Image"] == IMAGE
    assert container["ReadOnly"] is True
    assert container["CapabilityDrop"] == ["ALL"]
    assert container["Privileges"] == {"NoNewPrivileges": True}
    assert container["DNSConfig"] == {"Nameservers": ["127.0.0.1"]}
    assert made["TaskTemplate"]["Placement"] == {"MaxReplicas": 1}
    assert made["EndpointSpec"] == {"Mode": "dnsrr"}
    limits = made["TaskTemplate"]["Resources"]["Limits"]
    assert all(limits[key] > 0 for key in ("MemoryBytes", "NanoCPUs", "Pids"))


def test_no_secret_is_in_a_spec_or_in_the_config() -> None:
    made = desired_site(SITE, PLATFORM, IMAGE, MASTER, "c0ffee")
    seen = json.dumps([made.service, made.install]) + made.config.decode() + made.live + repr(made)
    for secret in (made.database_password, made.store_access_key, made.store_secret_key):
        assert secret.value not in seen
        assert secret.value in made.secret.value


def test_a_webhead_trusts_the_edge_alone_and_shows_a_pair_of_its_own_site() -> None:
    made = desired_site(SITE, PLATFORM, IMAGE, MASTER, "c0ffee")
    other = desired_site(replace(SITE, name="tea-house"), PLATFORM, IMAGE, MASTER, "c0ffee")
    config, secret = json.loads(made.config), json.loads(made.secret.value)
    assert config["edge_ca"] == pki.authority(MASTER, pki.EDGE_CA)
    pair = pki.site_pair(MASTER, "chess-club", 1)
    assert (secret["tls_certificate"], secret["tls_key"]) == (pair.certificate, pair.key.value)
    assert json.loads(other.secret.value)["tls_key"] != secret["tls_key"]
    assert "PRIVATE" not in made.config.decode()


def test_bundled_services_leave_no_trace_of_others() -> None:
    made = desired_site(SITE, PLATFORM, IMAGE, MASTER, "c0ffee")
    config = json.loads(made.config)
    own = {"name": "site_chess_club", "user": "site_chess_club"}
    assert config["database"] == {"host": "database", "port": 3306, **own}
    assert config["store"] == {
        "endpoint": "http://store:8333", "bucket": "wpaas-chess-club", "region": "us-east-1",
    }  # fmt: skip
    container = made.service["TaskTemplate"]["ContainerSpec"]
    assert [one["ConfigName"] for one in container["Configs"]] == [made.config_name]
    assert made.install["TaskTemplate"]["ContainerSpec"]["Command"][:2] == [
        "php", "/usr/lib/wpaas/install.php",
    ]  # fmt: skip


def test_services_of_one_s_own_are_known_by_their_real_names() -> None:
    database = ExternalDatabase(host="mysql.example", port=3307, secrets_file="d.json", ca="PEM 1")
    store = ExternalStore(endpoint="https://s3.example", region="eu", secrets_file="s.json", ca="2")
    platform = replace(PLATFORM, database=database, store=store)
    made = desired_site(SITE, platform, IMAGE, MASTER, "c0ffee")
    config = json.loads(made.config)
    own = {"name": "site_chess_club", "user": "site_chess_club"}
    assert config["database"] == {
        "host": "mysql.example", "port": 3307, **own, "tls": True,
        "ca_file": "/etc/wpaas/database-ca.pem",
    }  # fmt: skip
    assert config["store"] == {
        "endpoint": "https://s3.example", "bucket": "wpaas-chess-club", "region": "eu",
        "ca_file": "/etc/wpaas/store-ca.pem",
    }  # fmt: skip
    shared = desired_platform(
        platform, Allowlist(), {"chess-club": SITE}, images={"gateway": "g"}, master=MASTER,
        trusted_proxies=(),
    )  # fmt: skip
    mounted = made.service["TaskTemplate"]["ContainerSpec"]["Configs"]
    assert {one["ConfigName"] for one in mounted} - {made.config_name} <= set(shared.configs)
    assert [one["File"]["Name"] for one in mounted[1:]] == [
        "/etc/wpaas/database-ca.pem", "/etc/wpaas/store-ca.pem",
    ]  # fmt: skip
    assert made.install["TaskTemplate"]["ContainerSpec"]["Command"][:3] == [
        "php", "-d", "openssl.cafile=/etc/wpaas/database-ca.pem",
    ]  # fmt: skip


def test_a_mail_relay_is_in_the_config_and_its_log_in_in_the_secret_alone() -> None:
    login = (Secret("canary-user"), Secret("canary-word"))
    relay = MailRelay(host="smtp.example", from_domain="mail.example", ca="PEM 3", login=login)
    platform = replace(PLATFORM, mail=relay)
    made = desired_site(SITE, platform, IMAGE, MASTER, "c0ffee")
    assert json.loads(made.config)["mail"] == {
        "host": "smtp.example", "port": 587, "tls": "starttls", "from": "chess-club@mail.example",
        "ca_file": "/etc/wpaas/mail-ca.pem",
    }  # fmt: skip
    seen = json.dumps([made.service, made.install]) + made.config.decode() + repr((made, platform))
    assert "canary" not in seen
    kept = json.loads(made.secret.value)
    assert (kept["mail_user"], kept["mail_password"]) == ("canary-user", "canary-word")
    mounted = made.service["TaskTemplate"]["ContainerSpec"]["Configs"]
    assert mounted[1]["File"]["Name"] == "/etc/wpaas/mail-ca.pem"
    without = desired_site(SITE, PLATFORM, IMAGE, MASTER, "c0ffee")
    assert b"mail" not in without.config
    assert "mail_user" not in without.secret.value


def test_only_what_a_process_needs_to_start_renames_its_config() -> None:
    before = desired_site(SITE, PLATFORM, IMAGE, MASTER, "a")
    titled = desired_site(replace(SITE, title="Other"), PLATFORM, IMAGE, MASTER, "b")
    larger = desired_site(replace(SITE, upload_mb=64), PLATFORM, IMAGE, MASTER, "b")
    renewed = desired_site(replace(SITE, secret_generation=2), PLATFORM, IMAGE, MASTER, "b")
    assert (titled.config_name, titled.secret_name) == (before.config_name, before.secret_name)
    assert titled.live_digest != before.live_digest
    assert larger.config_name != before.config_name
    assert renewed.secret_name != before.secret_name


@given(st.frozensets(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd")))
def test_settings_without_what_is_coming_name_the_rest(
    plugins: frozenset[str], coming: frozenset[str]
) -> None:
    site = replace(SITE, plugins=tuple(sorted(plugins)))
    live = desired_site(site, PLATFORM, IMAGE, MASTER, "a").live
    narrowed = json.loads(without_plugins(live, coming))
    assert narrowed["plugins"] == sorted(plugins - coming)
    assert {**narrowed, "plugins": 0} == {**json.loads(live), "plugins": 0}
