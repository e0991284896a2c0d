"""The truth, from the engines' own lists: never from what the reconciler says of itself."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import StageFailed
from reconciler.shell.program import must

TIMEOUT_S = 30
SERVICE = "com.docker.swarm.service.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhead:
    """One running container of a site. `healthy` is the engine's own health state."""

    id: str
    node: str
    site: str
    image: str
    healthy: bool


def docker(engine: str, *arguments: str) -> str:
    """The docker client against one engine. Raises StageFailed."""
    return must(["docker", "-H", engine, *arguments], stage="cluster", timeout_s=TIMEOUT_S)


def inspect(engine: str, kind: str, name: str) -> dict[str, Any]:
    """`docker KIND inspect NAME`, the first answer."""
    found: list[dict[str, Any]] = json.loads(docker(engine, kind, "inspect", name))
    return found[0]


def webheads(engines: Mapping[str, str], site: str) -> list[Webhead]:
    """Running containers of a site on the nodes that answer. `engines`: node → address."""
    return _tasks(engines, f"{SERVICE}=wpaas_{site}")


def webheads_of(engines: Mapping[str, str], sites: Collection[str]) -> list[Webhead]:
    """As `webheads` for many sites, by one question to each engine."""
    return [webhead for webhead in _tasks(engines, SERVICE) if webhead.site in sites]


def _tasks(engines: Mapping[str, str], label: str) -> list[Webhead]:
    found = []
    for node, engine in engines.items():
        try:
            lines = docker(
                engine, "ps", "--no-trunc", "--filter", f"label={label}", "--format", "{{json .}}"
            )
        except StageFailed:
            continue  # a dead node runs nothing
        for line in lines.splitlines():
            row = json.loads(line)
            found.append(
                Webhead(
                    id=row["ID"],
                    node=node,
                    # A task is SERVICE.NUMBER.ID.
                    site=row["Names"].partition(".")[0].removeprefix("wpaas_"),
                    image=row["Image"],
                    healthy="(healthy)" in row["Status"],
                )
            )
    return found


def container_of(engines: Mapping[str, str], service: str) -> tuple[str, str]:
    """(engine, container id) of the one running container of `wpaas-SERVICE`, wherever it runs.

    Raises AssertionError where none does.
    """
    for engine in engines.values():
        found = docker(engine, "ps", "-q", "--filter", f"name=wpaas-{service}\\.").split()
        if found:
            return engine, found[0]
    raise AssertionError(f"{service} runs nowhere")


def sql(engines: Mapping[str, str], statement: str) -> str:
    """What the bundled database answers to root: a row a line, values between tabs."""
    engine, container = container_of(engines, "database")
    script = f'MYSQL_PWD=$(cat /run/secrets/database-root) mariadb -N -uroot -e "{statement}"'
    return docker(engine, "exec", container, "sh", "-c", script).strip()


def versions(engine: str) -> dict[str, int]:
    """Name → version of every service, config, secret and network of the Swarm."""
    found: dict[str, int] = {}
    for kind in ("service", "config", "secret"):
        names = docker(engine, kind, "ls", "--quiet").split()
        if names:
            for item in json.loads(docker(engine, kind, "inspect", *names)):
                found[f"{kind} {item['Spec']['Name']}"] = item["Version"]["Index"]
    for line in docker(
        engine, "network", "ls", "--filter", "scope=swarm", "--format", "{{.Name}} {{.ID}}"
    ).splitlines():
        name, identity = line.split()
        found[f"network {name} {identity}"] = 0
    return found
