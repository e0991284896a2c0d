"""Real programs in containers, one of each for a session, published on 127.0.0.1 alone.

The images are built from `deploy/` by the code that builds them for a cluster.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import scripted
from containers import CONFINED, Container, Start, docker, free_port, until

from benchmarks import stand_in
from reconciler.core.derive import Secret
from reconciler.shell import cluster_images
from reconciler.shell.edge import Edge

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def platform_image() -> Callable[[str], str]:
    """Build the image of deploy/NAME once; the engine's cache makes the next session's free."""
    built: dict[str, str] = {}

    def build(name: str) -> str:
        if name not in built:
            built[name] = cluster_images.build(ROOT, name, cluster_images.local_tag(name))
        return built[name]

    return build


@pytest.fixture(scope="session")
def docker_network() -> Iterator[str]:
    """A bridge of this session's own."""
    name = f"wpaas-test-{secrets.token_hex(4)}"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name)


@pytest.fixture(scope="session")
def start(
    platform_image: Callable[[str], str],
    docker_network: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Start]:
    """Start a platform container, confined as in the Swarm; all are removed at the end."""
    started: list[str] = []

    def start_one(
        image: str,
        ports: tuple[int, ...],
        secret: tuple[str, str],
        *options: str,
        arguments: tuple[str, ...] = (),
    ) -> Container:
        name = f"{docker_network}-{image}-{len(started)}"
        file = tmp_path_factory.mktemp(name) / secret[0]
        file.write_text(secret[1])
        file.parent.chmod(0o755)
        published = {port: free_port() for port in ports}
        publish = [f"--publish=127.0.0.1:{ours}:{port}" for port, ours in published.items()]
        mount = f"--volume={file}:/run/secrets/{secret[0]}:ro"
        identity = platform_image(image)
        started.append(name)
        docker("run", "--detach", f"--name={name}", f"--network={docker_network}", *CONFINED,
               *publish, mount, *options, identity, *arguments)  # fmt: skip
        container = Container(name, published, secret[1])
        until(f"{name} is healthy", container.healthy, 90)
        return container

    yield start_one
    for name in started:
        docker("rm", "--force", "--volumes", name)


@pytest.fixture(scope="session")
def edge_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for an edge: its pair, and the authority of sites, which the stand-ins are of."""
    folder = tmp_path_factory.mktemp("edge")
    folder.chmod(0o755)
    for path, text in stand_in.edge_files().items():
        (folder / Path(path).name).write_text(text)
    return [f"--volume={folder / Path(path).name}:{path}:ro" for path in stand_in.edge_files()]


@pytest.fixture(scope="module")
def keeping_edge(
    start: Start, edge_files: list[str], platform_image: Callable[[str], str], docker_network: str
) -> Iterator[Container]:
    """An edge before webheads of two sites that answer as they are asked to."""
    token = ("edge-token", secrets.token_urlsafe(32))
    image = platform_image("edge")
    made = start("edge", (8080, 2020), token, "--dns=127.0.0.1", *edge_files)
    Edge(Secret(made.secret)).push(made.address(2020), scripted.TABLE)
    with (
        scripted.webhead("chess-club", docker_network, image),
        scripted.webhead("tea-house", docker_network, image),
    ):
        until("chess answers", lambda: scripted.ask(made, "/").status == 200)
        until("tea answers", lambda: scripted.ask(made, "/", host="tea.example.org").status == 200)
        yield made


@pytest.fixture(scope="session")
def database(start: Start) -> Container:
    """MariaDB on an empty volume."""
    return start("database", (3306,), ("database-root", secrets.token_urlsafe(24)))


@pytest.fixture(scope="session")
def store(start: Start) -> Container:
    """SeaweedFS behind its door; the secret is two lines."""
    access_key = hashlib.sha256(secrets.token_bytes(16)).hexdigest()[:20].upper()
    return start("store", (8333,), ("store-admin", f"{access_key}\n{secrets.token_hex(24)}\n"))
