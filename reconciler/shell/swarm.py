"""Docker Swarm through docker-py's low-level client: full specs and explicit versions, no policy.

Engine API v1.44 or later (https://docs.docker.com/reference/api/engine/). docker-py's high-level
`update` merges half a spec into the live one and so wipes fields; here each write is whole.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import docker
from docker.errors import (
    APIError,
    DockerException,
    NotFound,
    create_api_error_from_http_exception,
)
from requests.exceptions import HTTPError, RequestException

from reconciler.core import names
from reconciler.core.derive import Secret
from reconciler.core.model import ObservedCluster, Service, Spec
from reconciler.errors import OutOfSequence, Stage, StageFailed
from reconciler.shell.swarm_answers import to_node, to_service, to_stored, to_task

T = TypeVar("T")
OURS = {"label": f"{names.OWNER_LABEL}={names.OWNER}"}
MINIMUM_API = (1, 44)
READ_TIMEOUT_S = 10
# An engine that hangs takes connections and says nothing; the next manager is asked after so long.
CONNECT_TIMEOUT_S = 5
NO_LEADER = ("does not have a leader", "context deadline exceeded", "not a swarm manager")


class Swarm:
    """A Swarm seen through the first of its managers' engines that answers.

    `engines` are docker-py addresses (`unix://…`). Every method raises StageFailed when no
    manager answers, and OutOfSequence when a write lost a race. The manager that failed is asked
    last the next time.
    """

    def __init__(self, engines: Sequence[str]) -> None:
        self._engines = tuple(engines)
        self._client: docker.APIClient | None = None
        self._logins: dict[str, Secret] = {}

    def log_in(self, registry: str, credentials: tuple[str, Secret]) -> None:
        """Nodes pull images of `registry` (HOST[:PORT]) with these, from a service's next write on.

        The Swarm keeps them with the service, and shows them to nobody.
        """
        user, password = credentials
        shown = {"username": user, "password": password.value, "serveraddress": registry}
        encoded = base64.urlsafe_b64encode(json.dumps(shown).encode()).decode()
        self._logins[registry] = Secret(encoded)

    def _pull_headers(self, spec: Spec) -> dict[str, str]:
        image: str = spec["TaskTemplate"]["ContainerSpec"]["Image"]
        login = self._logins.get(image.partition("/")[0])
        return {} if login is None else {"X-Registry-Auth": login.value}

    def _turn_away(self, client: docker.APIClient) -> None:
        """Drop a connection that failed; its manager is asked last from now on."""
        if client is self._client:  # and not dropped already by another site's thread
            self.close()
            self._engines = (*self._engines[1:], *self._engines[:1])

    def close(self) -> None:
        """Drop the connection; the next call opens one again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connect(self) -> docker.APIClient:
        problems = []
        for address in self._engines:
            try:
                client = docker.APIClient(
                    base_url=address, version="auto", timeout=CONNECT_TIMEOUT_S, num_pools=16
                )
                state = client.info()["Swarm"]
            except (DockerException, RequestException, OSError) as e:
                denied = "Permission denied" in str(e)
                reason = "this user may not use it" if denied else "no answer"
                problems.append(f"{address}: {reason}")
                continue
            if state.get("ControlAvailable"):
                first = self._engines.index(address)
                self._engines = (*self._engines[first:], *self._engines[:first])
                client.timeout = READ_TIMEOUT_S
                return client
            problems.append(f"{address}: {state.get('Error') or 'not a Swarm manager'}"[:200])
            client.close()
        raise StageFailed(
            "observe",
            "no Swarm manager answers",
            where="; ".join(problems),
            fix="start the nodes, or look at `wpaas doctor`",
        )

    def _call(self, stage: Stage, what: str, action: Callable[[docker.APIClient], T]) -> T:
        client = self._client = self._client or self._connect()
        try:
            return action(client)
        except NotFound:
            raise
        except APIError as e:
            text = str(e.explanation or "")[:300]
            if "update out of sequence" in text:
                raise OutOfSequence(stage, "it changed since it was read", where=what) from e
            if any(words in text for words in NO_LEADER):
                self._turn_away(client)
            raise StageFailed(
                stage, text or f"the engine answered {e.status_code}", where=what
            ) from e
        except (DockerException, RequestException, OSError) as e:
            self._turn_away(client)
            raise StageFailed(
                stage, f"the engine did not answer ({type(e).__name__})", where=what
            ) from e

    def observe(self) -> ObservedCluster:
        """Six calls, whatever the number of sites."""

        def listed(client: docker.APIClient) -> ObservedCluster:
            raw_nodes = client.nodes()
            nodes = {node["ID"]: to_node(node) for node in raw_nodes}
            networks = {
                network["Id"]: network["Name"]
                for network in client.networks(filters={"driver": "overlay"})
            }
            raw_services, tasks = _services_and_tasks(client)
            by_id = {raw["ID"]: raw for raw in raw_services}
            return ObservedCluster(
                services={raw["Spec"]["Name"]: to_service(raw, networks) for raw in raw_services},
                tasks=tuple(
                    to_task(raw, by_id[raw["ServiceID"]], nodes)
                    for raw in tasks
                    if raw["ServiceID"] in by_id
                ),
                nodes=tuple(sorted(nodes.values(), key=lambda node: node.name)),
                networks={name: identity for identity, name in networks.items()},
                configs={
                    raw["Spec"]["Name"]: to_stored(raw) for raw in client.configs(filters=OURS)
                },
                secrets={
                    raw["Spec"]["Name"]: to_stored(raw) for raw in client.secrets(filters=OURS)
                },
            )

        return self._call("observe", "cluster", listed)

    def create_network(self, name: str, options: Mapping[str, Any]) -> None:
        """An overlay; `options` are docker-py's (`internal`, `labels`). One that exists is fine."""
        self._call(
            "apply",
            f"network {name}",
            lambda client: _once(
                lambda: client.create_network(name, driver="overlay", scope="swarm", **options)
            ),
        )

    def create_config(self, name: str, data: bytes, labels: Mapping[str, str]) -> None:
        """An immutable Swarm config; the same name again is the same data, and fine."""
        encoded = base64.b64encode(data).decode()
        body = {"Name": name, "Labels": dict(labels), "Data": encoded}
        self._call(
            "apply",
            f"config {name}",
            lambda client: _once(lambda: _post(client, "/configs/create", body)),
        )

    def create_secret(self, name: str, value: Secret, labels: Mapping[str, str]) -> None:
        """An immutable Swarm secret; the same name again is the same value, and fine."""
        data = value.value.encode()
        self._call(
            "apply",
            f"secret {name}",
            lambda client: _once(lambda: client.create_secret(name, data, labels=dict(labels))),
        )

    def remove_config(self, name: str) -> None:
        """Gone afterwards, also where it was gone before."""
        self._call(
            "apply", f"config {name}", lambda client: _gone(lambda: client.remove_config(name))
        )

    def remove_secret(self, name: str) -> None:
        """Gone afterwards, also where it was gone before."""
        self._call(
            "apply", f"secret {name}", lambda client: _gone(lambda: client.remove_secret(name))
        )

    def create_service(self, spec: Spec) -> None:
        """Create a service from a spec by names."""
        self._call(
            "apply",
            f"service {spec['Name']}",
            lambda client: _post(
                client, "/services/create", _with_ids(client, spec), self._pull_headers(spec)
            ),
        )

    def update_service(self, service: Service, spec: Spec) -> None:
        """Replace the whole spec of `service` at the version it was read."""
        path = f"/services/{service.id}/update?version={service.version}"
        self._call(
            "apply",
            f"service {spec['Name']}",
            lambda client: _post(client, path, _with_ids(client, spec), self._pull_headers(spec)),
        )

    def remove_service(self, name: str) -> None:
        """Stop the tasks with their grace and forget the service; gone before is fine."""
        self._call(
            "apply", f"service {name}", lambda client: _gone(lambda: client.remove_service(name))
        )

    def service_logs(self, name: str, lines: int) -> str:
        """The last `lines` lines of every task of a service."""
        return self._call(
            "observe",
            f"service {name}",
            lambda client: b"".join(
                client.service_logs(
                    name, stdout=True, stderr=True, tail=str(lines), timestamps=False
                )
            ).decode(errors="replace"),
        )

    def version(self) -> str:
        """The engine's version and API version, as `26.1.5 (API 1.45)`."""

        def read(client: docker.APIClient) -> str:
            answer = client.version()
            return f"{answer['Version']} (API {answer['ApiVersion']})"

        return self._call("observe", "engine", read)


