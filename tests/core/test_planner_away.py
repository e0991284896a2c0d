"""What is still planned while the database or the store does not answer."""

from dataclasses import replace

from test_planner import converged, site, wanted

from reconciler.core.planner import plan_sites


def test_while_the_database_is_away_only_what_needs_none_is_done() -> None:
    before = converged(wanted(site("chess-club"), site("zebra-club")))
    away = replace(before, content=replace(before.content, databases=None, live={}))
    plan = plan_sites(wanted(site("chess-club", title="New", replicas=3)), away)
    assert [(op.action, op.kind, op.site) for op in plan.operations] == [
        ("push", "table", ""),
        ("delete", "service", "zebra-club"),
    ]


def test_while_the_store_is_away_a_new_site_waits_and_others_go_on() -> None:
    before = converged(wanted(site("chess-club")))
    away = replace(before, content=replace(before.content, buckets=None))
    plan = plan_sites(wanted(site("chess-club", title="New"), site("tea-house")), away)
    assert [(op.kind, op.site) for op in plan.operations] == [("table", ""), ("live", "chess-club")]
