"""One webhead and one Apache on the machine's own engine, with one database and equal limits."""

import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.stand_in import MASTER
from demo.stage import ROOT, wait_until
from reconciler.core import image, pki
from reconciler.core.layers import tar
from reconciler.shell import builder, cluster_images
from reconciler.shell.program import must
from reconciler.shell.worktree import read_worktree

ENGINE = "unix:///var/run/docker.sock"
HOST = "bench.localhost:8080"
SITE = "bench"
SITE_DATABASE = "site_bench"
BASE = "wpaas/bench-base:local"
APACHE = "wpaas/bench-apache:local"
SALTS = tuple(
    f"{name}_{kind}"
    for kind in ("KEY", "SALT")
    for name in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")
)
UID = 33
BUILD_S = 900.0
UP_S = 90.0
LIMITS = ("--cpus=1", "--memory=384m", "--pids-limit=200")
# As the service's spec says: see _task_template in reconciler/core/site_objects.py.
HARDENED = (
    "--read-only", "--tmpfs=/run:mode=1777", "--tmpfs=/tmp:mode=1777", f"--user={UID}:{UID}",
    "--cap-drop=ALL", "--security-opt=no-new-privileges",
)  # fmt: skip


def docker(*arguments: str, stdin: str | None = None, timeout_s: float = 120.0) -> str:
    """The docker client against the machine's own engine. Raises StageFailed."""
    data = stdin.encode() if stdin is not None else None
    argv = ["docker", "-H", ENGINE, *arguments]
    return must(argv, stage="cluster", timeout_s=timeout_s, stdin=data).strip()


def address_of(container: str) -> str:
    """Its address on its one network, where the machine itself can reach it."""
    template = "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return docker("inspect", template, container)


def remove(label: str, network: str) -> None:
    """Remove the containers of a label and a network; fine where some were never made."""
    containers = docker("ps", "--all", "--quiet", "--filter", f"label={label}").split()
    if containers:
        docker("rm", "--force", "--volumes", *containers)
    if docker("network", "ls", "--quiet", "--filter", f"name={network}"):
        docker("network", "rm", network)


