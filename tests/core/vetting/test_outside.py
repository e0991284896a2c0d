"""What a package's files cannot say: since when it is public, and the holes that are known of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from packages import MAIN, plugin, reports

from reconciler.core.advisories import Advisory, Range
from reconciler.core.directory import Listing
from reconciler.core.manifest import Source, SourceArchive, SourcePath, SourceRelease
from reconciler.core.snapshot import Feed, Snapshot
from reconciler.core.vetting.bump import Bump, Fixed, compare
from reconciler.core.vetting.lanes import lane
from reconciler.core.vetting.outside import Outside, Public, mended, outside, public_since
from reconciler.core.vetting.vet import vet

TODAY = "2026-09-10"
DIRECTORY = SourceArchive("wordpress.org")
FORGE = SourceRelease(forge="github.com", owner="a", repo="b", asset="b.zip")
LISTED = Listing(
    kind="plugin", slug="event-list", looked_at=TODAY, state="listed", version="3.10",
    last_updated="2026-09-01",
)  # fmt: skip
HOLE = Advisory(
    id="WF-1", title="SQL injection", kind="plugin", slug="event-list",
    affected=(Range(last="3.9"),), fixed=("3.10",), cvss=8.1, published="2026-09-04",
)  # fmt: skip
OPEN = replace(HOLE, id="WF-2", title="no way out yet", affected=(), fixed=(), published="")
FEED = Feed(source="feed", sha256="0" * 64, fetched_at=datetime(2026, 9, 9, tzinfo=UTC), records=2)


def test_the_directory_vouches_for_its_day() -> None:
    assert public_since(LISTED, "3.10", DIRECTORY, "2026-08-01", TODAY) == Public(
        since="2026-09-01",
        said_by="directory",
        days=9,
        words="public for 9 days, says the directory",
    )


def test_an_older_version_was_public_at_least_as_long() -> None:
    assert public_since(LISTED, "3.9", DIRECTORY, "", TODAY).days == 9


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (None, "the directory did not say how long it has been public"),
        (replace(LISTED, state="closed"), "the directory did not say how long"),
        (replace(LISTED, last_updated=""), "the directory did not say how long"),
        (replace(LISTED, version="3.9"), "did not list it yet when it was asked on 2026-09-10"),
        (replace(LISTED, looked_at="2026-09-08"), "the directory was last asked on 2026-09-08"),
        (replace(LISTED, last_updated="2026-09-11"), "the directory's day cannot be right"),
        (replace(LISTED, last_updated="yesterday"), "the directory's day cannot be right"),
    ],
)
def test_where_it_does_not_the_reason_is_said(listed: Listing | None, words: str) -> None:
    said = public_since(listed, "3.10", DIRECTORY, "", TODAY)
    assert (said.days, said.said_by) == (None, "nobody")
    assert words in said.words


def test_an_archive_that_is_old_by_its_own_word_is_not_old() -> None:
    said = public_since(None, "3.10", DIRECTORY, "2020-01-01", TODAY)
    assert (said.days, said.since, said.said_by) == (None, "2020-01-01", "archive")
    assert said.words.endswith("its archive says 2020-01-01, which is its author's word")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (FORGE, "github.com was not asked when it was released"),
        (SourcePath("image/plugins/a"), "its files are kept in this repository"),
        (None, "nobody knows how long it has been public"),
    ],
)
def test_the_directory_is_believed_about_its_own_archives_only(
    source: Source | None, words: str
) -> None:
    said = public_since(LISTED, "3.10", source, "", TODAY)
    assert (said.days, said.words) == (None, words)


def test_a_version_mends_the_holes_that_it_is_free_of() -> None:
    known = Snapshot(feed=FEED, advisories=(HOLE, OPEN))
    assert mended(known, "plugin", "event-list", "3.9", "3.10", TODAY) == (
        Fixed(id="WF-1", title="SQL injection", severity="CVSS 8.1", days_public=6),
    )
    assert mended(known, "theme", "event-list", "3.9", "3.10", TODAY) == ()
    assert mended(known, "plugin", "event-list", "3.8", "3.9", TODAY) == ()
    found = outside(known, "plugin", "event-list", "3.10", Public(), TODAY)
    assert [(hole.id, hole.days_public) for hole in found.holes] == [("WF-2", None)]


@pytest.mark.parametrize(
    ("feed", "unknown"),
    [
        (None, "no advisories are at hand"),
        (FEED, ""),
        (
            replace(FEED, fetched_at=datetime(2026, 9, 2, tzinfo=UTC)),
            "the advisories are of 2026-09-02",
        ),
    ],
)
def test_what_is_not_known_of_holes_is_said(feed: Feed | None, unknown: str) -> None:
    assert outside(Snapshot(feed=feed), "plugin", "a", "1", Public(), TODAY).unknown == unknown


def bump(*fixes: Fixed) -> Bump:
    old, new = plugin(), plugin(main=MAIN.replace("3.10", "3.11"), version="3.11")
    before, after = vet(old, reports(old)), vet(new, reports(new))
    return compare(before, after, old.files, new.files, fixes)


SETTLED = Outside(public=Public(days=8, words="public for 8 days, says the directory"))
MENDED = Fixed(id="WF-1", title="SQL injection")


def test_a_settled_release_of_the_same_maker_is_green_by_itself() -> None:
    made = bump()
    found = lane(made.after, made, SETTLED)
    assert found.colour == "green"
    assert found.reasons == ("same maker, nothing new", "public for 8 days, says the directory")


def test_holes_that_may_be_there_close_the_green_lane_even_to_a_fix() -> None:
    made = bump(MENDED)
    unknown = replace(SETTLED, unknown="the advisories are of 2026-09-02")
    assert lane(made.after, made, SETTLED).colour == "green"
    assert lane(made.after, made, unknown).reasons == ("the advisories are of 2026-09-02",)


def test_a_version_with_a_known_hole_is_red_even_where_it_mends_another() -> None:
    made = bump(MENDED)
    found = lane(made.after, made, replace(SETTLED, holes=(MENDED, MENDED)))
    assert (found.colour, found.reasons) == ("red", ("it has a known hole and 1 more",))
