"""advisories.json: what is written is read, and what is not ours is refused in words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.advisories import Advisory, Range
from reconciler.core.directory import Listing, called, listing, noticed
from reconciler.core.manifest import Allowlist
from reconciler.core.snapshot import (
    Feed,
    NoSnapshot,
    Snapshot,
    age_words,
    as_text,
    from_text,
    wanted,
)

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
SNAPSHOT = Snapshot(
    feed=Feed(source="file", sha256="ab", fetched_at=NOW, records=7),
    advisories=(
        Advisory(id="a", title="T", kind="plugin", slug="x", affected=(Range(first="1", last="2", first_included=False),),
                 fixed=("3",), cvss=8.1, cve="CVE-1", exploited=True, published="2026-08-01",
                 copyright="c"),
        Advisory(id="b", title="ü", kind="core", slug="wordpress", affected=()),
    ),
    listings=(
        Listing(kind="plugin", slug="x", looked_at="2026-09-01", state="listed", version="3",
                author="A", login="a", contributors=("b", "c"), author_before="Z",
                author_since="2026-08-01"),
        Listing(kind="theme", slug="y", looked_at="2026-09-01", state="closed"),
    ),
)  # fmt: skip


def test_what_is_written_is_read() -> None:
    assert from_text(as_text(SNAPSHOT)) == SNAPSHOT
    assert from_text(as_text(Snapshot())) == Snapshot()


def test_one_record_is_one_line() -> None:
    lines = as_text(SNAPSHOT).splitlines()
    assert sum(line.startswith('{"id"') for line in lines) == 2
    assert json.loads(as_text(SNAPSHOT))["feed"]["fetched_at"] == "2026-09-01T06:00:00Z"


def changed(change: dict[str, Any]) -> str:
    return json.dumps({**json.loads(as_text(SNAPSHOT)), **change})


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", "[" * 100_000, '{"format": 2}', changed({"format": "1"}),
        changed({"advisories": [{"kind": "plugin"}, 1]}), changed({"advisories": [{"kind": "x"}]}),
        changed({"advisories": [{"kind": "plugin", "cvss": "9"}]}),
        changed({"advisories": [{"kind": "plugin", "cvss": True}]}),
        changed({"advisories": [{"kind": "plugin", "slug": 1}]}),
        changed({"advisories": [{"kind": "plugin", "fixed": "3.1"}]}),
        changed({"advisories": [{"kind": "plugin", "affected": [{}]}]}),
        changed({"listings": [{"kind": "plugin", "state": "x"}]}),
        changed({"feed": {"fetched_at": "yesterday", "records": 1}}),
        changed({"feed": {"fetched_at": "2026-09-01T06:00:00Z", "records": "1"}}),
        as_text(SNAPSHOT).replace("8.1", "Infinity"),
    ],
)  # fmt: skip
def test_what_is_no_snapshot_is_refused(text: str) -> None:
    with pytest.raises(NoSnapshot):
        from_text(text)


@settings(deadline=None)
@given(st.integers(0, len(as_text(SNAPSHOT)) - 1), st.text(max_size=3))
def test_a_damaged_snapshot_is_refused_or_read(at: int, text: str) -> None:
    whole = as_text(SNAPSHOT)
    try:
        found = from_text(whole[:at] + text + whole[at + 1 :])
    except NoSnapshot:
        return
    assert isinstance(found, Snapshot)


@pytest.mark.parametrize(
    ("age", "words"),
    [(timedelta(minutes=5), "0 hours"), (timedelta(hours=1), "1 hour"), (timedelta(hours=47), "47 hours"),
     (timedelta(hours=49), "2 days"), (timedelta(days=9), "9 days")],
)  # fmt: skip
def test_an_age_in_words(age: timedelta, words: str) -> None:
    assert age_words(age) == words


def test_a_snapshot_is_about_what_the_fleet_may_run() -> None:
    assert wanted(Allowlist(), ("twentytwentyfive",)) == {
        ("core", "wordpress"), ("theme", "twentytwentyfive"),
    }  # fmt: skip


PLUGIN = {
    "name": "Events", "slug": "event-list", "version": "3.10",
    "author": '<a href="https://bright.example/">Bright &amp; Apps</a>',
    "author_profile": "https://profiles.wordpress.org/BrightApps/",
    "contributors": {"brightapps": {}, "nilsb": {}}, "last_updated": "2026-08-26 9:13am GMT",
}  # fmt: skip
CLOSED = {
    "error": "closed", "name": "Events", "slug": "event-list", "closed": True,
    "closed_date": "2026-04-07", "reason": "security-issue", "reason_text": "Security Issue",
    "description": "This plugin has been closed as of April 7, 2026 …",
}  # fmt: skip


def test_an_answer_of_the_directory_is_read() -> None:
    found = listing("plugin", "event-list", 200, PLUGIN, "2026-09-01")
    assert found == Listing(
        kind="plugin", slug="event-list", looked_at="2026-09-01", state="listed", version="3.10",
        author="Bright & Apps", login="brightapps", contributors=("brightapps", "nilsb"),
        last_updated="2026-08-26",
    )  # fmt: skip
    assert called(found) == "Bright & Apps (brightapps)"


def test_a_theme_s_author_is_an_object() -> None:
    author = {"user_nicename": "brightapps", "display_name": "Bright Apps",
              "profile": "https://profiles.wordpress.org/brightapps"}  # fmt: skip
    found = listing(
        "theme", "plain", 200, {"slug": "plain", "version": "1.0", "author": author}, "d"
    )
    assert found is not None
    assert called(found) == "Bright Apps (brightapps)"


@pytest.mark.parametrize(
    ("status", "answer", "state"),
    [
        (404, CLOSED, "closed"), (200, CLOSED, "closed"), (404, {"error": "Plugin not found."}, "absent"),
        (404, {"error": "Theme not found"}, "absent"), (500, {"error": "try later"}, None),
        (200, {}, None), (200, {"slug": "other", "version": "1"}, None), (200, [], None),
        (404, None, None), (200, {"slug": "event-list", "version": 3.1}, None),
    ],
)  # fmt: skip
def test_closed_and_gone_are_told_from_answers_that_say_nothing(
    status: int, answer: Any, state: str | None
) -> None:
    found = listing("plugin", "event-list", status, answer, "2026-09-01")
    assert (found.state if found else None) == state


def seen(**fields: Any) -> Listing:
    about: dict[str, Any] = {"kind": "plugin", "slug": "x", "looked_at": "2026-09-01", "state": "listed",
                             "version": "1", "author": "Nils B.", "login": "nilsb"}  # fmt: skip
    return Listing(**{**about, **fields})


def test_a_change_of_hands_is_remembered() -> None:
    later = seen(looked_at="2026-09-02", author="Bright Apps", login="brightapps")
    changed_hands = noticed(seen(), later)
    assert changed_hands.author_before == "Nils B. (nilsb)"
    assert changed_hands.author_since == "2026-09-02"
    again = noticed(changed_hands, replace(later, looked_at="2026-09-03"))
    assert (again.author_since, again.looked_at) == ("2026-09-02", "2026-09-03")


def test_another_name_of_the_same_account_is_no_change_of_hands() -> None:
    assert noticed(seen(), seen(author="Nils Berg")).author_before == ""
    assert noticed(None, seen()) == seen()


def test_what_is_closed_keeps_its_author_and_may_come_back() -> None:
    closed = noticed(seen(), seen(state="closed", author="", login="", version=""))
    assert (closed.state, closed.author, closed.version) == ("closed", "Nils B.", "1")
    assert noticed(closed, seen()).author_before == ""
    assert noticed(closed, seen(author="Bright", login="b")).author_before == "Nils B. (nilsb)"
