"""Carry a plan out: what sites share in order, then sites side by side, each its own chain.

No decisions are made here but one: a chain ends at its first failure, and the service that was
healthy before gets its spec back.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import assert_never

from reconciler.core import names
from reconciler.core.difference import as_forced
from reconciler.core.health import order_of_roll_out
from reconciler.core.live_settings import without_plugins
from reconciler.core.model import (
    Desired,
    DesiredPlatform,
    DesiredSite,
    Observed,
    ObservedCluster,
    Service,
    Spec,
)
from reconciler.core.outcome import Outcome
from reconciler.core.plan import Operation, Plan
from reconciler.core.planner import table
from reconciler.errors import StageFailed, Superseded, WpaasError
from reconciler.sync import migrate
from reconciler.sync.fleet import Fleet
from reconciler.sync.watch import Watch

SITES_SIDE_BY_SIDE = 8
HEALTH_DEADLINE_S = 120.0
PROBE_DEADLINE_S = 15.0

Report = Callable[[Outcome], None]
SHARED_OPTIONS = {names.OWNER_LABEL: names.OWNER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One application of a plan: the adapters, both sides, and who to tell."""

    fleet: Fleet
    desired: Desired
    observed: Observed
    watch: Watch
    superseded: Callable[[], bool]
    tell: Report


def apply_platform(
    fleet: Fleet, plan: Plan, desired: DesiredPlatform, observed: ObservedCluster, tell: Report
) -> None:
    """Make what sites share, in the plan's order. Raises StageFailed."""
    for operation in plan.operations:
        began = time.monotonic()
        _platform_operation(fleet, operation, desired, observed)
        tell(Outcome(operation=operation, seconds=time.monotonic() - began))


def _platform_operation(
    fleet: Fleet, operation: Operation, desired: DesiredPlatform, observed: ObservedCluster
) -> None:
    name = operation.name
    match operation.kind:
        case "network":
            fleet.swarm.create_network(name, desired.networks[name])
        case "secret" if operation.action == "delete":
            fleet.swarm.remove_secret(name)
        case "config" if operation.action == "delete":
            fleet.swarm.remove_config(name)
        case "secret":
            fleet.swarm.create_secret(name, desired.secrets[name], SHARED_OPTIONS)
        case "config":
            fleet.swarm.create_config(name, desired.configs[name], SHARED_OPTIONS)
        case "service" if operation.action == "create":
            fleet.swarm.create_service(desired.services[name])
        case "service":
            live = observed.services[name]
            fleet.swarm.update_service(live, as_forced(desired.services[name], live.spec))
        case _:
            raise StageFailed(
                "apply", f"cannot {operation.action} {operation.kind} for the platform"
            )


def apply_sites(run: Run, plan: Plan) -> tuple[Outcome, ...]:
    """Carry out the plan for all sites; one site's failure never stops another."""
    run.fleet.purges.again(run.observed.cluster)
    outcomes = [_outcome(run, op, _push_table) for op in plan.operations if not op.site]
    chains = [plan.of_site(site) for site in plan.sites()]
    with ThreadPoolExecutor(max_workers=SITES_SIDE_BY_SIDE, thread_name_prefix="site") as pool:
        for chain in pool.map(lambda operations: _chain(run, operations), chains):
            outcomes += chain
    return tuple(outcomes)


