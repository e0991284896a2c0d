"""Who may speak with a webhead: the edge. Real nginx, real certificates."""

import json
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest
from webheads import Site, Stand, Webhead, docker, eventually

from reconciler.core import pki
from reconciler.core.derive import MasterKey
from tests.handshake import context

MASTER = MasterKey(b"the master key of these very tests")
SITE = "guarded-club"
ME, NEIGHBOUR = (pki.site_pair(MASTER, name, 1) for name in (SITE, "tea-house"))
EDGE = pki.edge_pair(MASTER)


def secured(site: Site) -> Site:
    """The site as in the cluster: with a pair of its own, and the edge's authority."""
    site.config |= {"edge_ca": pki.authority(MASTER, pki.EDGE_CA)}
    site.secret |= {"tls_certificate": ME.certificate, "tls_key": ME.key.value}
    return site


@pytest.fixture(scope="module")
def guarded(stand: Stand) -> Iterator[Webhead]:
    site = secured(stand.site(SITE))
    assert stand.job(site)[0] == 0
    stand.live(site, title="Guarded", plugins=[])
    made = stand.webhead(site)
    eventually("healthy", 60, lambda: health(made) == "healthy")
    yield made
    docker("rm", "--force", made.name)


def health(webhead: Webhead) -> str:
    return docker("inspect", "--format={{.State.Health.Status}}", webhead.name)


def address(webhead: Webhead) -> str:
    shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return docker("inspect", f"--format={shown}", webhead.name)


def over_tls(
    webhead: Webhead, shown: pki.Pair | None, line: str = "GET /", *headers: str
) -> tuple[int, str]:
    """Status and body of an answer to somebody who shows a certificate."""
    trusted = pki.authority(MASTER, pki.SITE_CA)
    mine = context(ssl.PROTOCOL_TLS_CLIENT, shown, trusted)
    host = f"{SITE}.webhead.internal"
    with (
        socket.create_connection((address(webhead), 8443), 10) as plain,
        mine.wrap_socket(plain, server_hostname=host) as connection,
    ):
        lines = [f"{line} HTTP/1.1", f"Host: {SITE}.localhost:8080", "Connection: close", *headers]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read().decode()


def test_the_edge_gets_a_page_and_is_believed_whom_it_is_for(guarded: Webhead) -> None:
    status, page = over_tls(guarded, EDGE)
    assert (status, "<title>Guarded" in page) == (200, True)

    def guess(visitor: str) -> int:
        headers = (f"X-Forwarded-For: {visitor}", "Content-Length: 0")
        return over_tls(guarded, EDGE, "POST /wp-login.php", *headers)[0]

    # Guessing passwords is limited for each visitor.
    assert [guess("203.0.113.9") for _ in range(6)] == [200] * 5 + [429]
    assert guess("203.0.113.10") == 200


@pytest.mark.parametrize("shown", [None, NEIGHBOUR, ME], ids=["nobody", "a neighbour", "itself"])
def test_nobody_else_gets_a_page(guarded: Webhead, shown: pki.Pair | None) -> None:
    status, page = over_tls(guarded, shown)
    assert (status, "Guarded" in page, "nginx/" in page) == (400, False, False)


def test_the_plain_port_is_for_checks_from_inside_which_are_nobody_else(guarded: Webhead) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address(guarded), 8080), 10)
    guess = (
        "foreach (range(1, 8) as $n) { $c = curl_init('http://127.0.0.1:8080/wp-login.php');"
        f" curl_setopt_array($c, [CURLOPT_HTTPHEADER => ['Host: {SITE}.localhost',"
        " \"X-Forwarded-For: 203.0.113.$n\"], CURLOPT_RETURNTRANSFER => true, CURLOPT_POSTFIELDS => '']);"
        " curl_exec($c); echo curl_getinfo($c, CURLINFO_RESPONSE_CODE), ' '; }"
    )
    statuses = docker("exec", guarded.name, "php", "-r", guess).split()
    assert (statuses[0], statuses[-1]) == ("200", "429")


def test_an_older_tls_is_not_spoken(guarded: Webhead) -> None:
    mine = context(ssl.PROTOCOL_TLS_CLIENT, EDGE, pki.authority(MASTER, pki.SITE_CA))
    mine.minimum_version, mine.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection((address(guarded), 8443), 10) as plain,
        pytest.raises(ssl.SSLError),
    ):
        mine.wrap_socket(plain, server_hostname=f"{SITE}.webhead.internal")


def test_key_and_certificate_are_files_of_one_user(guarded: Webhead) -> None:
    shown = docker(
        "exec", guarded.name, "sh", "-c", "stat -c '%a %U' /run/wpaas/tls /run/wpaas/tls/*"
    )
    assert shown.splitlines() == ["700 www-data", *["600 www-data"] * 3]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"tls_key": ""}, "secret.json: tls_key"),
        ({"tls_certificate": ""}, "secret.json: tls_certificate"),
        ({"tls_key": NEIGHBOUR.key.value}, "tls_key is not the key"),
        ({"tls_certificate": "nonsense"}, "tls_key is not the key"),
    ],
)
def test_an_edge_without_a_pair_to_show_it_stops_the_start(
    stand: Stand, guarded: Webhead, changed: dict[str, str], named: str
) -> None:
    before = dict(guarded.site.secret)
    guarded.site.secret.update(changed)
    broken = stand.webhead(guarded.site)
    guarded.site.secret.update(before)
    assert docker("wait", broken.name, timeout_s=10) == "1"
    (line,) = broken.logs()
    assert named in json.loads(line)["cause"]
    assert "PRIVATE" not in line
