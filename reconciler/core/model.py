"""The house words as values: desired, observed. They know no Docker client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reconciler.core.derive import Secret

Spec = Mapping[str, Any]
"""A service spec in the Engine API's shape, with networks, configs and secrets by name."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """The fleet's image: its content-addressed tag, and the digest once it is in the registry.

    `wordpress`, `schema`: its version, and that of the tables it needs; "" and 0 where not known.
    """

    tag: str
    digest: str | None
    wordpress: str = ""
    schema: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredSite:
    """Everything the cluster should hold for one site."""

    name: str
    hosts: tuple[str, ...]
    primary_host: str
    home: str
    config_name: str
    config: bytes
    secret_name: str
    secret: Secret
    database_password: Secret
    store_access_key: Secret
    store_secret_key: Secret
    live: str
    live_digest: str
    plugins: frozenset[str]
    versions: Mapping[str, str]
    theme: str | None
    service: Spec
    install: Spec
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One commit, compiled: what every good site should be."""

    revision: str
    image: ImageRef
    sites: Mapping[str, DesiredSite]
    held: frozenset[str]
    zones: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredPlatform:
    """What the sites share."""

    networks: Mapping[str, Mapping[str, Any]]
    secrets: Mapping[str, Secret]
    configs: Mapping[str, bytes]
    services: Mapping[str, Spec]


TaskState = Literal["starting", "running", "failed", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task of a service. `current`: made from the service's present spec."""

    service: str
    node: str
    state: TaskState
    current: bool
    wanted: bool
    error: str = ""
    slot: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A live service of ours. `version` is sent back with each write."""

    id: str
    version: int
    spec: Spec
    update_state: str = ""

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels of the service, not of its tasks."""
        labels: Mapping[str, str] = self.spec.get("Labels") or {}
        return labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A member of the Swarm."""

    id: str
    name: str
    address: str
    ready: bool
    leader: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A live config or secret of ours."""

    id: str
    version: int
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedCluster:
    """The Swarm, in one constant number of calls."""

    services: Mapping[str, Service]
    tasks: tuple[Task, ...]
    nodes: tuple[Node, ...]
    networks: Mapping[str, str]
    configs: Mapping[str, Stored]
    secrets: Mapping[str, Stored]

    def healthy(self, service: str) -> tuple[Task, ...]:
        """Running tasks of the present spec on ready nodes; a dead node's tasks do not count."""
        ready = {node.name for node in self.nodes if node.ready}
        return tuple(
            task
            for task in self.tasks
            if task.service == service
            and task.wanted
            and task.current
            and task.state == "running"
            and task.node in ready
        )

    @property
    def ready_nodes(self) -> tuple[Node, ...]:
        """Nodes that can run tasks now."""
        return tuple(node for node in self.nodes if node.ready)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a job has brought a site's database to.

    `plugins`: slug → version whose hooks ran. `home`: the address that its content names; empty where
    no job wrote it down.
    """

    schema: int = 0
    wordpress: str = ""
    plugins: Mapping[str, str] = field(default_factory=dict)
    theme: str | None = None
    home: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """A site's live settings as found: their digest, and the plugins they name.

    `brought`: None where no job wrote it down. `open`: a migration that the last write of the settings
    did not come after, so that it may still be taken back.
    """

    digest: str
    plugins: frozenset[str] = frozenset()
    brought: Brought | None = None
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedContent:
    """What the shared services hold: databases, live settings, buckets, routes, zones.

    `databases` (and `live` with it) and `buckets` are None where their service did not answer.
    """

    databases: frozenset[str] | None
    live: Mapping[str, Live]
    buckets: frozenset[str] | None
    tables: Mapping[str, Mapping[str, str] | None]
    zones: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """All that was found."""

    cluster: ObservedCluster
    content: ObservedContent
