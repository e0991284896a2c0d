"""The way from webheads to a database, a store or a mail relay outside the cluster, as two proxies' configurations.

Webheads live on internal networks. The *gateway* is on those under the very names of the servers
outside, so that a webhead connects to the real name: TLS verifies it and S3 signs it as anywhere
else. It passes the bytes on to the *uplink*, which is on the ordinary network alone: there the name
is the one outside. A gateway that looked it up itself would find itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.core.manifest import Platform

HEALTH_PORT = 8404
UPLINK = "uplink"
DEFAULT_PORTS = {"http": 80, "https": 443}
# Tasks of the uplink, or addresses of one name, that are used at once.
SLOTS = 4


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A server outside the cluster. One port of the gateway leads to one endpoint."""

    port: int
    host: str


def endpoints(platform: Platform) -> tuple[Endpoint, ...]:
    """What webheads reach outside, by port."""
    return tuple(sorted(set(_named(platform))))


def _named(platform: Platform) -> Iterator[Endpoint]:
    if platform.database is not None:
        yield Endpoint(platform.database.port, platform.database.host)
    if platform.store is not None:
        yield store_endpoint(platform.store.endpoint)
    if platform.mail is not None:
        yield Endpoint(platform.mail.port, platform.mail.host)


def store_endpoint(address: str) -> Endpoint:
    """Host and port of an `http(s)://HOST[:PORT]`."""
    scheme, _, rest = address.partition("://")
    host, _, port = rest.partition(":")
    return Endpoint(int(port or DEFAULT_PORTS[scheme]), host)


def gateway_config(outside: Sequence[Endpoint]) -> bytes:
    """HAProxy's configuration of the gateway.

    The health of an uplink is asked at its own port: a check of a database's port would be a
    connection that says nothing, and MySQL locks a host out after a hundred of them.
    """
    health = f"check port {HEALTH_PORT} inter 500ms fall 2 rise 1"
    sections = [_head("127.0.0.1", connect="300ms", retries=3, hold="1s")]
    for end in outside:
        checks = ("option httpchk GET /health",)
        sections.append(_passage(end, checks, f"{UPLINK}:{end.port}", health))
    return "\n".join(sections).encode()


def uplink_config(outside: Sequence[Endpoint]) -> bytes:
    """HAProxy's configuration of the uplink: each port to the server of that name."""
    sections = [_head("0.0.0.0", connect="1s", retries=1, hold="10s")]  # noqa: S104 - the platform network alone
    sections += [_passage(end, (), f"{end.host}:{end.port}", "") for end in outside]
    return "\n".join(sections).encode()


def _head(health_address: str, *, connect: str, retries: int, hold: str) -> str:
    """What all ports share. A silent peer is given up 4 s after its last word, by keepalive."""
    return f"""\
global
    log stdout format raw local0 warning
    maxconn 4000
    nbthread 1
    hard-stop-after 10s

defaults
    mode tcp
    log global
    timeout connect {connect}
    timeout check 500ms
    timeout queue 2s
    timeout client 15m
    timeout server 15m
    retries {retries}
    option redispatch 1
    option clitcpka
    clitcpka-idle 1s
    clitcpka-intvl 1s
    clitcpka-cnt 3
    option srvtcpka
    srvtcpka-idle 1s
    srvtcpka-intvl 1s
    srvtcpka-cnt 3

resolvers docker
    nameserver docker 127.0.0.11:53
    accepted_payload_size 4096
    resolve_retries 2
    timeout resolve 1s
    timeout retry 500ms
    hold valid {hold}
    hold obsolete 0s
    hold nx 30s
    hold timeout 5m
    hold refused 5m
    hold other 5m

frontend health
    bind {health_address}:{HEALTH_PORT}
    mode http
    timeout client 5s
    monitor-uri /health
"""


def _passage(end: Endpoint, options: Sequence[str], target: str, server: str) -> str:
    words = f"resolvers docker init-addr none resolve-prefer ipv4 {server}".rstrip()
    lines = [
        f"listen port{end.port}",
        f"    bind 0.0.0.0:{end.port} tcp-ut 4s",
        "    balance roundrobin",
        *(f"    {option}" for option in options),
        f"    server-template to {SLOTS} {target} tcp-ut 4s {words}",
        "",
    ]
    return "\n".join(lines)
