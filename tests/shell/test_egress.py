"""The way out: what the list does not name is denied, and no name leads into the cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from containers import CONFINED, docker, until

LISTED = "inside.example.org\n.example.net\n10.99.0.1\nallowed.invalid\n"


@pytest.fixture(scope="module")
def egress(
    platform_image: Callable[[str], str],
    docker_network: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    file = tmp_path_factory.mktemp("egress") / "hosts"
    file.write_text(LISTED)
    file.parent.chmod(0o755)
    name, target = f"{docker_network}-egress", f"{docker_network}-target"
    docker("run", "--detach", f"--name={target}", f"--network={docker_network}",
           "--network-alias=inside.example.org", "--entrypoint=sleep",
           platform_image("egress"), "300")  # fmt: skip
    docker("run", "--detach", f"--name={name}", f"--network={docker_network}", *CONFINED,
           f"--volume={file}:/etc/wpaas/egress-hosts:ro", platform_image("egress"))  # fmt: skip
    try:
        until("the proxy is healthy", lambda: status(name, "GET http://x.invalid/") == 403, 30)
        yield name
    finally:
        docker("rm", "--force", name, target)


def status(name: str, request: str) -> int:
    """Status of the proxy's answer to a request line, asked from beside it; 0 for none."""
    script = (
        "exec 3<>/dev/tcp/127.0.0.1/3128 || exit 0;"
        f" printf '{request} HTTP/1.0\\r\\n\\r\\n' >&3; timeout 15 head -n 1 <&3"
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
def test_what_is_not_listed_is_denied(egress: str, request_line: str) -> None:
    assert status(egress, request_line) == 403


@pytest.mark.parametrize("host", ["inside.example.org", "10.99.0.1"])
def test_a_listed_name_cannot_lead_into_the_cluster(egress: str, host: str) -> None:
    assert status(egress, f"GET http://{host}/") == 403
    assert status(egress, f"CONNECT {host}:443") == 403


def test_a_listed_name_passes_the_list(egress: str) -> None:
    """Its look-up fails here, which is another answer than a denial."""
    assert status(egress, "GET http://allowed.invalid/") in {500, 503}


def test_the_list_is_a_file_and_not_in_the_image(platform_image: Callable[[str], str]) -> None:
    entrypoint = Path(__file__).parents[2] / "deploy" / "egress" / "entrypoint"
    assert "egress-hosts is missing" in entrypoint.read_text()
    name = docker("run", "--detach", platform_image("egress"))
    try:
        assert docker("wait", name) == "1"
    finally:
        docker("rm", "--force", name)
