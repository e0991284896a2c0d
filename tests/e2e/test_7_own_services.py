"""A fleet on a registry, a database and a store of one's own, over TLS: none of the bundled three
is started, a site goes live through the gateway, and a picture is put and shown."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from demo.author import Author, picture
from demo.engines import docker, inspect
from demo.load import load
from demo.stage import ROOT, Stage, wait_until
from reconciler.core.local_cluster import CLUSTER_LABEL
from reconciler.shell import cluster
from reconciler.shell.cluster_images import local_tag
from reconciler.shell.program import must
from tests.authority import Authority

pytestmark = pytest.mark.e2e
NAME, PORT = "own", 8280
SITE = "chess-club"
DATABASE, STORE = "database.own.test", "store.own.test"
OUTER = "unix:///var/run/docker.sock"
NEEDED = ("node", "front", "edge", "egress", "gateway")
BUNDLED = {"wpaas-database", "wpaas-store", "wpaas-registry"}
TLS = ("/tls/cert.pem", "/tls/key.pem")


class Outside:
    """Three servers on the bridge of the nodes, where Docker's own DNS gives their names."""

    def __init__(self, folder: Path, subnet: str) -> None:
        self.folder = folder
        self.authority = Authority(folder / "authority")
        base = subnet.rpartition(".")[0]
        self.addresses = {
            "database": f"{base}.101",
            "store": f"{base}.102",
            "registry": f"{base}.103",
        }
        self.registry = f"{self.addresses['registry']}:5000"
        self.password = secrets.token_urlsafe(24)
        self.access_key = secrets.token_hex(10).upper()
        self.hosts = folder / "hosts"

    def start(self) -> None:
        """Start all three. Nothing is waited for: the reconciler has to."""
        must(["docker", "network", "inspect", f"wpaas-{NAME}"], stage="cluster", timeout_s=20)
        store = self._write("store-admin", f"{self.access_key}\n{self.password}\n")
        door = (ROOT / "deploy/store/Caddyfile").read_text()
        tls = door.replace(":8333 {", f":8333 {{\n\ttls {' '.join(TLS)}")
        assert tls != door
        hashed = must(
            ["docker", "run", "--rm", "--interactive", "--entrypoint=caddy", local_tag("edge"),
             "hash-password", "--bcrypt-cost=5"], stage="cluster", timeout_s=60,
            stdin=f"{self.password}\n".encode(),
        )  # fmt: skip
        self._run("database", DATABASE, (
            f"--volume={self._write('database-root', self.password)}:/run/secrets/database-root:ro",
            "--tmpfs=/run:mode=1777",
        ), f"--ssl-cert={TLS[0]}", f"--ssl-key={TLS[1]}", "--require-secure-transport=ON")  # fmt: skip
        self._run("store", STORE, (
            f"--volume={store}:/run/secrets/store-admin:ro",
            f"--volume={self._write('Caddyfile', tls)}:/etc/wpaas/Caddyfile:ro",
        ))  # fmt: skip
        self._run("registry", "registry.own.test", (
            f"--volume={self._write('htpasswd', f'pusher:{hashed.strip()}')}:/tls/htpasswd:ro",
            f"--env=REGISTRY_HTTP_TLS_CERTIFICATE={TLS[0]}", f"--env=REGISTRY_HTTP_TLS_KEY={TLS[1]}",
            "--env=REGISTRY_AUTH_HTPASSWD_REALM=own", "--env=REGISTRY_AUTH_HTPASSWD_PATH=/tls/htpasswd",
        ))  # fmt: skip
        self.hosts.write_text(
            f"127.0.0.1 localhost\n{self.addresses['database']} {DATABASE}\n{self.addresses['store']} {STORE}\n"
        )

    def describe(self, state: Path, platform: str) -> str:
        """platform.yaml with all three, and their secrets beside the master key."""
        ca = "certificates/own-ca.pem"
        for file, document in {
            "database.json": {"username": "root", "password": self.password},
            "store.json": {"access_key": self.access_key, "secret_key": self.password},
            "registry.json": {"username": "pusher", "password": self.password},
        }.items():
            (state / file).touch(mode=0o600)
            (state / file).write_text(json.dumps(document))
        named = {
            "registry": {"host": self.registry, "secrets_file": "registry.json", "ca_file": ca},
            "database": {"host": DATABASE, "secrets_file": "database.json", "ca_file": ca},
            "store": {
                "endpoint": f"https://{STORE}:8333",
                "secrets_file": "store.json",
                "ca_file": ca,
            },
        }
        return platform + "".join(f"{kind}: {json.dumps(its)}\n" for kind, its in named.items())

    def _write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o644)
        return file

    def _run(self, kind: str, name: str, options: tuple[str, ...], *arguments: str) -> None:
        signed = self.authority.sign(name, self.addresses[kind])
        must(
            ["docker", "run", "--detach", f"--name=wpaas-{NAME}-{kind}", f"--label={CLUSTER_LABEL}={NAME}",
             f"--network=wpaas-{NAME}", f"--network-alias={name}", f"--ip={self.addresses[kind]}",
             f"--volume={signed.certificate}:{TLS[0]}:ro", f"--volume={signed.key}:{TLS[1]}:ro",
             *options, local_tag(kind), *arguments],
            stage="cluster", timeout_s=60,
        )  # fmt: skip


