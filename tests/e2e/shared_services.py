"""The platform's own containers, each where it runs: its engine, a pause of it, a look into the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from demo.engines import docker
from demo.stage import Stage


def container_of(stage: Stage, service: str) -> tuple[str, str]:
    """(engine, container id) of the one running container of `wpaas-SERVICE`."""
    for engine in stage.engines.values():
        found = docker(engine, "ps", "-q", "--filter", f"name=wpaas-{service}\\.").split()
        if found:
            return engine, found[0]
    raise AssertionError(f"{service} runs nowhere")


@contextmanager
def paused(stage: Stage, service: str) -> Iterator[None]:
    """The service takes connections and says nothing, the worst way to be away."""
    engine, container = container_of(stage, service)
    docker(engine, "pause", container)
    try:
        yield
    finally:
        docker(engine, "unpause", container)


@contextmanager
def hung_engines(stage: Stage, *nodes: str) -> Iterator[None]:
    """The nodes' engines stand still with everything they answer; their containers go on."""
    try:
        for node in nodes:
            _signal(stage, node, "STOP")
        yield
    finally:
        for node in nodes:
            _signal(stage, node, "CONT")


def _signal(stage: Stage, node: str, name: str) -> None:
    command = f"kill -{name} $(cat /var/run/docker.pid)"
    docker(stage.context.builder, "exec", f"wpaas-{stage.context.name}-{node}", "sh", "-c", command)


def sql(stage: Stage, statement: str) -> str:
    """What the database answers to root: a row a line, values between tabs."""
    engine, container = container_of(stage, "database")
    script = f'MYSQL_PWD=$(cat /run/secrets/database-root) mariadb -N -uroot -e "{statement}"'
    return docker(engine, "exec", container, "sh", "-c", script).strip()
