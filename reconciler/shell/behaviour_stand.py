"""A scratch server on one engine: a network without a way out, database, store and watcher.

Everything of it carries one label; `close` removes all of that, and `open` what an earlier one left
that was killed. Nothing is mounted from this machine: the engine may be another's.
"""

import io
import json
import os
import secrets
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconciler.core.layers import File, tar
from reconciler.core.vetting.behaviour_read import tree_files
from reconciler.core.vetting.behaviour_site import clock_sql, store_key, template_context, tools_tag
from reconciler.errors import StageFailed
from reconciler.shell import builder
from reconciler.shell.program import must, run

LABEL = "wpaas.vetting"
UNTIL = "wpaas.vetting.until"
LIFE_S = 1800
STEP_S = 60.0
BUILD_S = 600.0
PICTURES_S = 120.0
REMOVE_S = 60.0
LOCAL = "unix:///var/run/docker.sock"
SOURCE = Path(__file__).resolve().parents[2] / "vetting"
PACKAGED = Path(__file__).resolve().parents[1] / "vetting"
TEMPLATE = "template"
# A webhead whose planned events run when the tour asks for them, and not in between.
WEBHEAD = ("/usr/lib/wpaas/init", "--no-events")

# As the service's spec says: see _task_template in reconciler/core/site_objects.py.
HARDENED = (
    *("--read-only", "--tmpfs=/run:mode=1777", "--tmpfs=/tmp:mode=1777", "--user=33:33"),
    *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
    *("--memory=384m", "--cpus=1", "--pids-limit=200"),
)
_SERVER = ("--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/run:mode=1777")
_AWAIT = "until [ -s /run/secrets/{0} ]; do sleep 0.05; done; exec /usr/lib/wpaas/entrypoint"
_GIVE = "umask 077; cat > /run/secrets/{0}.new; mv /run/secrets/{0}.new /run/secrets/{0}"
_SQL = "export MYSQL_PWD=$(cat /run/secrets/database-root);"
_READY = (
    _SQL + "for n in $(seq 600); do mariadb -uroot -e 'SELECT 1' >/dev/null 2>&1 && exit 0;"
    " sleep 0.1; done; exit 1"
)


