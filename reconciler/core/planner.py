"""Compare what a commit wants with what was found. Pure: the same values give the same plan."""

from collections.abc import Iterator, Mapping
from typing import Literal

from reconciler.core import names
from reconciler.core.difference import differences
from reconciler.core.health import STALLED, is_stalled
from reconciler.core.model import (
    Desired,
    DesiredPlatform,
    DesiredSite,
    ImageRef,
    Observed,
    ObservedCluster,
    ObservedContent,
    Spec,
    Stored,
)
from reconciler.core.plan import Kind, Operation, Plan
from reconciler.core.site_changes import changes

SHOWN_DIFFERENCES = 3
NOT_FOUND = "not found"
RESTARTING = ("/TaskTemplate", "/EndpointSpec")


def plan_platform(desired: DesiredPlatform, observed: ObservedCluster, revision: str) -> Plan:
    """Networks, then secrets and configs, then the services that use them; prune last."""
    operations = [
        *_missing("network", desired.networks, observed.networks),
        *_missing("secret", desired.secrets, observed.secrets),
        *_missing("config", desired.configs, observed.configs),
    ]
    for name in sorted(desired.services):
        operations += _service(name, desired.services[name], observed, "")
    operations += _prune_shared(desired, observed)
    return Plan(revision=revision, operations=tuple(operations))


def plan_sites(desired: Desired, observed: Observed) -> Plan:
    """The edges' table first, then each site's chain, zones, removed sites, and prune last.

    The table goes first because both ways are right: a new host is refused as "not up yet" until
    its webheads are, and a host that left is refused before its webheads stop. A zone goes before
    its origin does.
    """
    operations = list(_tables(desired, observed))
    for name in sorted(desired.sites):
        if not _must_wait(desired.sites[name], observed):
            operations += _site(desired.sites[name], observed, desired.image)
    operations += _zones(desired, observed.content)
    operations += _removed_sites(desired, observed.cluster)
    operations += _prune(desired, observed.cluster)
    return Plan(
        revision=desired.revision,
        operations=tuple(operations),
        notices=tuple(_without_nodes(desired, observed.cluster)),
    )


def table(desired: Desired, cluster: ObservedCluster) -> dict[str, str]:
    """Host → site for every edge. A held site keeps the hosts that its live service names."""
    rows = {host: site.name for site in desired.sites.values() for host in site.hosts}
    for service in cluster.services.values():
        site_name = service.labels.get(names.SITE_LABEL, "")
        if site_name in desired.held:
            for host in service.labels.get(names.HOSTS_LABEL, "").split():
                rows.setdefault(host, site_name)
    return dict(sorted(rows.items()))


def _missing(
    kind: Literal["network", "secret", "config"],
    wanted: Mapping[str, object],
    found: Mapping[str, object],
) -> list[Operation]:
    return [
        Operation(action="create", kind=kind, name=name, cause=NOT_FOUND)
        for name in sorted(wanted)
        if name not in found
    ]


def _service(name: str, want: Spec, cluster: ObservedCluster, site: str) -> Iterator[Operation]:
    live = cluster.services.get(name)
    if live is None:
        yield Operation(
            action="create", kind="service", name=name, cause=NOT_FOUND, site=site, restarts=True
        )
        return
    found = list(differences(want, live.spec))
    if not found and is_stalled(cluster, name):
        yield Operation(
            action="update",
            kind="service",
            name=name,
            cause=STALLED,
            site=site,
            restarts=True,
        )
    if not found:
        return
    cause = "; ".join(str(one) for one in found[:SHOWN_DIFFERENCES])
    if len(found) > SHOWN_DIFFERENCES:
        cause += f"; and {len(found) - SHOWN_DIFFERENCES} more"
    restarts = any(one.path.startswith(RESTARTING) for one in found)
    yield Operation(
        action="update", kind="service", name=name, cause=cause, site=site, restarts=restarts
    )


def _must_wait(site: DesiredSite, observed: Observed) -> bool:
    """Whether what the site's chain needs is away.

    A webhead cannot start without its database, so a roll-out could only fail. The store is needed
    for a new site, and where a new secret has to be made known to it.
    """
    content = observed.content
    new_secret = site.secret_name not in observed.cluster.secrets
    return content.databases is None or (content.buckets is None and new_secret)


