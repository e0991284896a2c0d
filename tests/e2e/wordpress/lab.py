"""One site on the running cluster, looked at from inside and outside of each of its webheads."""

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from demo.author import Author
from demo.engines import Webhead, docker, sql
from demo.engines import webheads as running
from demo.stage import Stage, wait_until
from reconciler.core.names import database_name
from reconciler.shell.program import must, run

LIVE_S = 180
EXEC_S = 120
LOAD = "<?php $_SERVER['HTTP_HOST'] = 'cli'; require '/usr/share/wpaas/wordpress/wp-load.php'; "
CURL = (
    "[$method, $path, $headers, $body] = json_decode(file_get_contents('php://stdin'), true);"
    "$c = curl_init('http://127.0.0.1:8080' . $path); $got = [];"
    "curl_setopt_array($c, [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_HTTPHEADER => $headers,"
    " CURLOPT_NOBODY => $method === 'HEAD', CURLOPT_PROXY => '', CURLOPT_RETURNTRANSFER => true,"
    " CURLOPT_TIMEOUT => 60, CURLOPT_HEADERFUNCTION => function ($c, $line) use (&$got) {"
    "  if (str_contains($line, ':')) { [$n, $v] = explode(':', $line, 2);"
    "  $got[] = [strtolower($n), trim($v)]; } return strlen($line); }]);"
    "if ($body !== null) { curl_setopt($c, CURLOPT_POSTFIELDS, $body); }"
    "$text = curl_exec($c); echo json_encode([curl_getinfo($c, CURLINFO_RESPONSE_CODE), $got,"
    " base64_encode((string) $text)]);"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one webhead said. `headers`: lower-case name → value, the last of a repeated one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, as UTF-8."""
        return self.body.decode(errors="replace")


class Lab:
    """A site by name, which the fleet's repository has. Every failed command raises StageFailed."""

    def __init__(self, stage: Stage, site: str) -> None:
        self.stage = stage
        self.site = site

    @property
    def host(self) -> str:
        """The site's own host, with the port that its links have."""
        return f"{self.stage.host(self.site)}:{self.stage.port}"

    def until_live(self) -> list[Webhead]:
        """Wait for two healthy webheads on two nodes and a page; returns them."""
        self.stage.until_live(self.site, LIVE_S)
        return self.webheads()

    def webheads(self) -> list[Webhead]:
        """The site's running containers."""
        return running(self.stage.engines, self.site)

    def author(self) -> Author:
        """A new session of the first administrator, through the front."""
        author = Author(self.stage.http, self.host)
        author.log_in(self.stage.wpaas("site", "login", self.site).strip())
        return author

    def run(self, webhead: Webhead, *command: str, stdin: str | None = None) -> str:
        """Output of a command inside a webhead, as the user that WordPress runs as."""
        engine = self.stage.engines[webhead.node]
        argv = ["docker", "-H", engine, "exec", "--interactive", webhead.id, *command]
        sent = None if stdin is None else stdin.encode()
        return must(argv, stage="cluster", timeout_s=EXEC_S, stdin=sent)

    def php(self, webhead: Webhead, code: str) -> str:
        """Output of PHP inside a webhead, with WordPress loaded."""
        return self.run(webhead, "php", stdin=LOAD + code)

    def ask(
        self,
        webhead: Webhead,
        path: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        """One request to this very webhead, from inside, as its edge would send it."""
        lines = [f"{n}: {v}" for n, v in {"Host": self.host, **(headers or {})}.items()]
        question = json.dumps([method, path, lines, body])
        said = self.run(webhead, "php", "-r", CURL, stdin=question)
        status, found, content = json.loads(said)
        return Answer(status, dict(found), base64.b64decode(content))

    def sql(self, statement: str) -> str:
        """What the site's database answers: a row a line, values between tabs."""
        return sql(self.stage.engines, f"USE {database_name(self.site)}; {statement}")

    def logs(self, webhead: Webhead) -> list[dict[str, Any]]:
        """Every line that a webhead wrote, as JSON. Raises ValueError where one is not."""
        argv = ["docker", "-H", self.stage.engines[webhead.node], "logs", webhead.id]
        said = run(argv, stage="cluster", timeout_s=EXEC_S)
        return [json.loads(line) for line in (said.stdout + said.stderr).splitlines() if line]

    def kill(self, webhead: Webhead) -> None:
        """End a webhead as a crash does; the Swarm makes another."""
        docker(self.stage.engines[webhead.node], "kill", webhead.id)

    def change(self, **fields: Any) -> str:
        """Commit fields of the site's file; returns the commit, which is not applied yet."""
        self.stage.repository.change_site(self.site, lambda document: document.update(fields))
        return self.stage.repository.commit(f"Change {', '.join(fields)} of {self.site}")


def new_site(stage: Stage, name: str, **fields: Any) -> Lab:
    """A site that stays until the cluster goes, live."""
    stage.repository.add_site(name, **fields)
    stage.repository.commit(f"Add {name}")
    lab = Lab(stage, name)
    lab.until_live()
    return lab


@contextmanager
def own_site(stage: Stage, name: str, **fields: Any) -> Iterator[Lab]:
    """A live site that closes with its test or module: two more webheads slow down whatever comes later."""
    try:
        yield new_site(stage, name, **fields)
    finally:
        stage.repository.remove([f"sites/{name}.json"])
        stage.repository.commit(f"{name} closes")


def settled(stage: Stage) -> None:
    """Wait until nothing is left to do: the image of a site that came is rolled out to all others."""

    def nothing_to_do() -> bool:
        plan: dict[str, object] = json.loads(stage.wpaas("plan", "--format", "json"))
        return plan["operations"] == []

    wait_until("nothing is left to do", nothing_to_do, LIVE_S)


def word() -> str:
    """A word that stands nowhere else."""
    return "w" + secrets.token_hex(6)
