"""The install job on a site that lives: what comes, what leaves, core's routine, and every way to fail."""

import json
import random
import threading
import time

import pytest
from migrations import Migrations
from webheads import Stand, docker

HALF_WAY = ("throws", "exits", "eats")
OLDER = 57155
"""The tables' version of WordPress 6.5: its routines of later versions run on them again."""
SAMPLE, POINTS = 4, 20


@pytest.fixture(scope="module")
def club(stand: Stand) -> Migrations:
    made = Migrations(stand, "moving-club")
    ended = made.install()
    assert ended.code == 0, ended.log
    return made


def test_a_new_site_has_its_plugins_activated_in_its_own_language(stand: Stand) -> None:
    new = Migrations(stand, "new-club")
    ended = new.run("needs", "forms", locale="de_DE")
    assert (ended.code, ended.answer and ended.answer.end) == (0, "done"), ended.log
    assert new.sql("SELECT said FROM wp_forms") == "hello"
    assert new.sql("SELECT post_title FROM wp_posts WHERE ID = 1") == "Hallo Welt!"
    brought = json.loads(new.sql("SELECT document FROM wpaas_live WHERE id = 2"))
    assert brought["plugins"] == {"forms": "1.0", "needs": "1.0"}
    assert str(brought["schema"]) == new.option("db_version")


def test_hooks_run_once_and_what_leaves_keeps_its_data(club: Migrations) -> None:
    for plugins in (("forms", "polls"), ("forms", "polls"), ("polls",), ("polls",), ()):
        ended = club.run(*plugins)
        assert (ended.code, ended.answer and ended.answer.end) == (0, "done"), ended.log
    counts = [
        club.option(f"{slug}_{what}") for slug in ("forms", "polls") for what in ("came", "left")
    ]
    assert counts == ["1", "1", "1", "1"]
    assert club.sql("SELECT said FROM wp_forms") == "hello"


@pytest.mark.parametrize("slug", HALF_WAY)
def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(
    club: Migrations, slug: str
) -> None:
    assert club.run().code == 0
    before = club.content()
    ended = club.run("forms", slug)
    assert (ended.code, ended.answer and ended.answer.end) == (1, "restored"), ended.log
    assert ended.answer is not None
    assert ended.answer.stage == f"plugin {slug}: activation"
    assert club.content() == before
    assert club.run().code == 0, "the next one begins from there"


def test_what_an_author_writes_meanwhile_is_never_taken_back(stand: Stand) -> None:
    club = Migrations(stand, "busy-club")
    club.install()
    ended = club.run("meets")
    assert (ended.code, ended.answer and ended.answer.end) == (1, "held"), ended.log
    assert ended.answer is not None
    assert ended.answer.conflict == "wp_posts was written to by others since"
    assert "By an author" in club.sql("SELECT post_title FROM wp_posts")
    assert club.option("posts_per_page") == "99", "nothing of it is put back"


def test_a_migration_is_taken_back_only_where_nobody_wrote_since(stand: Stand) -> None:
    club = Migrations(stand, "undo-club")
    club.install()
    before = club.content()
    assert club.run("forms").code == 0
    ended = club.undo()
    assert (ended.code, ended.answer and ended.answer.end) == (0, "undone"), ended.log
    assert club.content() == before
    assert club.run("forms").code == 0, "its hooks run again"
    club.sql(
        "UPDATE wp_options SET option_value = 'changed by an owner' WHERE option_name = 'admin_email'"
    )
    after = club.content()
    ended = club.undo()
    assert (ended.code, ended.answer and ended.answer.end) == (0, "kept"), ended.log
    assert ended.answer is not None
    assert ended.answer.conflict == "wp_options was written to by others since"
    assert club.content() == after
    # A table that the migration did not write to is nobody's business.
    club = Migrations(stand, "apart-club")
    club.install()
    club.run("forms")
    club.sql("UPDATE wp_posts SET post_title = 'Written since' WHERE ID = 1")
    ended = club.undo()
    assert (ended.code, ended.answer and ended.answer.end) == (0, "undone"), ended.log
    assert club.sql("SELECT post_title FROM wp_posts WHERE ID = 1") == "Written since"


def test_without_a_store_for_the_dump_nothing_is_written(stand: Stand, club: Migrations) -> None:
    before = club.content()
    docker("stop", f"{stand.name}-store")
    try:
        ended = club.run("forms")
    finally:
        docker("start", f"{stand.name}-store")
        stand.until_healthy("store")
    assert (ended.code, ended.answer and ended.answer.stage) == (1, "dump"), ended.log
    assert club.content() == before


@pytest.mark.parametrize("points", [SAMPLE, pytest.param(POINTS, marks=pytest.mark.soak)])
def test_18_a_migration_killed_at_many_points_ends_the_same(stand: Stand, points: int) -> None:
    club = Migrations(stand, f"killed-club{points}")
    club.install()
    older = f"UPDATE wp_options SET option_value = {OLDER} WHERE option_name = 'db_version'"
    club.sql(older)
    start = club.content() + "\n"

    def reset() -> None:
        for table in club.sql("SHOW TABLES").splitlines():
            if table != "wpaas_install":
                club.sql(f"DROP TABLE `{table}`")
        club.sql("SET foreign_key_checks = 0;" + start)

    reset()
    wanted = {"format": 1, "plugins": ["forms", "polls"], "theme": "twentytwentyfive"}
    request = {"format": 1, "do": "migrate", "settings": wanted, "versions": {}}
    club.ask(request)
    began = time.monotonic()
    ended = club.end(club.start())
    whole = time.monotonic() - began
    assert ended.code == 0, ended.log
    expected = club.schema()
    assert club.option("db_version") != str(OLDER)
    landed, dice = 0, random.Random(18)  # noqa: S311 - the same points each time
    for attempt in range(3 * points):
        if landed == points:
            break
        reset()
        club.ask(request)
        job = club.start()
        # A wait for nothing: the moment of the kill is what is tried.
        delay = dice.uniform(0.05, 0.8) * whole
        threading.Event().wait(delay)
        docker("kill", job.name, check=False)
        first = club.end(job)
        if first.code == 137:
            landed += 1
            again = club.end(club.start())
            assert again.code == 0, f"{attempt}, after {delay} s: {first.log} {again.log}"
        else:
            whole *= 0.8  # it was through: the machine is quicker now
        assert club.schema() == expected, f"{attempt}, after {delay} s"
        assert club.sql("SELECT COUNT(*) FROM wp_forms") == "1"
    assert landed == points
