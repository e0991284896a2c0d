"""The stages, in order. Nothing is changed before apply, except that the image may be built."""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from reconciler.core import names
from reconciler.core.compiler import Compiled
from reconciler.core.egress import granted
from reconciler.core.guard import Bounds, refusals
from reconciler.core.model import (
    Desired,
    DesiredPlatform,
    DesiredSite,
    ImageRef,
    Live,
    Observed,
    ObservedCluster,
    ObservedContent,
)
from reconciler.core.outcome import Failure, Outcome, Report, Revisions, failed
from reconciler.core.plan import Operation, Plan
from reconciler.core.planner import plan_platform, plan_sites
from reconciler.core.site_objects import desired_site
from reconciler.errors import StageFailed
from reconciler.sync.apply import Run, apply_platform, apply_sites
from reconciler.sync.fleet import Fleet
from reconciler.sync.watch import Watch

DELETIONS_PERCENT = 10

Tell = Callable[[Outcome], None]
Show = Callable[[Report], None]


@dataclass(slots=True)
class Memory:
    """What one loop hands the next; all of it can be lost."""

    report: Report = field(default_factory=lambda: Report(revisions=Revisions()))
    compiled: tuple[str, date, Compiled] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with what it was made from; `away`: what did not answer, or was left, so that it is
    not the whole.
    """

    desired: Desired
    observed: Observed
    compiled: Compiled
    plan: Plan
    away: tuple[StageFailed, ...] = ()


def fetch(fleet: Fleet, memory: Memory) -> tuple[str, Compiled]:
    """Fetch and compile: the newest commit, with every problem in it. A known commit costs one look.

    It is compiled again on another day, since what it allows may have ended.
    """
    revision, today = fleet.source.head(), fleet.now().date()
    if memory.compiled is not None and memory.compiled[:2] == (revision, today):
        return revision, memory.compiled[2]
    fleet.source.fetch(revision)
    before = memory.report.revisions.observed
    rewritten = before and not fleet.source.is_ancestor(before, revision)
    notice = f"history was rewritten: {revision} does not build on {before}"
    memory.report = replace(memory.report, notice=notice if rewritten else "")
    memory.compiled = (revision, today, fleet.compile(fleet.source.blobs(revision)))
    return revision, memory.compiled[2]


def platform(fleet: Fleet, compiled: Compiled, revision: str, tell: Tell) -> DesiredPlatform | None:
    """Converge what sites share; returns it where something was changed and has to come up."""
    cluster = fleet.swarm.observe()
    desired = fleet.desired_platform(compiled, cluster)
    plan = plan_platform(desired, cluster, revision)
    apply_platform(fleet, plan, desired, cluster, tell)
    return desired if plan.operations else None


def compiled_or_refused(compiled: Compiled) -> Compiled:
    """Raise StageFailed where a shared file is bad: then nothing of the commit can be trusted."""
    if compiled.shared_broken:
        first = next(p for p in compiled.problems if p.severity == "error")
        raise StageFailed("compile", str(first))
    return compiled


def plan(fleet: Fleet, compiled: Compiled, revision: str, image: ImageRef) -> Planned:
    """Observe → plan → guard."""
    settings, allowlist = compiled.platform, compiled.allowlist
    assert settings is not None  # noqa: S101 - compiled_or_refused() saw to it
    assert allowlist is not None  # noqa: S101
    reference = fleet.image_reference(image)
    desired = Desired(
        revision=revision,
        image=image,
        sites={
            name: desired_site(
                site,
                settings,
                reference,
                fleet.master,
                revision,
                granted(allowlist, site),
                allowlist,
            )
            for name, site in compiled.sites.items()
        },
        held=compiled.held,
        zones=settings.cdn != "local",
    )
    cluster = fleet.swarm.observe()
    content, away = observe_content(fleet, desired, cluster)
    observed = Observed(cluster=cluster, content=content)
    bounds = Bounds(settings.limits.max_deletions, DELETIONS_PERCENT)
    whole = plan_sites(desired, observed)
    refused = refusals(whole, cluster, bounds)
    if refused:
        # A site that may not go keeps everything, its routes included.
        kept = {refusal.operation.site for refusal in refused}
        going_on = {name: site for name, site in desired.sites.items() if name not in kept}
        desired = replace(desired, sites=going_on, held=desired.held | kept)
        whole = replace(plan_sites(desired, observed), refused=refused)
    return Planned(
        desired=desired, observed=observed, compiled=compiled, plan=whole, away=tuple(away)
    )


def observe_content(
    fleet: Fleet, desired: Desired, cluster: ObservedCluster
) -> tuple[ObservedContent, list[StageFailed]]:
    """A constant number of calls to the database, the store and the CDN, and one to each edge.

    A database or store that does not answer stops only what needs it; the second says why.
    """
    databases: frozenset[str] | None = None
    live: dict[str, Live] = {}
    buckets: frozenset[str] | None = None
    away: list[StageFailed] = []
    try:
        databases, live = fleet.database.observe(sorted(desired.sites))
    except StageFailed as e:
        away.append(e)
    try:
        buckets = fleet.store.buckets()
    except StageFailed as e:
        away.append(e)
    addresses = [node.address for node in cluster.nodes if node.ready]
    content = ObservedContent(
        databases=databases,
        live=live,
        buckets=buckets,
        tables=fleet.edge.tables(addresses),
        zones=fleet.cdn.zones() if desired.zones else {},
    )
    return content, away


def loop(
    fleet: Fleet,
    memory: Memory,
    now: float,
    tell: Tell,
    stopping: Callable[[], bool] = lambda: False,
    show: Show = lambda _report: None,
) -> Report:
    """One loop. `now`: seconds, of the clock that also stamps failures. `stopping` ends its waits.

    `show` gets the standing while something is waited for. What is away and stops only some of the
    work is in the report; StageFailed is raised when a stage fails for the whole fleet.
    """
    revision, compiled = fetch(fleet, memory)
    before = memory.report
    memory.report = before = replace(
        before,
        revisions=replace(before.revisions, observed=revision),
        problems=compiled.problems,
        stage="",
        error="",
    )
    compiled_or_refused(compiled)
    memory.report = before = replace(
        before, revisions=replace(before.revisions, attempted=revision)
    )
    superseded = _superseded(fleet, revision, stopping)
    coming_up = platform(fleet, compiled, revision, tell)
    if coming_up is not None:
        fleet.wait_for_platform(
            coming_up, superseded, lambda reason: show(before.at_stage("apply", reason))
        )
    image, unseen = fleet.ensure_image(revision, compiled, tell)
    good, broken = fleet.try_image(compiled, image, tell, superseded)
    planned = plan(fleet, good, revision, image)
    away = tuple(failure for failure in (unseen, broken) if failure is not None)
    planned = replace(planned, away=(*away, *planned.away))
    ready = _without_waiting(planned, before, now)
    run = Run(
        fleet=fleet,
        desired=planned.desired,
        observed=planned.observed,
        watch=Watch(fleet.swarm.observe),
        superseded=superseded,
        tell=tell,
    )
    outcomes = apply_sites(run, ready)
    memory.report = _report(before, planned, ready, outcomes, now)
    if memory.report.revisions.healthy == revision:
        fleet.tidy_images(image, tell)
    return memory.report


def spec_digest(site: DesiredSite) -> str:
    """Names what was tried for a site: a failure holds for this and nothing else."""
    spec = {key: value for key, value in site.service.items() if key != "Labels"}
    text = json.dumps([spec, site.live_digest, site.secret_name], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_waiting(planned: Planned, before: Report, now: float) -> Plan:
    """Leave sites alone whose same input failed a moment ago."""
    sites = planned.desired.sites
    waiting = {
        name
        for name, failure in before.failures.items()
        if name in sites and failure.waits(spec_digest(sites[name]), now)
    }
    kept = tuple(op for op in planned.plan.operations if op.site not in waiting)
    return replace(planned.plan, operations=kept)


def _superseded(fleet: Fleet, revision: str, stopping: Callable[[], bool]) -> Callable[[], bool]:
    """Whether a newer commit is there: asked at most once in each interval while sites wait."""
    asked, newer = time.monotonic(), False

    def answer() -> bool:
        nonlocal asked, newer
        if not newer and time.monotonic() - asked >= fleet.interval_s:
            asked = time.monotonic()
            with suppress(StageFailed):
                newer = fleet.source.head() != revision
        return newer or stopping()

    return answer


def _report(
    before: Report, planned: Planned, ready: Plan, outcomes: tuple[Outcome, ...], now: float
) -> Report:
    errors = {out.operation.site: out.error for out in outcomes if out.error}
    done = {op.site for op in ready.operations}
    failures: dict[str, Failure] = {}
    for name, site in planned.desired.sites.items():
        if name in errors:
            known = before.failures.get(name)
            failures[name] = failed(known, errors[name], spec_digest(site), now)
        elif (
            name in before.failures and name not in done and _pending(planned.plan.operations, name)
        ):
            failures[name] = before.failures[name]
    revision = planned.desired.revision
    unfinished = errors or failures or planned.away or any(out.superseded for out in outcomes)
    clean = not unfinished and not planned.compiled.held and not planned.plan.refused
    revisions = replace(before.revisions, applied=revision) if clean else before.revisions
    if clean and _all_healthy(planned, outcomes):
        revisions = replace(revisions, healthy=revision)
    return replace(
        before,
        revisions=revisions,
        stage=planned.away[0].stage if planned.away else "",
        error="\n".join(str(failure) for failure in planned.away),
        failures=failures,
        outcomes=outcomes,
        refused=tuple(str(refusal) for refusal in planned.plan.refused),
        plan_notices=planned.plan.notices,
    )


def _pending(operations: tuple[Operation, ...], site: str) -> bool:
    return any(op.site == site for op in operations)


def _all_healthy(planned: Planned, outcomes: tuple[Outcome, ...]) -> bool:
    rolled = {out.operation.site for out in outcomes if out.operation.kind == "service"}
    cluster = planned.observed.cluster
    return all(
        name in rolled
        or len({t.node for t in cluster.healthy(names.service_name(name))})
        >= min(site.replicas, len(cluster.ready_nodes))
        for name, site in planned.desired.sites.items()
    )