def _services_and_tasks(client: docker.APIClient, looks: int = 5) -> tuple[list[Any], list[Any]]:
    """Our services, and their tasks. A job that is removed in between is a 404 for all of them."""
    services = client.services(filters=OURS)
    ids = [raw["ID"] for raw in services]
    try:
        return services, client.tasks(filters={"service": ids}) if ids else []
    except NotFound:
        if looks == 1:
            raise
        return _services_and_tasks(client, looks - 1)


def _once(action: Callable[[], object]) -> None:
    try:
        action()
    except APIError as e:
        if "already exists" not in str(e.explanation):
            raise


def _gone(action: Callable[[], object]) -> None:
    try:
        action()
    except NotFound:
        return


def _post(
    client: docker.APIClient,
    path: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """A whole body, as it is: docker-py's own calls have no room for one, or merge it."""
    url = f"{client.base_url}/v{client.api_version}{path}"
    answer = client.post(url, json=body, headers=dict(headers), timeout=READ_TIMEOUT_S)
    try:
        answer.raise_for_status()
    except HTTPError as e:
        create_api_error_from_http_exception(e)


def _with_ids(client: docker.APIClient, spec: Spec) -> dict[str, Any]:
    """Swarm wants the ids of configs and secrets beside their names; networks it finds by name."""
    template = dict(spec["TaskTemplate"])
    container = dict(template["ContainerSpec"])
    for kind, listing in (("Config", client.configs), ("Secret", client.secrets)):
        references = container.get(f"{kind}s") or []
        if references:
            wanted = [reference[f"{kind}Name"] for reference in references]
            ids = {raw["Spec"]["Name"]: raw["ID"] for raw in listing(filters={"name": wanted})}
            container[f"{kind}s"] = [
                {**reference, f"{kind}ID": ids[reference[f"{kind}Name"]]}
                for reference in references
            ]
    template["ContainerSpec"] = container
    return {**spec, "TaskTemplate": template}
