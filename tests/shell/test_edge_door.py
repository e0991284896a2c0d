"""The edge's purge door: whose pages are old is what the certificate says, and nothing else."""

import secrets
import socket
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPResponse

import pytest
from containers import Container, Start, until
from scripted import KEPT, ask, webhead

from benchmarks.stand_in import MASTER
from reconciler.core import pki
from reconciler.core.derive import MasterKey, Secret
from reconciler.shell.edge import Edge
from tests.handshake import context

CHESS = pki.site_pair(MASTER, "chess-club", 1)
PATH = f"/?{KEPT}&key=post-1+term-2"
HOSTS = {"chess-club": "chess-club.localhost", "tea-house": "tea.example.org"}


@pytest.fixture(scope="module")
def edge(
    start: Start, edge_files: list[str], platform_image: Callable[[str], str], docker_network: str
) -> Iterator[Container]:
    """With a page of each of two sites, which have the same keys."""
    token = ("edge-token", secrets.token_urlsafe(32))
    made = start("edge", (8080, 8443, 2020), token, "--dns=127.0.0.1", *edge_files)
    Edge(Secret(made.secret)).push(made.address(2020), {host: site for site, host in HOSTS.items()})
    image = platform_image("edge")
    with (
        webhead("chess-club", docker_network, image),
        webhead("tea-house", docker_network, image),
    ):
        until("both are kept", lambda: [kept(made, site) for site in HOSTS] == [True, True])
        yield made


def kept(edge: Container, site: str) -> bool:
    """Whether the edge has the site's page, and has it from here on."""
    return ask(edge, PATH, host=HOSTS[site]).headers["x-cache"].startswith("hit")


def knock(
    edge: Container, shown: pki.Pair | None, line: str = "POST /purge", *headers: str
) -> tuple[int, str]:
    """Status and body of what the door says to somebody who shows a certificate."""
    mine = context(ssl.PROTOCOL_TLS_CLIENT, shown, pki.authority(MASTER, pki.EDGE_CA))
    said = headers or ("Xkey: post-1 term-2",)
    lines = [f"{line} HTTP/1.1", "Host: edge:8443", "Content-Length: 0", "Connection: close", *said]
    with (
        socket.create_connection(("127.0.0.1", edge.ports[8443]), 10) as plain,
        mine.wrap_socket(plain, server_hostname="edge") as connection,
    ):
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read().decode()


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("POST /purge", ("Xkey: post-9 term-2",)),
        ("POST /purge", ("Xkey: site",)),
        (
            "POST /purge",
            ("Xkey: post-1", "X-Wpaas-Site: tea-house", "x-wpaas-site: tea-house"),
        ),
        ("POST /purge?X-Wpaas-Site=tea-house", ("Xkey: post-1",)),
    ],
)
def test_a_webhead_purges_keys_of_its_own_site_whatever_it_says(
    edge: Container, line: str, headers: tuple[str, ...]
) -> None:
    assert [kept(edge, site) for site in (*HOSTS, *HOSTS)][2:] == [True, True]
    assert knock(edge, CHESS, line, *headers) == (200, "200 purged 1")
    assert [kept(edge, site) for site in HOSTS] == [False, True]


@pytest.mark.parametrize(
    "line", ["GET /purge", "PURGE /purge", "POST /", "POST /purge/x", "GET /table", "POST /config/"]
)
def test_nothing_else_is_behind_the_door(edge: Container, line: str) -> None:
    assert knock(edge, CHESS, line) == (404, "")


def test_keys_are_named_or_nothing_is_purged(edge: Container) -> None:
    assert knock(edge, CHESS, "POST /purge", "X-Other: a") == (404, "")


@pytest.mark.parametrize(
    "shown",
    [None, pki.edge_pair(MASTER), pki.site_pair(MasterKey(b"m" * 32), "chess-club", 1)],
    ids=["nobody", "the edge's own", "another cluster's site"],
)
def test_who_is_no_site_stays_outside(edge: Container, shown: pki.Pair | None) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        knock(edge, shown)