def _chain(run: Run, operations: Iterable[Operation]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for operation in operations:
        outcome = _outcome(run, operation, _site_operation)
        outcomes.append(outcome)
        if outcome.error or outcome.superseded:
            break
    return outcomes


def _outcome(run: Run, operation: Operation, act: Callable[[Run, Operation], None]) -> Outcome:
    began, error, superseded = time.monotonic(), "", False
    try:
        act(run, operation)
    except Superseded:
        superseded = True
    except WpaasError as e:
        error = str(e)
    except Exception as e:  # noqa: BLE001 - the one place: a defect met by one site stops no other
        error = f"{type(e).__name__} in {operation.kind}"
        run.fleet.trace(operation, e)
    outcome = Outcome(
        operation=operation,
        seconds=time.monotonic() - began,
        error=error,
        superseded=superseded,
    )
    run.tell(outcome)
    return outcome


def _push_table(run: Run, operation: Operation) -> None:
    rows = table(run.desired, run.observed.cluster)
    run.fleet.edge.push(operation.name, rows)


def _site_operation(run: Run, operation: Operation) -> None:
    fleet, name = run.fleet, operation.name
    site = run.desired.sites.get(operation.site)
    match operation.action:
        case "delete":
            _delete(run, operation)
        case "run" if site:
            _job(run, operation, site)
        case "create" | "update" if site:
            _put(run, operation, site)
        case "create" | "update" | "run" | "push" | "purge":
            raise StageFailed("apply", f"cannot {operation.action} {operation.kind} {name}")
        case never:
            assert_never(never)
    # What pages show has changed: settings, code or addresses. Inside out, or a CDN would fetch the old.
    if operation.kind in ("live", "live-leaving", "service") and operation.action != "delete":
        fleet.purges.site(operation.site, run.observed.cluster)
    if operation.kind == "live" and run.desired.zones:
        fleet.cdn.purge(operation.site)


def _put(run: Run, operation: Operation, site: DesiredSite) -> None:
    fleet = run.fleet
    labels = {**SHARED_OPTIONS, names.SITE_LABEL: site.name}
    match operation.kind:
        case "database":
            fleet.database.ensure(site.name, site.database_password)
        case "bucket":
            fleet.store.ensure(site.name, site.store_access_key, site.store_secret_key)
        case "secret":
            # A new secret means new credentials: both ends change before the webheads roll.
            fleet.database.ensure(site.name, site.database_password)
            fleet.store.ensure(site.name, site.store_access_key, site.store_secret_key)
            fleet.swarm.create_secret(site.secret_name, site.secret, labels)
        case "config":
            fleet.swarm.create_config(site.config_name, site.config, labels)
        case "live":
            fleet.database.write_live(site.name, site.live)
        case "live-leaving":
            coming = site.plugins - run.observed.content.live[site.name].plugins
            settings = without_plugins(site.live, coming)
            fleet.database.write_live(site.name, settings)
        case "service":
            _roll(run, site)
        case "zone":
            fleet.cdn.create(site.name, fleet.home(site.primary_host))
        case _:
            raise StageFailed("apply", f"cannot put {operation.kind} of a site")


def _delete(run: Run, operation: Operation) -> None:
    match operation.kind:
        case "service":
            run.fleet.swarm.remove_service(operation.name)
        case "config":
            run.fleet.swarm.remove_config(operation.name)
        case "secret":
            run.fleet.swarm.remove_secret(operation.name)
        case "zone":
            run.fleet.cdn.delete(operation.name)
        case _:
            raise StageFailed("apply", f"cannot delete {operation.kind}")


def _job(run: Run, operation: Operation, site: DesiredSite) -> None:
    match operation.kind:
        case "install":
            migrate.install(run.fleet, run.watch, site)
        case "migrate":
            migrate.migrate(run.fleet, run.watch, site)
        case "migrate-leaving":
            live = run.observed.cluster.services[names.service_name(site.name)]
            migrate.let_leave(run.fleet, run.watch, site, live)
        case _:
            raise StageFailed("apply", f"cannot run {operation.kind} of a site")


def _roll(run: Run, site: DesiredSite) -> None:
    """Write the service and wait for the truth: healthy webheads and a page through the edge."""
    name = names.service_name(site.name)
    swarm, before = run.fleet.swarm, run.observed.cluster.services.get(name)
    if before is None:
        swarm.create_service(site.service)
    else:
        _write(run, site, before, run.observed.cluster)
    health = run.watch.until_healthy(name, site.replicas, HEALTH_DEADLINE_S, run.superseded)
    if health.state == "stalled" and not run.superseded():
        # A dying node stopped it, say: written again it goes on. A second stop is a failure.
        seen = swarm.observe()
        if live := seen.services.get(name):
            _write(run, site, live, seen)
        health = run.watch.until_healthy(name, site.replicas, HEALTH_DEADLINE_S, run.superseded)
    error = "" if health.state == "healthy" else health.reason
    if not error:
        error = run.fleet.probe(site.primary_host, PROBE_DEADLINE_S)
    if not error:
        return
    if run.superseded():
        raise Superseded("apply", "a newer commit came", where=site.name)
    _go_back(run, site, name)
    raise StageFailed(
        "apply",
        f"the new webheads are not healthy: {error}{_database_of(run, site)}",
        where=site.name,
    )


def _write(run: Run, site: DesiredSite, live: Service, cluster: ObservedCluster) -> None:
    """The wanted spec over a living service's, as `cluster` was seen with it."""
    spec = as_forced(site.service, live.spec)
    run.fleet.swarm.update_service(live, _ordered(spec, cluster, names.service_name(site.name)))


def _go_back(run: Run, site: DesiredSite, name: str) -> None:
    """Stop a failing spec; the one from before runs again where it was healthy."""
    swarm, cluster = run.fleet.swarm, run.observed.cluster
    before = cluster.services.get(name)
    seen = swarm.observe()
    now = seen.services.get(name)
    if before is None:
        swarm.remove_service(name)
    elif now is not None and cluster.healthy(name):
        swarm.update_service(now, _ordered(before.spec, seen, name))


def _database_of(run: Run, site: DesiredSite) -> str:
    """What became of the database that was migrated for webheads that went back; "" if none was.

    The dump is put back where nobody wrote since. Else the newer database stays, if the webheads of
    before serve from it.
    """
    name = names.service_name(site.name)
    before = run.observed.cluster.services.get(name)
    try:
        kept = migrate.take_back(run.fleet, run.watch, site) if before is not None else ""
    except StageFailed as e:
        kept = str(e)
    if not kept:
        return ""
    health = run.watch.until_healthy(name, site.replicas, HEALTH_DEADLINE_S, run.superseded)
    error = "" if health.state == "healthy" else health.reason
    error = error or run.fleet.probe(site.primary_host, PROBE_DEADLINE_S)
    if not error:
        return f"; the code went back, the newer database stays and serves: {kept}"
    return (
        f"; held: the code of before does not serve from the newer database ({error}), and nothing is"
        f" put back: {kept}. Go on with newer code, or restore the dump by hand, which loses what was"
        " written since"
    )


def _ordered(spec: Spec, cluster: ObservedCluster, service: str) -> Spec:
    """The spec with the order of its roll-out."""
    order = order_of_roll_out(cluster, service)
    return {**spec, "UpdateConfig": {**spec["UpdateConfig"], "Order": order}}