def _site(site: DesiredSite, observed: Observed, image: ImageRef) -> Iterator[Operation]:
    content, cluster = observed.content, observed.cluster
    database, bucket = names.database_name(site.name), names.bucket_name(site.name)
    if database not in (content.databases or ()):
        yield Operation(
            action="create", kind="database", name=database, cause=NOT_FOUND, site=site.name
        )
    if content.buckets is not None and bucket not in content.buckets:
        yield Operation(
            action="create", kind="bucket", name=bucket, cause=NOT_FOUND, site=site.name
        )
    if site.secret_name not in cluster.secrets:
        yield Operation(
            action="create", kind="secret", name=site.secret_name, cause=NOT_FOUND, site=site.name
        )
    if site.config_name not in cluster.configs:
        yield Operation(
            action="create", kind="config", name=site.config_name, cause=NOT_FOUND, site=site.name
        )
    live = content.live.get(site.name)
    if live is None:
        yield Operation(
            action="run",
            kind="install",
            name=site.name,
            cause="no settings in it yet",
            site=site.name,
        )
    service = list(_service(names.service_name(site.name), site.service, cluster, site.name))
    if live is None:
        yield from service
    else:
        before = cluster.services.get(names.service_name(site.name))
        yield from changes(site, live, image, service, before)


def _without_nodes(desired: Desired, cluster: ObservedCluster) -> Iterator[str]:
    """Sites that want more webheads than nodes are ready: the rest waits for nodes to come."""
    ready = len(cluster.ready_nodes)
    for name, site in sorted(desired.sites.items()):
        if cluster.nodes and site.replicas > ready:
            yield (
                f"{name}: {site.replicas} webheads are wanted, each on a node of its own, and only"
                f" {ready} of {len(cluster.nodes)} nodes are ready"
            )


def _removed_sites(desired: Desired, cluster: ObservedCluster) -> Iterator[Operation]:
    for name, service in sorted(cluster.services.items()):
        site = service.labels.get(names.SITE_LABEL, "")
        if service.labels.get(names.PURPOSE_LABEL) == "install":
            continue
        if site and site not in desired.sites and site not in desired.held:
            yield Operation(
                action="delete",
                kind="service",
                name=name,
                cause="its file is gone; database and bucket stay",
                site=site,
            )


def _zones(desired: Desired, content: ObservedContent) -> Iterator[Operation]:
    if not desired.zones:
        return
    for name in sorted(desired.sites):
        if name not in content.zones:
            yield Operation(action="create", kind="zone", name=name, cause=NOT_FOUND, site=name)
    for name in sorted(content.zones):
        if name not in desired.sites and name not in desired.held:
            yield Operation(
                action="delete", kind="zone", name=name, cause="its site's file is gone", site=name
            )


def _tables(desired: Desired, observed: Observed) -> Iterator[Operation]:
    wanted = table(desired, observed.cluster)
    for node, found in sorted(observed.content.tables.items()):
        if found is None:
            continue  # an edge that does not answer: its service's health tells
        if dict(found) != wanted:
            added = sorted(set(wanted.items()) - set(found.items()))
            gone = sorted(set(found.items()) - set(wanted.items()))
            cause = f"{len(added)} hosts to add, {len(gone)} to remove"
            yield Operation(action="push", kind="table", name=node, cause=cause)


def _prune(desired: Desired, cluster: ObservedCluster) -> Iterator[Operation]:
    """Configs and secrets of sites that no live spec and no wanted one names."""
    used = {name for service in cluster.services.values() for name in _mounted(service.spec)}
    used |= {site.config_name for site in desired.sites.values()}
    used |= {site.secret_name for site in desired.sites.values()}
    for name, stored in sorted(cluster.configs.items()):
        site = stored.labels.get(names.SITE_LABEL, "")
        if site and name not in used and site not in desired.held:
            yield Operation(
                action="delete", kind="config", name=name, cause="no service uses it", site=site
            )
    for name, stored in sorted(cluster.secrets.items()):
        site = stored.labels.get(names.SITE_LABEL, "")
        if site and name not in used and site not in desired.held:
            yield Operation(
                action="delete", kind="secret", name=name, cause="no service uses it", site=site
            )


def _prune_shared(desired: DesiredPlatform, observed: ObservedCluster) -> Iterator[Operation]:
    """Former configs and secrets of what sites share: of a purpose that is known, and used by none.

    A service is written before: its old ones go with the next loop, once no live spec names them.
    """
    used = {name for service in observed.services.values() for name in _mounted(service.spec)}
    used |= set(desired.configs) | set(desired.secrets)
    kinds: tuple[tuple[Kind, Mapping[str, object], Mapping[str, Stored]], ...] = (
        ("config", desired.configs, observed.configs),
        ("secret", desired.secrets, observed.secrets),
    )
    for kind, wanted, live in kinds:
        purposes = {names.shared_purpose(name) for name in wanted}
        for name in sorted(set(live) - used):
            if names.shared_purpose(name) in purposes and names.SITE_LABEL not in live[name].labels:
                yield Operation(action="delete", kind=kind, name=name, cause="no service uses it")


def _mounted(spec: Spec) -> Iterator[str]:
    container = spec.get("TaskTemplate", {}).get("ContainerSpec", {})
    for reference in container.get("Configs") or ():
        yield reference["ConfigName"]
    for reference in container.get("Secrets") or ():
        yield reference["SecretName"]
