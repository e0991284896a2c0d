"""The way out: each site asks what it was granted, and no name leads into the cluster."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from containers import CONFINED, docker, until

from reconciler.core import egress as way_out
from reconciler.core.derive import MasterKey

MASTER = MasterKey(b"the key of the proxy in these tests")
GRANTS = {
    "chess-club": "grant inside.example.org,grant .example.net,grant 10.99.0.1,grant allowed.invalid",
    "tea-house": "grant tea.invalid",
    "renewed": "generation 2,grant allowed.invalid",
}


@pytest.fixture(scope="module")
def egress(
    platform_image: Callable[[str], str],
    docker_network: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("egress")
    (folder / "grants").write_bytes(way_out.grants(GRANTS))
    (folder / "key").write_text(way_out.key(MASTER).value)
    folder.chmod(0o755)
    name, target = f"{docker_network}-egress", f"{docker_network}-target"
    docker("run", "--detach", f"--name={target}", f"--network={docker_network}",
           "--network-alias=inside.example.org", "--entrypoint=sleep",
           platform_image("egress"), "300")  # fmt: skip
    docker("run", "--detach", f"--name={name}", f"--network={docker_network}", *CONFINED,
           f"--volume={folder / 'grants'}:/etc/wpaas/egress-grants:ro",
           f"--volume={folder / 'key'}:/run/secrets/egress-key:ro", platform_image("egress"))  # fmt: skip
    try:
        until("the proxy is healthy", lambda: status(name, "GET http://x.invalid/") == 403, 30)
        yield name
    finally:
        docker("rm", "--force", name, target)


def status(
    name: str, request: str, site: str = "chess-club", generation: int = 1, sent: str | None = None
) -> int:
    """Status of the proxy's answer to a site's request line, asked from beside it; 0 for none."""
    password = way_out.password(MASTER, site, generation).value if sent is None else sent
    shown = base64.b64encode(f"{site}:{password}".encode()).decode()
    header = f"Proxy-Authorization: Basic {shown}\\r\\n" if site else ""
    script = (
        "exec 3<>/dev/tcp/127.0.0.1/3128 || exit 0;"
        f" printf '{request} HTTP/1.0\\r\\n{header}\\r\\n' >&3; timeout 15 head -n 1 <&3"
    )
    line = docker("exec", name, "bash", "-c", script).split()
    return int(line[1]) if len(line) > 1 else 0


@pytest.mark.parametrize(
    "request_line",
    [
        "GET http://example.com/",
        "GET http://example.org/",
        "GET http://inside.example.org.evil.invalid/",
        "CONNECT example.com:443",
        "CONNECT allowed.invalid:25",
        "CONNECT allowed.invalid:80",
        "GET http://allowed.invalid:8333/",
        "GET http://127.0.0.1:3128/squid-internal-mgr/menu",
        "GET http://127.0.0.1/",
        "GET http://[::1]/",
        "GET http://169.254.169.254/",
    ],
)
def test_what_is_not_granted_is_denied(egress: str, request_line: str) -> None:
    assert status(egress, request_line) == 403


@pytest.mark.parametrize("host", ["inside.example.org", "10.99.0.1"])
def test_a_granted_name_cannot_lead_into_the_cluster(egress: str, host: str) -> None:
    assert status(egress, f"GET http://{host}/") == 403
    assert status(egress, f"CONNECT {host}:443") == 403


@pytest.mark.parametrize("host", ["allowed.invalid", "ALLOWED.invalid", "example.net", "a.b.example.net"])  # fmt: skip
def test_a_granted_name_passes(egress: str, host: str) -> None:
    """Its look-up fails here, which is another answer than a denial."""
    assert status(egress, f"GET http://{host}/") in {500, 503}


def test_a_site_gets_nothing_of_what_another_was_granted(egress: str) -> None:
    assert status(egress, "GET http://tea.invalid/") == 403
    assert status(egress, "GET http://tea.invalid/", "tea-house") in {500, 503}
    assert status(egress, "GET http://allowed.invalid/", "tea-house") == 403
    assert status(egress, "GET http://allowed.invalid/", "a-third") == 403


@pytest.mark.parametrize(
    ("site", "generation", "sent"),
    [
        ("", 1, ""),
        ("chess-club", 1, ""),
        ("chess-club", 1, "guessed"),
        ("chess-club", 2, None),
        ("chess-club", 1, way_out.password(MASTER, "tea-house", 1).value),
        ("renewed", 1, None),
    ],
    ids=["nobody", "nothing", "a guess", "another generation", "a neighbour's", "a former one"],
)
def test_who_does_not_show_a_sites_password_gets_nowhere(
    egress: str, site: str, generation: int, sent: str | None
) -> None:
    assert status(egress, "GET http://allowed.invalid/", site, generation, sent) == 407


def test_a_renewed_password_counts(egress: str) -> None:
    assert status(egress, "GET http://allowed.invalid/", "renewed", 2) in {500, 503}


def test_hosts_are_logged_by_site_and_nothing_more_is(egress: str) -> None:
    secret = "/inbox?token=only-mine"
    assert status(egress, f"GET http://tea.invalid{secret}", "tea-house") in {500, 503}
    assert status(egress, 'GET http://a"b.invalid/', "tea-house") >= 400
    lines = docker("logs", egress).splitlines()
    said = [json.loads(line) for line in lines]
    assert {"from", "time", "site", "method", "host", "status"} <= said[-1].keys()
    seen = {(line["site"], line["host"], line["status"]) for line in said}
    assert ("tea-house", "tea.invalid", "503") in seen
    assert ("chess-club", "example.com", "403") in seen
    assert not any("inbox" in line or "only-mine" in line for line in lines)
    assert not any(way_out.password(MASTER, "tea-house", 1).value in line for line in lines)


def test_without_list_and_key_it_does_not_start(platform_image: Callable[[str], str]) -> None:
    entrypoint = Path(__file__).parents[2] / "deploy" / "egress" / "entrypoint"
    assert "is missing" in entrypoint.read_text()
    name = docker("run", "--detach", platform_image("egress"))
    try:
        assert docker("wait", name) == "1"
    finally:
        docker("rm", "--force", name)
