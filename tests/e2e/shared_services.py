"""The platform's own containers, each where it runs: its engine, a pause of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from demo.engines import container_of, docker
from demo.stage import Stage


@contextmanager
def paused(stage: Stage, service: str) -> Iterator[None]:
    """The service takes connections and says nothing, the worst way to be away."""
    engine, container = container_of(stage.engines, service)
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
