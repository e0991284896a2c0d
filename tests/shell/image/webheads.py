"""Real webheads on a private Docker network, with the fleet's own database and store beside them."""

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from reconciler.core.derive import Secret
from reconciler.core.vetting.behaviour_read import tree_files
from reconciler.shell import cluster_images
from reconciler.shell.objectstore import ObjectStore

ROOT = Path(__file__).resolve().parents[3]
IMAGE = cluster_images.local_tag("base")
ROOT_PASSWORD = "only-for-tests-root"
STORE_ADMIN = ("TESTADMINACCESSKEY01", "test-admin-secret-key-0123456789abcdef")
SALTS = ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY",
         "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT")  # fmt: skip


def docker(
    *words: str, check: bool = True, timeout_s: float = 120, stdin: str | None = None
) -> str:
    """Output of one docker command. Raises CalledProcessError, its texts shown, unless told not to."""
    done = subprocess.run(
        ["docker", *words], input=stdin, capture_output=True, text=True, timeout=timeout_s
    )
    if check and done.returncode != 0:
        raise AssertionError(f"docker {words[0]}: {done.stdout} {done.stderr}")
    return done.stdout.strip()


def eventually(what: str, within_s: float, holds: Callable[[], bool]) -> float:
    """Seconds until it held. Raises AssertionError after the time."""
    start = time.monotonic()
    while time.monotonic() - start < within_s:
        if holds():
            return time.monotonic() - start
        time.sleep(0.2)
    raise AssertionError(f"not within {within_s} s: {what}")


@dataclass
class Site:
    """One site's database, bucket and mounted files."""

    name: str
    config: dict[str, Any]
    secret: dict[str, Any]
    folder: Path

    @property
    def host(self) -> str:
        return f"{self.name}.localhost"

    def write(self) -> list[str]:
        """The files as Swarm mounts them; returns the flags for docker run."""
        for name, document, mode in (
            ("config", self.config, 0o444),
            ("secret", self.secret, 0o400),
        ):
            file = self.folder / f"{name}.json"
            file.unlink(missing_ok=True)
            file.write_text(json.dumps(document))
            file.chmod(mode)
            os.chown(file, 33, 33)
        return [
            f"--volume={self.folder / name}.json:/etc/wpaas/{name}.json:ro"
            for name in ("config", "secret")
        ]