@dataclass(kw_only=True)
class Stand:
    """`base`, `database`, `store`: names of images that the engine at `engine` has.

    A context manager. Every call raises StageFailed when the engine refuses, or takes too long.
    """

    base: str
    database: str
    store: str
    engine: str = LOCAL
    name: str = field(default_factory=lambda: f"wpaas-vetting-{os.getpid()}-{secrets.token_hex(3)}")
    secret: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)
    tools: str = ""
    watcher_address: str = ""

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Start everything and install WordPress once, in the database that sites are copied from."""
        self.sweep()
        self.docker("network", "create", "--internal", *self._labels(), self.name)
        with self.side_by_side(3) as pool:
            started = [pool.submit(self._start_database), pool.submit(self._start_store)]
            self._build_tools()
            watcher = ("--network-alias=watcher", "--sysctl=net.ipv4.ip_unprivileged_port_start=0")
            php = ("php", "/usr/lib/wpaas-vetting/watch.php")
            self.start("watcher", *HARDENED, *watcher, self.tools, *php)
            template = f"{self.name}:template"
            self.build(template_context(TEMPLATE, self.secret), template, {"TOOLS": self.tools})
            for one in started:
                one.result()
        shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        self.watcher_address = self.docker("inspect", f"--format={shown}", f"{self.name}-watcher")
        self._install(template)

    def close(self) -> None:
        """Remove containers, images and network; fine where some were never made."""
        self._clear(self.name)

    @contextmanager
    def side_by_side(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """Threads that an interrupt does not wait for long: what they ask is gone then."""
        with ThreadPoolExecutor(workers) as pool:
            try:
                yield pool
            except KeyboardInterrupt:
                self.close()
                raise

    def build(self, context: Mapping[str, File], name: str, arguments: Mapping[str, str]) -> None:
        """Build an image from files."""
        builder.build(self.engine, tar(dict(context)), name, arguments, timeout_s=BUILD_S)

    def start(self, part: str, *words: str) -> str:
        """Start a container of the stand; its name."""
        name = f"{self.name}-{part}"
        log = ("--log-opt=max-size=8m", f"--network={self.name}")
        self.docker("run", "--detach", f"--name={name}", *self._labels(), *log, *words)
        return name

    def stop(self, *names: str) -> None:
        """Remove containers of the stand."""
        self._quietly("rm", "--force", "--volumes", *names)

    def copy(self, source: str, target: str) -> None:
        """Copy a site's database into a new one with a user of its own."""
        sql = (
            f"CREATE DATABASE {target}; CREATE USER {target}@'%' IDENTIFIED BY '{self.secret}';"
            f"GRANT ALL ON {target}.* TO {target}@'%';"
        )
        script = f"{_SQL} mariadb -uroot && "
        script += f"mariadb-dump -uroot --single-transaction {source} | mariadb -uroot {target}"
        self.sh("database", script, sql)

    def forget(self, *databases: str) -> None:
        """Remove databases and their users; where that fails, they go with the stand."""
        sql = "".join(f"DROP DATABASE IF EXISTS {d}; DROP USER IF EXISTS {d};" for d in databases)
        with suppress(StageFailed):
            self.sh("database", f"{_SQL} mariadb -uroot", sql)

    def remove_images(self, *names: str) -> None:
        """Remove images of the stand."""
        self._quietly("image", "rm", "--force", *names)

    def uploads(self, bucket: str) -> list[str]:
        """Keys of a bucket."""
        return tree_files(self.weed(f"fs.tree /buckets/{bucket}\n"))

    def make_buckets(self, *names: str) -> None:
        """Make buckets."""
        self.weed("".join(f"s3.bucket.create -name {name}\n" for name in names))

    def weed(self, commands: str) -> str:
        """Output of the store's own shell."""
        return self.sh("store", "exec weed shell -master=127.0.0.1:9333 2>/dev/null", commands)

    def talk(self, plan: Mapping[str, Any], timeout_s: float) -> list[object]:
        """Let the client in the network carry out a plan; see client.php.

        Raises StageFailed where it ends before its time, or says what is no answer.
        """
        argv = ("exec", "-i", f"{self.name}-watcher", "php", "/usr/lib/wpaas-vetting/client.php")
        said = self.docker(*argv, stdin=json.dumps(plan), timeout_s=timeout_s)
        try:
            answers: list[object] = json.loads(said)
        except json.JSONDecodeError as e:
            raise StageFailed(
                "image", "the client's answers cannot be read", where=self.name
            ) from e
        return answers

    def pictures(
        self, webhead: str, host: str, pages: Sequence[tuple[str, str]]
    ) -> dict[str, bytes]:
        """PNGs of pages (name, path below `host`) as a browser in the network shows them, by name."""
        image = self._browser()
        network = (f"--network={self.name}", f"--dns={self.watcher_address}")
        words = (*self._labels(), *network, *HARDENED, "--memory=1g")
        shoot = ("sh", "/usr/lib/wpaas-vetting/shoot", host, f"{webhead}:8080")
        argv = ["docker", "-H", self.engine, "run", "--rm", "-i", *words, image, *shoot]
        wanted = "".join(f"{name} http://{host}{path}\n" for name, path in pages)
        done = run(argv, stage="image", timeout_s=PICTURES_S, stdin=wanted.encode())
        if done.code != 0:
            raise StageFailed("image", f"the browser ended with {done.code}", where=image)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            return {
                name: content.read()
                for member in archive
                if (name := Path(member.name).stem) in dict(pages)
                and (content := archive.extractfile(member)) is not None
            }

    def sh(self, part: str, script: str, stdin: str = "") -> str:
        """Output of a shell in one of the containers."""
        return self.docker("exec", "-i", f"{self.name}-{part}", "sh", "-c", script, stdin=stdin)

    def docker(self, *words: str, stdin: str | None = None, timeout_s: float = STEP_S) -> str:
        """Output of the docker client."""
        data = None if stdin is None else stdin.encode()
        argv = ["docker", "-H", self.engine, *words]
        return must(argv, stage="image", timeout_s=timeout_s, stdin=data).strip()

    def _start_database(self) -> None:
        folders = tuple(
            f"--tmpfs={at}:uid=812,gid=812" for at in ("/var/lib/mysql", "/run/secrets")
        )
        words = (*_SERVER, *folders, "--network-alias=database", "--entrypoint=sh", self.database)
        self.start("database", *words, "-c", _AWAIT.format("database-root"))
        self.sh("database", _GIVE.format("database-root"), secrets.token_hex(24))
        self.sh("database", _READY)
        sql = (
            f"CREATE DATABASE {TEMPLATE}; CREATE USER {TEMPLATE}@'%' IDENTIFIED BY '{self.secret}';"
            f"GRANT ALL ON {TEMPLATE}.* TO {TEMPLATE}@'%';"
        )
        self.sh("database", f"{_SQL} mariadb -uroot", sql + clock_sql())

    def _start_store(self) -> None:
        folder = "--tmpfs=/run/secrets:uid=813,gid=813"
        words = (*_SERVER, folder, "--network-alias=store", "--entrypoint=sh", self.store)
        self.start("store", *words, "-c", _AWAIT.format("store-admin"))
        keys = f"{store_key(self.secret)}\n{self.secret}\n"
        self.sh("store", _GIVE.format("store-admin"), keys)

    def _build_tools(self) -> None:
        folder = PACKAGED if PACKAGED.is_dir() else SOURCE
        context = _files(folder, "browser")
        base_id = self.docker("image", "inspect", "--format={{.Id}}", self.base)
        self.tools = tools_tag(base_id, context)
        if not self._quietly("image", "inspect", "--format={{.Id}}", self.tools):
            self.build(context, self.tools, {"BASE": self.base})

    def _browser(self) -> str:
        """Its image; the first build fetches a browser."""
        context = _files((PACKAGED if PACKAGED.is_dir() else SOURCE) / "browser")
        name = tools_tag("browser", context)
        if not self._quietly("image", "inspect", "--format={{.Id}}", name):
            self.build(context, name, {})
        return name

    def _install(self, image: str) -> None:
        script = "php /usr/lib/wpaas/install.php && php /usr/lib/wpaas-vetting/people.php"
        words = ("--rm", *self._labels(), f"--network={self.name}", *HARDENED)
        self.docker("run", *words, image, "sh", "-c", script)

    def _labels(self) -> tuple[str, str]:
        return f"--label={LABEL}={self.name}", f"--label={UNTIL}={int(time.time()) + LIFE_S}"

    def sweep(self) -> None:
        """Remove the stands that were killed and whose time is over; a network is a stand's first part."""
        shown = '{{.Name}} {{.Label "' + UNTIL + '"}}'
        listed = self._quietly("network", "ls", f"--filter=label={UNTIL}", f"--format={shown}")
        for line in listed.splitlines():
            stand, until = line.split()
            if int(until) < time.time():
                self._clear(stand)

    def _clear(self, stand: str) -> None:
        """Remove what stands of a stand; its network last, by which it is found again."""
        containers = self._quietly(
            "ps", "--all", "--quiet", f"--filter=label={LABEL}={stand}"
        ).split()
        if containers:
            self.stop(*containers)
        shown = "--format={{.Repository}}:{{.Tag}}"
        images = self._quietly("image", "ls", f"--filter=reference={stand}", shown).split()
        if images:
            self.remove_images(*images)
        self._quietly("network", "rm", stand)

    def _quietly(self, *words: str) -> str:
        """Output of a docker command whose failure is no failure of ours; "" then."""
        argv: Sequence[str] = ["docker", "-H", self.engine, *words]
        try:
            done = run(argv, stage="image", timeout_s=REMOVE_S)
        except StageFailed:
            return ""
        return done.stdout.decode(errors="replace").strip() if done.code == 0 else ""


def _files(folder: Path, but: str = "") -> dict[str, File]:
    """The files below a folder as a build context, without those below `but`."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {
        name: File(path.read_bytes())
        for name, path in named.items()
        if not but or not name.startswith(f"{but}/")
    }
