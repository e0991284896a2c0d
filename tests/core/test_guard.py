"""Too many deletions at once are held back, with the numbers."""

from dataclasses import replace

import pytest

from reconciler.core.guard import Bounds, refusals
from reconciler.core.model import ObservedCluster, Service
from reconciler.core.plan import Operation, Plan


def fleet(count: int) -> ObservedCluster:
    services = {
        f"wpaas_s{n}": Service(id=str(n), version=1, spec={"Labels": {"wpaas.site": f"s{n}"}})
        for n in range(count)
    }
    return ObservedCluster(
        services=services, tasks=(), nodes=(), networks={}, configs={}, secrets={}
    )


def removal(count: int) -> Plan:
    deletions = tuple(
        Operation(action="delete", kind="service", name=f"wpaas_s{n}", cause="gone", site=f"s{n}")
        for n in range(count)
    )
    creation = Operation(action="create", kind="bucket", name="b", cause="not found", site="new")
    return Plan(revision="r", operations=(*deletions, creation))


@pytest.mark.parametrize(
    ("live", "going", "held"),
    [(1, 1, False), (2, 1, False), (2, 2, True), (9, 2, True), (30, 3, False), (30, 4, True)],
)
def test_deletions_beyond_the_bounds_are_refused(live: int, going: int, *, held: bool) -> None:
    bounds = Bounds(max_deletions=1, max_deletions_percent=10)
    refused = refusals(removal(going), fleet(live), bounds)
    assert [r.operation.site for r in refused] == ([f"s{n}" for n in range(going)] if held else [])


def test_a_refusal_gives_the_numbers() -> None:
    refused = refusals(removal(3), fleet(9), Bounds(max_deletions=1, max_deletions_percent=10))
    assert str(refused[0]) == (
        "refused: s0: delete service wpaas_s0, gone (3 of 9 sites would go, 1 allowed)"
    )


def test_a_living_site_is_never_begun_anew() -> None:
    begin = [
        Operation(action="run", kind="install", name=site, cause="no settings in it yet", site=site)
        for site in ("s0", "new")
    ]
    plan = Plan(revision="r", operations=tuple(begin))
    bounds = Bounds(max_deletions=1, max_deletions_percent=10)
    refused = refusals(plan, fleet(1), bounds)
    assert [r.operation.site for r in refused] == ["s0"]
    assert "its database is empty" in refused[0].reason
    job = {"wpaas_s0_install": Service(id="j", version=1, spec={
        "Labels": {"wpaas.site": "s0", "wpaas.purpose": "install"}
    })}  # fmt: skip
    assert refusals(plan, replace(fleet(0), services=job), bounds) == ()