@dataclass
class Webhead:
    """One running container of a site."""

    name: str
    site: Site
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def address(self) -> str:
        ports = docker("port", self.name, "8080/tcp").splitlines()
        return "http://" + ports[0]

    def get(self, path: str, host: str | None = None, **more: Any) -> requests.Response:
        return self.ask("GET", path, host, **more)

    def ask(
        self, method: str, path: str, host: str | None = None, **more: Any
    ) -> requests.Response:
        headers = {"Host": host or f"{self.site.host}:8080"} | more.pop("headers", {})
        more = {"timeout": 30, "allow_redirects": False} | more
        return self.session.request(method, self.address + path, headers=headers, **more)

    def php(self, code: str) -> str:
        """Output of PHP in the container, with WordPress loaded."""
        prelude = (
            "<?php $_SERVER['HTTP_HOST'] = 'cli'; require '/usr/share/wpaas/wordpress/wp-load.php';"
        )
        return docker("exec", "--interactive", self.name, "php", stdin=prelude + code)

    def health(self) -> tuple[int, dict[str, Any]]:
        answer = requests.get(self.address + "/healthz", headers={"Host": "127.0.0.1"}, timeout=20)
        return answer.status_code, answer.json()

    def until_healthy(self, within_s: float = 40) -> float:
        return eventually(
            f"{self.name} healthy, last {self.logs()[-3:]}",
            within_s,
            lambda: self.health_code() == 200,
        )

    def health_code(self) -> int:
        try:
            return self.health()[0]
        except requests.RequestException:
            return 0

    def logs(self) -> list[str]:
        done = subprocess.run(
            ["docker", "logs", self.name], capture_output=True, text=True, timeout=20
        )
        return [line for line in (done.stdout + done.stderr).splitlines() if line]

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(docker("inspect", "--format={{json .State}}", self.name))
        return state

    def log_in(self) -> None:
        """Puts an administrator's cookies into the session, by a one-time link."""
        answer = self.get("/wp-login.php?wpaas-login=" + self.token())
        assert answer.status_code == 302, answer.text

    def token(self) -> str:
        token = os.urandom(16).hex()
        self.php(
            "$wpdb->query('CREATE TABLE IF NOT EXISTS wpaas_login (token_hash CHAR(64) PRIMARY KEY,"
            " expires_at DATETIME)');"
            f"$wpdb->insert('wpaas_login', ['token_hash' => hash('sha256', '{token}'),"
            " 'expires_at' => gmdate('Y-m-d H:i:s', time() + 60)]);"
        )
        return token

    def rest(self) -> dict[str, str]:
        """Header for REST calls with the session's cookies."""
        return {"X-WP-Nonce": self.get("/wp-admin/admin-ajax.php?action=rest-nonce").text}

    def upload(
        self, name: str, content: bytes, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Puts a picture into the media library; what REST says about it."""
        sent = {"file": (name, content, "image/jpeg")}
        answer = self.ask(
            "POST", "/wp-json/wp/v2/media", headers=headers or self.rest(), files=sent
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@dataclass
class Stand:
    """The network and what is on it; `close` removes all of it."""

    name: str = field(default_factory=lambda: f"wpaas-imgtest-{os.getpid()}")
    containers: list[str] = field(default_factory=list)
    files: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="wpaas-imgtest-")))
    count: int = 0

    def open(self) -> None:
        docker("network", "create", self.name)
        self.files.chmod(0o755)
        cluster_images.build(ROOT, "database", cluster_images.local_tag("database"))
        cluster_images.build(ROOT, "store", cluster_images.local_tag("store"))
        secrets = {"database-root": ROOT_PASSWORD, "store-admin": "\n".join(STORE_ADMIN) + "\n"}
        for name, text in secrets.items():
            (self.files / name).write_text(text)
        for part, secret in (("database", "database-root"), ("store", "store-admin")):
            mount = f"--volume={self.files / secret}:/run/secrets/{secret}:ro"
            self.start(
                part,
                "--publish=127.0.0.1::8333",
                "--tmpfs=/run:mode=1777",
                mount,
                f"--network-alias={part}",
                cluster_images.local_tag(part),
            )
        for part in ("database", "store"):
            self.until_healthy(part)

    def until_healthy(self, part: str) -> None:
        """Wait for one of the two shared services, which was just started."""
        state = ("inspect", "--format={{.State.Health.Status}}", f"{self.name}-{part}")
        eventually(f"{part} healthy", 90, lambda: docker(*state) == "healthy")

    def start(self, part: str, *words: str) -> str:
        container = f"{self.name}-{part}"
        self.containers.append(container)
        docker("run", "--detach", f"--name={container}", f"--network={self.name}", *words)
        return container

    def close(self) -> None:
        for container in self.containers:
            docker("rm", "--force", "--volumes", container, check=False)
        docker("network", "rm", self.name, check=False)
        for file in sorted(self.files.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        self.files.rmdir()

    def sql(self, text: str, database: str = "mysql") -> str:
        words = ("mariadb", "--user=root", "--batch", "--skip-column-names", database)
        environment = f"MYSQL_PWD={ROOT_PASSWORD}"
        return docker("exec", "-i", "-e", environment, f"{self.name}-database", *words, stdin=text)

    def site(self, name: str) -> Site:
        """A site with an empty database and a bucket, as the reconciler makes it."""
        database = "site_" + name.replace("-", "_")
        self.sql(
            f"CREATE DATABASE {database}; CREATE USER {database}@'%' IDENTIFIED BY 'pw-{name}-0123456789';"
            f"GRANT ALL ON {database}.* TO {database}@'%';"
        )
        bucket = f"wpaas-{name}"
        digest = hashlib.sha256(name.encode()).hexdigest()
        access_key, secret_key = digest[:20].upper(), digest
        self.objects().ensure(name, Secret(access_key), Secret(secret_key))
        folder = self.files / name
        folder.mkdir()
        config = {
            "format": 1, "site": name, "home": f"http://{name}.localhost:8080",
            "domains": [f"{name}.localhost"],
            "database": {"host": "database", "port": 3306, "name": database, "user": database},
            "store": {"endpoint": "http://store:8333", "bucket": bucket, "region": "us-east-1"},
            "egress": {"host": "egress", "port": 3128},
            "limits": {"upload_mb": 16, "memory_mb": 384},
        }  # fmt: skip
        secret = {
            "format": 1, "database_password": f"pw-{name}-0123456789",
            "store_access_key": access_key, "store_secret_key": secret_key,
            "salts": {salt: f"{salt}-{name}".ljust(64, "x") for salt in SALTS},
        }  # fmt: skip
        return Site(name, config, secret, folder)

    @property
    def store(self) -> str:
        """The store's address from outside."""
        return "http://" + docker("port", f"{self.name}-store", "8333/tcp").splitlines()[0]

    def objects(self) -> ObjectStore:
        """The store, for its administrator."""
        return ObjectStore(self.store, Secret(STORE_ADMIN[0]), Secret(STORE_ADMIN[1]))

    def keys(self, site: Site) -> list[str]:
        """Names of all objects of a site."""
        listed = self.weed(f"fs.tree /buckets/{site.config['store']['bucket']}\n")
        return tree_files(listed)

    def weed(self, commands: str) -> str:
        return docker(
            "exec", "-i", f"{self.name}-store", "weed", "shell", "-master=127.0.0.1:9333",
            stdin=commands,
        )  # fmt: skip

    def live(self, site: Site, **document: Any) -> None:
        """Writes the site's live settings, as the reconciler does."""
        text = json.dumps({"format": 1} | document).replace("\\", "\\\\").replace("'", "\\'")
        self.sql(
            "CREATE TABLE IF NOT EXISTS wpaas_live (id TINYINT PRIMARY KEY, document LONGTEXT);"
            f"REPLACE INTO wpaas_live VALUES (1, '{text}');",
            site.config["database"]["name"],
        )

    def webhead(
        self, site: Site, *more: str, command: Sequence[str] = (), image: str = IMAGE
    ) -> Webhead:
        """Starts a container as Swarm would; does not wait."""
        self.count += 1
        words = (*hardened(), *site.write(), "--publish=127.0.0.1::8080", *more, image, *command)
        return Webhead(self.start(f"{site.name}-{self.count}", *words), site)

    def job(self, site: Site, image: str = IMAGE) -> tuple[int, str]:
        """Runs the install job to its end; its exit code and log."""
        command = ("php", "/usr/lib/wpaas/install.php")
        job = self.webhead(site, "--no-healthcheck", command=command, image=image)
        code = int(docker("wait", job.name))
        return code, "\n".join(job.logs())


def hardened() -> tuple[str, ...]:
    """The flags of docker run for what the service's spec says."""
    return ("--read-only", "--tmpfs=/run:mode=1777", "--tmpfs=/tmp:mode=1777", "--user=33:33",
            "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=384m", "--pids-limit=256")  # fmt: skip
