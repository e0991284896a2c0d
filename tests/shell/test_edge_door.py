"""The edge's purge door: whose pages are old is what the certificate says, and nothing else."""

import json
import secrets
import socket
import ssl
from http.client import HTTPResponse

import pytest
from containers import Container, Start, docker, until
from handshake import context

from benchmarks.stand_in import MASTER
from reconciler.core import pki
from reconciler.core.derive import MasterKey

CHESS = pki.site_pair(MASTER, "chess-club", 1)
# Stands where the cache will: it says what it was told.
TOLD = "{http.request.method}|{http.request.header.X-Wpaas-Site}|{http.request.header.Xkey}"
CACHE = {
    "admin": {"disabled": True},
    "apps": {
        "http": {
            "servers": {
                "cache": {
                    "listen": ["127.0.0.1:6081"],
                    "routes": [{"handle": [{"handler": "static_response", "body": TOLD}]}],
                }
            }
        }
    },
}


@pytest.fixture(scope="module")
def edge(start: Start, edge_files: list[str]) -> Container:
    token = ("edge-token", secrets.token_urlsafe(32))
    made = start("edge", (8443,), token, "--dns=127.0.0.1", *edge_files)
    script = f"export HOME=/tmp; echo '{json.dumps(CACHE)}' | exec caddy run --config -"
    docker("exec", "--detach", made.name, "bash", "-c", script)
    until("the stand-in answers", lambda: knock(made, CHESS)[0] == 200, 20)
    return made


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


def test_a_webhead_purges_keys_of_its_own_site(edge: Container) -> None:
    assert knock(edge, CHESS) == (200, "PURGE|chess-club|post-1 term-2")


def test_what_a_webhead_says_about_its_site_changes_nothing(edge: Container) -> None:
    lies = ("Xkey: post-1", "X-Wpaas-Site: tea-house", "x-wpaas-site: tea-house", "Host: tea-house")
    status, told = knock(edge, CHESS, "POST /purge", *lies[:3])
    assert (status, told) == (200, "PURGE|chess-club|post-1")
    assert knock(edge, CHESS, "POST /purge?X-Wpaas-Site=tea-house")[1].startswith(
        "PURGE|chess-club|"
    )


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
