"""Refuse what is too big or cannot be undone. A refused operation is shown with its numbers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reconciler.core.model import ObservedCluster
from reconciler.core.names import PURPOSE_LABEL, SITE_LABEL
from reconciler.core.plan import Plan, Refusal


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many sites one commit may remove: the larger of a count and a share of the fleet."""

    max_deletions: int
    max_deletions_percent: int


def refusals(plan: Plan, cluster: ObservedCluster, bounds: Bounds) -> tuple[Refusal, ...]:
    """What of a plan must not happen. The sites concerned are then held, and the rest planned again."""
    live = {
        service.labels[SITE_LABEL]
        for service in cluster.services.values()
        if SITE_LABEL in service.labels and PURPOSE_LABEL not in service.labels
    }
    return (*_too_many_deletions(plan, live, bounds), *_new_beginnings(plan, live))


def _new_beginnings(plan: Plan, live: Collection[str]) -> Iterator[Refusal]:
    """A living site whose database is empty has another one, or lost it: never begin it anew."""
    for operation in plan.operations:
        if operation.kind == "install" and operation.site in live:
            reason = (
                "the site is live and its database is empty: copy or restore it there,"
                " or remove the site first"
            )
            yield Refusal(operation, reason)


def _too_many_deletions(plan: Plan, live: Collection[str], bounds: Bounds) -> tuple[Refusal, ...]:
    """A count alone would let a fleet of nine be emptied, a share alone would stop a fleet of two."""
    going = {op.site for op in plan.operations if op.action == "delete" and op.kind == "service"}
    allowed = max(bounds.max_deletions, len(live) * bounds.max_deletions_percent // 100)
    emptied = bool(going) and going == set(live) and len(live) > 1
    if len(going) <= allowed and not emptied:
        return ()
    reason = f"{len(going)} of {len(live)} sites would go, {allowed} allowed"
    if emptied:
        reason = f"all {len(live)} sites would go"
    held = (op for op in plan.operations if op.site in going and op.action == "delete")
    return tuple(Refusal(op, reason) for op in held)
