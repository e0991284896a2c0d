"""Webheads that answer as the address asks, behind a real edge: what is stored shows by a word that is new each time."""

import http.client
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from containers import Container, docker

from benchmarks.stand_in import webhead_config

TABLE = {"chess-club.localhost": "chess-club", "tea.example.org": "tea-house"}
KEPT = "cc=public,s-maxage=300,max-age=0"
# The page: a word of this very answer, then all that a webhead hears of who asks.
HEARD = ("Cookie", "User-Agent", "Accept-Language", "X-Forwarded-Host", "X-Original-Url", "X-Forwarded-Proto", "X-Forwarded-For")  # fmt: skip
PAGE = "SITE|{http.request.uuid}|{http.request.uri}|" + "|".join(
    f"{{http.request.header.{name}}}" for name in HEARD
)
# Word of the query → the header that the answer gets by it.
ASKED = {"cc": "Cache-Control", "cookie": "Set-Cookie", "vary": "Vary", "key": "Xkey", "length": "X-Long", "type": "Content-Type"}  # fmt: skip


def config(site: str) -> str:
    """Caddy's configuration for such a webhead."""
    made: dict[str, Any] = json.loads(webhead_config(site, ""))
    query = "{http.request.uri.query.%s}"
    headers = [
        {"match": [{"query": {word: ["*"]}}],
         "handle": [{"handler": "headers", "response": {"set": {name: [query % word]}}}]}
        for word, name in ASKED.items()
    ]  # fmt: skip
    body = PAGE.replace("SITE", site)
    answer = [
        {"match": [{"query": {"status": ["*"]}}], "terminal": True,
         "handle": [{"handler": "static_response", "status_code": query % "status", "body": body}]},
        {"match": [{"query": {"length": ["*"]}}], "terminal": True,
         "handle": [{"handler": "static_response", "headers": {"Content-Length": ["1100017"]}, "body": "LONG"}]},
        {"handle": [{"handler": "static_response", "body": body}]},
    ]  # fmt: skip
    made["apps"]["http"]["servers"]["web"]["routes"] = headers + answer
    return json.dumps(made)


@contextmanager
def webhead(site: str, network: str, image: str) -> Iterator[str]:
    """Runs one for the length of a `with`; gives the container's name."""
    name = f"{network}-scripted-{site}"
    script = (
        f"printf '%1100000s' '|{{http.request.uuid}}|' > /tmp/long; cat > /tmp/c.json <<'EOF'\n{config(site)}\nEOF\n"
        "jq --rawfile long /tmp/long '(.. | strings | select(. == \"LONG\")) |= $long' /tmp/c.json > /tmp/d.json;"
        " exec caddy run --config /tmp/d.json"
    )
    docker("create", "--interactive", f"--name={name}", f"--network={network}", f"--network-alias={site}.webhead.internal",
           "--tmpfs=/tmp:mode=1777", "--entrypoint=bash", "--env=HOME=/tmp", image, "-s")  # fmt: skip
    try:
        docker("start", name)
        docker("exec", "--detach", "--env=HOME=/tmp", name, "bash", "-c", script)
        yield name
    finally:
        docker("rm", "--force", name)


@contextmanager
def deaf(site: str, network: str, image: str) -> Iterator[None]:
    """A webhead with a name and nothing behind it: a name that is not there is asked for outside."""
    name = f"{network}-deaf-{site}"
    docker("run", "--detach", f"--name={name}", f"--network={network}", f"--network-alias={site}.webhead.internal",
           "--entrypoint=sleep", image, "600")  # fmt: skip
    try:
        yield
    finally:
        docker("rm", "--force", name)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visitor got. `word`: new for each answer that a webhead made."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def word(self) -> str:
        """The answer's own."""
        return self.body.split("|")[1] if "|" in self.body else ""

    @property
    def heard(self) -> dict[str, str]:
        """What the webhead heard when it made this answer; `Uri` too."""
        fields = self.body.split("|")
        return dict(zip(("Uri", *HEARD), fields[2:], strict=False))


def ask(
    edge: Container,
    path: str,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    host: str = "chess-club.localhost",
    body: str | None = None,
) -> Seen:
    """One request to an edge."""
    connection = http.client.HTTPConnection("127.0.0.1", edge.ports[8080], timeout=20)
    with closing(connection):
        connection.request(method, path, body=body, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    return Seen(answer.status, {n.lower(): v for n, v in answer.getheaders()}, text)


def page(*words: str) -> str:
    """An address that nobody asked for before, with a query."""
    return f"/{secrets.token_hex(8)}?" + "&".join(words)


def raw(edge: Container, line: str, *headers: str) -> str:
    """The whole answer to lines as they are."""
    lines = [line, "Host: chess-club.localhost", "Connection: close", *headers]
    with socket.create_connection(("127.0.0.1", edge.ports[8080]), 10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode(errors="replace")
