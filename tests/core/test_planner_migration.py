"""What a database must be brought to comes before the webheads and settings that need it."""

from dataclasses import replace

from test_planner import NEW_IMAGE, converged, site, wanted

from reconciler.core.model import Desired
from reconciler.core.planner import plan_sites


def with_schema(desired: Desired, wordpress: str, schema: int) -> Desired:
    return replace(desired, image=replace(desired.image, wordpress=wordpress, schema=schema))


def test_newer_tables_come_before_the_webheads_that_need_them() -> None:
    before = converged(wanted(site("chess-club")))
    after = with_schema(wanted(site("chess-club"), image=NEW_IMAGE), "7.1", 2)
    operations = plan_sites(after, before).operations
    assert [op.kind for op in operations] == ["migrate", "service", "live"]
    assert operations[0].cause == "WordPress 6.8 → 7.1: database routine, schema 1 → 2"
    assert operations[2].cause == "the migration is over"


def test_older_code_on_newer_tables_needs_no_job() -> None:
    before = converged(wanted(site("chess-club")))
    after = with_schema(wanted(site("chess-club"), image=NEW_IMAGE), "6.7", 0)
    assert [op.kind for op in plan_sites(after, before).operations] == ["service"]


def test_a_database_of_which_nothing_is_recorded_is_looked_at_by_a_job() -> None:
    desired = wanted(site("chess-club", plugins=("forms",)))
    before = converged(desired)
    bare = {name: replace(live, brought=None) for name, live in before.content.live.items()}
    before = replace(before, content=replace(before.content, live=bare))
    operations = plan_sites(desired, before).operations
    assert [op.kind for op in operations] == ["migrate", "live"]
    assert operations[0].cause == (
        "nothing is recorded of its database yet; plugin forms comes: its activation runs first"
    )


def test_a_migration_that_was_left_open_is_closed_after_the_webheads() -> None:
    before = converged(wanted(site("chess-club")))
    opened = {name: replace(live, open=True) for name, live in before.content.live.items()}
    before = replace(before, content=replace(before.content, live=opened))
    after = wanted(site("chess-club"), image=NEW_IMAGE)
    assert [op.kind for op in plan_sites(after, before).operations] == ["service", "live"]


def test_another_version_and_another_theme_are_named() -> None:
    one = site("chess-club", plugins=("forms",), theme="blue")
    before = converged(wanted(one))
    found = before.content.live["chess-club"]
    assert found.brought is not None
    older = replace(found.brought, plugins={"forms": "1.0"}, theme="red")
    live = {"chess-club": replace(found, brought=older)}
    before = replace(before, content=replace(before.content, live=live))
    desired = wanted(one)
    newer = replace(desired.sites["chess-club"], versions={"forms": "1.1"})
    plan = plan_sites(replace(desired, sites={"chess-club": newer}), before)
    assert (
        plan.operations[0].cause
        == "plugin forms 1.0 → 1.1: its routines run first; theme red → blue"
    )


def test_a_plugin_is_in_the_running_image_before_the_settings_name_it() -> None:
    before = converged(wanted(site("chess-club")))
    after = wanted(site("chess-club", plugins=("site-notice",)), image=NEW_IMAGE)
    assert [op.kind for op in plan_sites(after, before).operations] == [
        "migrate", "service", "live",
    ]  # fmt: skip


def test_a_plugin_leaves_the_settings_before_the_image_without_it_runs() -> None:
    before = converged(wanted(site("chess-club", plugins=("site-notice",))))
    after = wanted(site("chess-club"), image=NEW_IMAGE)
    assert [op.kind for op in plan_sites(after, before).operations] == [
        "migrate-leaving", "live-leaving", "service", "live",
    ]  # fmt: skip


def test_one_plugin_leaves_first_and_another_comes_last() -> None:
    before = converged(wanted(site("chess-club", plugins=("old", "kept"))))
    after = wanted(site("chess-club", plugins=("kept", "new")), image=NEW_IMAGE)
    operations = plan_sites(after, before).operations
    assert [op.kind for op in operations] == [
        "migrate-leaving", "live-leaving", "migrate", "service", "live",
    ]  # fmt: skip
    assert [op.cause for op in operations[:3]] == [
        "plugin old leaves: its deactivation runs first",
        "old may leave the image",
        "plugin new comes: its activation runs first",
    ]


def test_plugins_change_on_the_image_that_runs_by_one_job_and_one_write() -> None:
    before = converged(wanted(site("chess-club", plugins=("old", "kept"))))
    plan = plan_sites(wanted(site("chess-club", plugins=("kept", "new"))), before)
    assert [op.kind for op in plan.operations] == ["migrate", "live"]
    assert plan.operations[0].cause == (
        "plugin old leaves: its deactivation runs first; plugin new comes: its activation runs first"
    )
    assert not any(op.restarts for op in plan.operations)
