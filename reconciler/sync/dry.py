"""The plan without the loop's writes: `wpaas plan`."""

from dataclasses import replace

from reconciler.core.plan import Operation, Plan
from reconciler.core.planner import plan_platform
from reconciler.sync.fleet import Fleet
from reconciler.sync.loop import Memory, compiled_or_refused, fetch
from reconciler.sync.loop import plan as plan_fleet


def dry_plan(fleet: Fleet) -> Plan:
    """What `apply` would do now. Nothing is written to the cluster, database, store or CDN.

    While the platform is not up yet, its own operations are all that can be known.
    Raises StageFailed.
    """
    revision, compiled = fetch(fleet, Memory())
    compiled_or_refused(compiled)
    cluster = fleet.swarm.observe()
    platform = plan_platform(fleet.desired_platform(compiled, cluster), cluster, revision)
    if any(op.action == "create" and op.kind == "service" for op in platform.operations):
        return platform
    image = fleet.find_image(revision, compiled)
    found = plan_fleet(fleet, compiled, revision, image)
    if found.away:
        raise found.away[0]
    planned = found.plan
    operations = (*platform.operations, *planned.operations)
    if image.digest is None:
        build = Operation(action="create", kind="image", name=image.tag, cause="its inputs are new")
        operations = (*platform.operations, build, *planned.operations)
    return replace(planned, operations=operations)
