"""Refuse what is too big or cannot be undone. A refused operation is shown with its numbers."""

from dataclasses import dataclass

from reconciler.core.model import ObservedCluster
from reconciler.core.names import SITE_LABEL
from reconciler.core.plan import Plan, Refusal


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many sites one commit may remove: the larger of a count and a share of the fleet."""

    max_deletions: int
    max_deletions_percent: int


def refusals(plan: Plan, cluster: ObservedCluster, bounds: Bounds) -> tuple[Refusal, ...]:
    """The deletions of a plan that are too many at once. Their sites are then held, and planned again.

    A count alone would let a fleet of nine be emptied, a share alone would stop a fleet of two.
    """
    live = {
        service.labels[SITE_LABEL]
        for service in cluster.services.values()
        if SITE_LABEL in service.labels
    }
    going = {op.site for op in plan.operations if op.action == "delete" and op.kind == "service"}
    allowed = max(bounds.max_deletions, len(live) * bounds.max_deletions_percent // 100)
    emptied = bool(going) and going == live and len(live) > 1
    if len(going) <= allowed and not emptied:
        return ()
    reason = f"{len(going)} of {len(live)} sites would go, {allowed} allowed"
    if emptied:
        reason = f"all {len(live)} sites would go"
    held = (op for op in plan.operations if op.site in going and op.action == "delete")
    return tuple(Refusal(op, reason) for op in held)
