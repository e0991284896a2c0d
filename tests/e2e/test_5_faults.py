"""What the daemon needs goes away: it says so, stays alive, and goes on without help."""

import pytest

from demo.engines import docker
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES

pytestmark = pytest.mark.e2e
SITE = FIRST_SITES[0]


def stage_of(stage: Stage) -> str:
    """The stage that the daemon reports as failed; empty when all is well."""
    return str(stage.status().get("stage") or "")


def test_a_repository_that_is_away_is_said_and_recovered_from(stage: Stage) -> None:
    stage.until_applied(stage.repository.head(), 120)
    away = stage.repository.bare.with_suffix(".away")
    stage.repository.bare.rename(away)
    wait_until("the fetch fails", lambda: stage_of(stage) == "fetch", 30)
    assert "repository.git" in str(stage.status()["error"])
    assert stage.is_up(SITE)
    away.rename(stage.repository.bare)
    wait_until("all is well", lambda: stage_of(stage) == "", 90)


def test_a_force_push_is_applied_and_said(stage: Stage) -> None:
    stage.until_applied(stage.repository.commit("To be rewritten"), 60)
    stage.until_applied(stage.repository.rewrite("Rewritten"), 60)
    assert "history was rewritten" in str(stage.status()["notice"])
    stage.until_applied(stage.repository.commit("On top of it"), 60)
    assert stage.status()["notice"] is None


def roll_out(stage: Stage, megabytes: int) -> str:
    """Commit another limit of uploads; returns the commit, whose roll-out has begun."""
    before = {webhead.id for webhead in stage.webheads(SITE)}
    stage.repository.change_site(SITE, lambda doc: doc.update(uploads={"max_file_mb": megabytes}))
    revision = stage.repository.commit(f"Uploads of {megabytes} MB")
    wait_until(
        "the roll-out has begun",
        lambda: {webhead.id for webhead in stage.webheads(SITE)} - before,
        60,
    )
    return revision


def test_a_newer_commit_in_the_middle_of_a_roll_out_does_not_jam(stage: Stage) -> None:
    revisions = [roll_out(stage, megabytes) for megabytes in (40, 41, 42)]
    stage.until_applied(revisions[-1], 90)
    stage.until_live(SITE, 60)


def test_a_hand_made_change_is_put_back(stage: Stage) -> None:
    stage.until_live(SITE, 60)
    docker(stage.context.engines[0], "service", "scale", "--detach", f"wpaas_{SITE}=1")
    wait_until("the daemon has put it back", lambda: len(stage.spread(SITE)) >= 2, 60)


def test_a_roll_out_that_swarm_gave_up_is_taken_up_again(stage: Stage) -> None:
    stage.until_live(SITE, 60)
    engine, service = stage.context.engines[0], f"wpaas_{SITE}"
    old = {webhead.id for webhead in stage.webheads(SITE)}
    docker(engine, "service", "update", "--quiet", "--detach", "--force", service)
    new = wait_until(
        "the first new webhead",
        lambda: [webhead for webhead in stage.webheads(SITE) if webhead.id not in old],
        60,
    )[0]
    # Swarm takes the death of a new webhead, a dying node's too, for the new spec's failure.
    docker(stage.engines[new.node], "kill", new.id)
    # Going on is stop-first, and Swarm waits a minute for each old webhead whose end it missed.
    stage.until_all_new(SITE, old, 240)
    state = docker(
        engine, "service", "inspect", "--format={{with .UpdateStatus}}{{.State}}{{end}}", service
    )
    assert "paused" not in state


def test_a_service_that_is_removed_by_hand_is_made_again(stage: Stage) -> None:
    docker(stage.context.engines[0], "service", "rm", f"wpaas_{SITE}")
    wait_until("it is made again", lambda: f"wpaas_{SITE}" in docker(
        stage.context.engines[0], "service", "ls", "--format", "{{.Name}}"
    ).split(), 60)  # fmt: skip
    stage.until_live(SITE, 120)


def test_doctor_finds_nothing_wrong(stage: Stage) -> None:
    assert "FAIL" not in stage.wpaas("doctor")