def trusted(registry: str, command: list[str], pem: str) -> None:
    """Let an engine trust the registry, as an operator does on each node: a file in /etc/docker."""
    folder = f"/etc/docker/certs.d/{registry}"
    script = f"mkdir -p {folder} && cat > {folder}/ca.crt"
    must([*command, "sh", "-c", script], stage="cluster", timeout_s=60, stdin=pem.encode())


# The machine's own engine builds and pushes; its folder is reached as an engine's user may.
MACHINE = ["docker", "run", "--rm", "--interactive", "--volume=/etc/docker:/etc/docker", "debian:trixie-slim"]  # fmt: skip


class Own(Stage):
    """The stage, with the names of the servers outside known to our own programs alone."""

    hosts: Path

    def wpaas(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """As the stage's, in a mount namespace with another /etc/hosts."""
        unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        script = f'mount --bind "{self.hosts}" /etc/hosts && exec "$@"'
        program = [sys.executable, "-m", "reconciler", *arguments]
        environment = {**os.environ, "WPAAS_CONTEXT": str(self.context.state / "context.json")}
        done = subprocess.run(
            [*unshare, "sh", "-c", script, "sh", *program],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode in codes, f"{arguments}: {done.stdout[-500:]} {done.stderr[-2000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Own, Outside]]:
    root = tmp_path_factory.mktemp("clone")
    for part in NEEDED:
        shutil.copytree(ROOT / "deploy" / part, root / "deploy" / part)
    shutil.copy(ROOT / "deploy/binaries.lock", root / "deploy/binaries.lock")
    # What a killed run left, or one of another clone, carries another master key.
    cluster.down(root, NAME)
    context = cluster.up(root, NAME, PORT, lambda what, seconds: print(f"{seconds:.1f} s {what}"))
    layout = cluster.layout_of(root, NAME)
    servers = Outside(tmp_path_factory.mktemp("outside"), layout.subnet)
    try:
        servers.start()
        for node in layout.nodes:
            trusted(
                servers.registry, ["docker", "exec", "-i", node.container], servers.authority.pem
            )
        trusted(servers.registry, MACHINE, servers.authority.pem)
        stage = Own(context)
        stage.hosts = servers.hosts
        repository = stage.repository
        repository.begin(ROOT, PORT)
        platform = (repository.clone / "platform.yaml").read_text()
        repository.write("platform.yaml", servers.describe(stage.context.state, platform))
        repository.write("certificates/own-ca.pem", servers.authority.pem)
        repository.remove(["sites/tea-house.json"])
        repository.commit("Services of our own")
        yield stage, servers
    finally:
        must([*MACHINE, "rm", "-rf", f"/etc/docker/certs.d/{servers.registry}"],
             stage="cluster", timeout_s=60)  # fmt: skip
        cluster.down(root, NAME)


def test_a_site_lives_on_services_of_one_s_own(outside: tuple[Own, Outside]) -> None:
    stage, servers = outside
    stage.wpaas("apply")
    stage.until_live(SITE, 60)
    engine = stage.context.engines[0]
    running = set(docker(engine, "service", "ls", "--format", "{{.Name}}").split())
    assert running == {
        "wpaas-edge",
        "wpaas-egress",
        "wpaas-gateway",
        "wpaas-uplink",
        f"wpaas_{SITE}",
    }
    assert not BUNDLED & running
    container = inspect(engine, "service", f"wpaas_{SITE}")["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert container["Image"].startswith(f"{servers.registry}/wpaas/wordpress@sha256:")

    author = Author(stage.http, stage.host(SITE))
    author.log_in(stage.wpaas("site", "login", SITE).strip())
    media = author.upload("gradient.png", picture())
    source = "/" + str(media["source_url"]).split("/", 3)[3]
    answer = requests.get(stage.http + source, headers={"Host": stage.host(SITE)}, timeout=10)
    assert answer.content == picture()


def test_the_commands_tell_what_is_used(outside: tuple[Own, Outside]) -> None:
    stage, servers = outside
    found = json.loads(stage.wpaas("env", "--format", "json"))
    assert {kind: found[kind] for kind in ("registry", "database", "store")} == {
        "registry": servers.registry,
        "database": f"{DATABASE}:3306",
        "store": f"https://{STORE}:8333",
    }
    assert "FAIL" not in stage.wpaas("doctor")
    assert stage.wpaas("plan").strip() == "nothing to do"
    printed = json.dumps(found) + stage.wpaas("status") + stage.wpaas("logs", SITE)
    assert servers.password not in printed


def test_a_living_site_whose_database_is_empty_is_left_as_it_is(
    outside: tuple[Own, Outside],
) -> None:
    stage, _servers = outside
    before = {webhead.id for webhead in stage.webheads(SITE)}
    rename(f"site_{SITE.replace('-', '_')}", "wpaas_live", "kept")
    assert "its database is empty" in stage.wpaas("plan", codes=(3,))
    stage.wpaas("apply", codes=(3,))
    rename(f"site_{SITE.replace('-', '_')}", "kept", "wpaas_live")
    assert stage.wpaas("plan").strip() == "nothing to do"
    assert {webhead.id for webhead in stage.webheads(SITE)} == before
    assert stage.is_up(SITE)


def rename(database: str, table: str, name: str) -> None:
    sql = f"RENAME TABLE {database}.{table} TO {database}.{name}"
    script = f'MYSQL_PWD=$(cat /run/secrets/database-root) mariadb --skip-ssl -uroot -e "{sql}"'
    docker(OUTER, "exec", f"wpaas-{NAME}-database", "sh", "-c", script)


def test_the_way_out_outlives_half_of_its_tasks(outside: tuple[Own, Outside]) -> None:
    stage, _servers = outside
    for service in ("gateway", "uplink"):
        engine, container = next(
            (engine, found.split()[0])
            for engine in stage.engines.values()
            if (found := docker(engine, "ps", "-q", "--filter", f"name=wpaas-{service}"))
        )
        docker(engine, "kill", container)
    with load(stage.http, stage.host(SITE), per_second=5) as tally:
        wait_until("30 pages were asked for", lambda: tally.requests >= 30, 60)
    wait_until("pages come again", lambda: stage.is_up(SITE), 30)
    print(f"a gateway and an uplink died: {tally}")
    assert tally.slowest <= 5_000
