"""The way out: one port for each server, real names, and nothing that hangs."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.gateway import (
    Endpoint,
    endpoints,
    gateway_config,
    store_endpoint,
    uplink_config,
)
from reconciler.core.manifest import (
    DEFAULT_SIZES,
    ExternalDatabase,
    ExternalStore,
    Limits,
    MailRelay,
    Platform,
)

DATABASE = Endpoint(3306, "mysql.example")
STORE = Endpoint(443, "s3.example")


def passages(config: bytes) -> list[tuple[str, str]]:
    """(port that is listened on, where it leads) of each."""
    return re.findall(
        r"bind 0\.0\.0\.0:(\d+) .*?server-template \S+ \d+ (\S+)", config.decode(), re.S
    )


def test_the_gateway_leads_to_the_uplink_and_that_to_the_servers() -> None:
    both = (STORE, DATABASE)
    assert passages(gateway_config(both)) == [("443", "uplink:443"), ("3306", "uplink:3306")]
    assert passages(uplink_config(both))[-2:] == [
        ("443", "s3.example:443"), ("3306", "mysql.example:3306"),
    ]  # fmt: skip


def test_no_check_ever_touches_a_server() -> None:
    servers = re.compile(r"server-template .*")
    assert "check" not in " ".join(servers.findall(uplink_config((DATABASE,)).decode()))
    assert "check port 8404" in " ".join(servers.findall(gateway_config((DATABASE,)).decode()))


def test_what_the_platform_names_is_what_is_passed() -> None:
    platform = Platform(domain="localhost", sizes=DEFAULT_SIZES, limits=Limits())
    assert endpoints(platform) == ()
    store = ExternalStore(endpoint="http://one.example", secrets_file="s")
    database = ExternalDatabase(host="one.example", secrets_file="d")
    both = Platform(
        domain="localhost", sizes=DEFAULT_SIZES, limits=Limits(), store=store, database=database
    )
    assert endpoints(both) == (Endpoint(80, "one.example"), Endpoint(3306, "one.example"))
    mail = MailRelay(host="smtp.example", from_domain="mail.example")
    relay = Platform(domain="localhost", sizes=DEFAULT_SIZES, limits=Limits(), mail=mail)
    assert endpoints(relay) == (Endpoint(587, "smtp.example"),)
    assert store_endpoint("https://s3.example:8443") == Endpoint(8443, "s3.example")


@given(st.permutations([DATABASE, STORE, Endpoint(8333, "a.example")]))
def test_the_order_in_which_servers_are_named_does_not_restart_the_gateway(
    order: list[Endpoint],
) -> None:
    assert gateway_config(tuple(sorted(set(order)))) == gateway_config(
        (STORE, DATABASE, Endpoint(8333, "a.example"))
    )