class Pair:
    """`webhead` and `apache` name running containers on a network of their own; `close` removes all."""

    def __init__(self) -> None:
        self.name = f"wpaas-bench-{os.getpid()}"
        self.webhead, self.apache = f"{self.name}-webhead", f"{self.name}-apache"
        self._files = Path(tempfile.mkdtemp(prefix="wpaas-bench-"))
        self._files.chmod(0o755)

    def open(self) -> None:
        """Build both images, start the database, install WordPress, start both."""
        cluster_images.build(ROOT, "database", cluster_images.local_tag("database"))
        _build()
        docker("network", "create", "--internal", self.name)
        self._database()
        mounts = self.mounts()
        install = ("php", "/usr/lib/wpaas/install.php")
        docker("run", "--rm", "--network", self.name, *HARDENED, *mounts, BASE, *install)
        self.run(self.webhead, *self.webhead_options())
        self.run(self.apache, *self.apache_options())
        for container, port in ((self.webhead, 8080), (self.apache, 80)):
            wait_until(f"{container} answers", lambda c=container, p=port: self._page(c, p), UP_S)  # type: ignore[misc] # mypy cannot infer bound defaults

    def close(self) -> None:
        """Remove containers, network and files; fine where some were never made."""
        remove(f"wpaas.bench={self.name}", self.name)
        shutil.rmtree(self._files)

    def webhead_options(self) -> list[str]:
        """Docker options and image of a webhead."""
        return [*LIMITS, *HARDENED, *self.mounts(), BASE]

    def apache_options(self) -> list[str]:
        """Docker options and image of the peer, which starts as root and serves as the files' owner."""
        return [*LIMITS, *self.mounts(), APACHE]

    def mounts(self) -> list[str]:
        """Docker options that give a container the site's config and its secrets."""
        return [
            *self._mount("config.json", _CONFIG, 0o444),
            *self._mount("secret.json", self._secret, 0o400),
        ]

    def behind_edge(self, *options: str) -> str:
        """Start a webhead that only an edge may ask, which finds it as SITE.webhead.internal; its name."""
        shown = pki.site_pair(MASTER, SITE, 1)
        config = {**_CONFIG, "edge_ca": pki.authority(MASTER, pki.EDGE_CA)}
        keys = {"tls_certificate": shown.certificate, "tls_key": shown.key.value}
        name = f"{self.name}-behind"
        self.run(
            name, f"--network-alias={SITE}.webhead.internal", *options, *HARDENED,
            *self._mount("config.json", config, 0o444, kept="behind"),
            *self._mount("secret.json", {**self._secret, **keys}, 0o400, kept="behind"), BASE,
        )  # fmt: skip
        wait_until(f"{name} answers", lambda: self._page(name, 8080), UP_S)
        return name

    def client(self, *command: str, timeout_s: float = 120.0) -> str:
        """Output of a command in a container beside the two, which has ab and PHP."""
        label = f"--label=wpaas.bench={self.name}"
        return docker(
            "run", "--rm", label, "--network", self.name, APACHE, *command, timeout_s=timeout_s
        )

    def memory_mb(self, container: str) -> float:
        """Memory that would be free without the container (MB): each process's proportional set size."""
        table = docker("top", container, "-eo", "pid").split()[1:]
        total = 0
        for pid in table:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            line = next(line for line in text.splitlines() if line.startswith("Pss:"))
            total += int(line.split()[1])
        return total * 1024 / 1e6

    def run(self, name: str, *arguments: str) -> None:
        label = f"--label=wpaas.bench={self.name}"
        docker("run", "--detach", label, "--name", name, "--network", self.name, *arguments)

    def _page(self, container: str, port: int) -> bool:
        options = "['http' => ['header' => 'Host: " + HOST + "']]"
        code = f"echo @file_get_contents('http://127.0.0.1:{port}/', false, stream_context_create({options}));"
        return "</html>" in docker("exec", container, "php", "-r", code)

    def _database(self) -> None:
        password = secrets.token_hex(16)
        mount = self._mount("database-root", secrets.token_hex(16), 0o444, "/run/secrets")
        name = f"{self.name}-database"
        self.run(name, "--network-alias=database", "--tmpfs=/run:mode=1777", *mount,
            cluster_images.local_tag("database"))  # fmt: skip
        wait_until(
            "the database is healthy",
            lambda: docker("inspect", "--format={{.State.Health.Status}}", name) == "healthy",
            UP_S,
        )
        statements = (
            f"CREATE DATABASE {SITE_DATABASE};"
            f"CREATE USER {SITE_DATABASE}@'%' IDENTIFIED BY '{password}';"
            f"GRANT ALL ON {SITE_DATABASE}.* TO {SITE_DATABASE}@'%';"
        )
        script = "MYSQL_PWD=$(cat /run/secrets/database-root) exec mariadb -uroot"
        docker("exec", "--interactive", name, "sh", "-c", script, stdin=statements)
        self._secret = {
            "format": 1,
            "database_password": password,
            "store_access_key": "not-used-here",
            "store_secret_key": secrets.token_hex(16),
            "salts": {salt: secrets.token_hex(32) for salt in SALTS},
        }

    def _mount(
        self, name: str, value: Any, mode: int, folder: str = "/etc/wpaas", kept: str = ""
    ) -> list[str]:
        path = self._files / kept / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        path.chmod(mode)
        os.chown(path, UID, UID)
        return [f"--volume={path}:{folder}/{name}:ro"]


_CONFIG = {
    "format": 1,
    "site": SITE,
    "home": f"http://{HOST}",
    "domains": [HOST.partition(":")[0]],
    "database": {
        "host": "database",
        "port": 3306,
        "name": SITE_DATABASE,
        "user": SITE_DATABASE,
    },
    "store": {"endpoint": "http://store:8333", "bucket": "wpaas-bench", "region": "us-east-1"},
    "limits": {"upload_mb": 32, "memory_mb": 384},
}


def _build() -> None:
    context = tar(image.base_context(read_worktree(ROOT)))
    builder.build(ENGINE, context, BASE, image.build_arguments(None))
    folder = str(ROOT / "benchmarks" / "apache")
    docker("build", "--quiet", f"--build-arg=BASE={BASE}", f"--tag={APACHE}", folder,
        timeout_s=BUILD_S)  # fmt: skip
