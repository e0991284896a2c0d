"""Which versions an advisory is about, and what becomes of a feed's odd records."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.advisories import (
    Advisory,
    Range,
    SoftwareKind,
    fixed_version,
    hitting,
    reduced,
    shrunk,
)

WANTED: frozenset[tuple[SoftwareKind, str]] = frozenset({("plugin", "event-list")})


def within(text: str) -> Range:
    """A range as mathematics writes it: "[3.0, 3.9)" is from 3.0 to before 3.9."""
    first, last = text[1:-1].split(", ")
    return Range(first, text.startswith("["), last, text.endswith("]"))


def hole(id_: str = "a", **fields: Any) -> Advisory:
    about: dict[str, Any] = {
        "id": id_, "title": "A hole", "kind": "plugin", "slug": "event-list", "affected": (),
    }  # fmt: skip
    return Advisory(**{**about, **fields})


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[*, 3.9]", ["3.9", "3.9.0", "0.1", "3.9-beta", ""], ["3.9.1", "3.10"]),
        ("[*, 3.9)", ["3.8", "3.9-rc1", ""], ["3.9", "3.9.0", "3.9.1"]),
        ("[3.0, 3.9]", ["3.0", "3.0.0", "3.5"], ["2.9", "3.0-beta", "3.9.1"]),
        ("(3.0, 3.9]", ["3.0.1", "3.9"], ["3.0", "3.0.0", "2.0"]),
        ("[3.0, *]", ["3.0", "99"], ["2.99"]),
        ("[*, *]", ["0", "99", "trunk", ""], []),
        ("[2.0.0, 2.0]", ["2.0", "2.0.0", "2"], ["1.9", "2.0.1"]),
        ("[3.10, 3.10]", ["3.10"], ["3.1", "3.9"]),
    ],
)
def test_a_range_is_read_as_wordpress_orders_versions(
    text: str, inside: list[str], outside: list[str]
) -> None:
    affected = within(text)
    assert [version for version in [*inside, *outside] if affected.holds(version)] == inside


def test_ranges_are_joined_by_or_and_no_range_is_every_version() -> None:
    two = hole(affected=(within("[1.0, 1.9]"), within("[3.0, 3.1]")))
    versions = ["0.9", "1.5", "2.0", "3.1", "3.2"]
    assert [v for v in versions if two.affects(v)] == ["1.5", "3.1"]
    assert all(hole().affects(v) for v in [*versions, ""])


def test_slug_and_kind_must_be_the_same() -> None:
    theme = hole(kind="theme")
    assert hitting([theme], "plugin", "event-list", "1.0") == ()
    assert hitting([theme], "theme", "event-list-pro", "1.0") == ()
    assert hitting([theme], "theme", "event-list", "1.0") == (theme,)


def test_the_worst_comes_first() -> None:
    mild, grave = hole("a", cvss=5.0), hole("b", cvss=9.8)
    unknown, used = hole("c", cvss=None), hole("d", cvss=3.0, exploited=True)
    found = hitting([mild, grave, unknown, used], "plugin", "event-list", "1.0")
    assert [a.id for a in found] == ["d", "c", "b", "a"]
    assert [a.grave for a in found] == [True, True, True, False]
    assert used.score == "CVSS 3, exploited"
    assert hole(cve="CVE-2026-1").score == "no CVSS, CVE-2026-1"


@pytest.mark.parametrize(
    ("version", "fixed"),
    [("3.8", "3.8.2"), ("3.9", "3.10"), ("3.8.2", "3.10"), ("3.10", ""), ("", "3.10")],
)
def test_the_fixed_version_is_the_next_that_no_record_calls_affected(
    version: str, fixed: str
) -> None:
    old = hole("a", affected=(within("[*, 3.8]"),), fixed=("3.8.2", "3.10"))
    new = hole("b", affected=(within("[3.8.2, 3.10)"),), fixed=("3.10",))
    again = hole("c", affected=(within("[3.9, 3.9]"),), fixed=("2.0", "3.10"))
    only_old = [old] if version == "3.8" else [old, new, again]
    assert fixed_version(only_old, "plugin", "event-list", version) == fixed


def record(**fields: Any) -> dict[str, Any]:
    software = {
        "type": "plugin", "name": "Events", "slug": "event-list", "patched": True,
        "patched_versions": ["3.10"], "affected_versions": {"* - 3.9": {
            "from_version": "*", "from_inclusive": True, "to_version": "3.9", "to_inclusive": True}},
    }  # fmt: skip
    about = {
        "title": "SQL injection", "software": [software], "informational": False,
        "cvss": {"score": 8.1, "vector": "CVSS:3.1/…", "rating": "High"}, "cve": "CVE-2026-1",
        "published": "2026-08-26 10:00:00",
        "copyrights": {"message": "…", "defiant": {"notice": "Copyright 2026 Defiant Inc."}},
    }  # fmt: skip
    return {**about, **fields}


def test_a_record_is_reduced_to_what_is_used() -> None:
    (found,) = reduced({"id-1": record()}, WANTED, frozenset())
    assert found == Advisory(
        id="id-1", title="SQL injection", kind="plugin", slug="event-list",
        affected=(within("[*, 3.9]"),), fixed=("3.10",), cvss=8.1, cve="CVE-2026-1",
        published="2026-08-26", copyright="Copyright 2026 Defiant Inc.",
    )  # fmt: skip


def test_only_wanted_packages_stay_and_known_exploits_are_marked() -> None:
    other = record(software=[{"type": "theme", "slug": "event-list"}])
    feed = {"b": record(), "a": other, "c": record(software=[{"type": "plugin", "slug": "x"}])}
    (found,) = reduced(feed, WANTED, frozenset({"CVE-2026-1"}))
    assert (found.id, found.exploited) == ("b", True)


@pytest.mark.parametrize(
    "odd",
    [
        {"software": [{"type": "plugin", "slug": "event-list"}]},
        {"software": [{"type": "plugin", "slug": "event-list", "affected_versions": None}]},
        {"software": [{"type": "plugin", "slug": "event-list", "affected_versions": {"x": "3.9"}}]},
        {"software": [{"type": "plugin", "slug": "event-list", "affected_versions": {"x": {}}}]},
    ],
)
def test_a_record_without_readable_ranges_affects_every_version(odd: dict[str, Any]) -> None:
    (found,) = reduced({"a": record(**odd)}, WANTED, frozenset())
    assert found.affects("99")


@pytest.mark.parametrize(
    ("fields", "cvss"),
    [({"cvss": None}, None), ({"cvss": {"score": None}}, None), ({"cvss": {"score": "8"}}, None),
     ({"cvss": None, "informational": True}, 0.0), ({"cvss": {"score": 0}}, 0.0)],
)  # fmt: skip
def test_a_missing_score_is_not_a_harmless_one(fields: dict[str, Any], cvss: float | None) -> None:
    (found,) = reduced({"a": record(**fields)}, WANTED, frozenset())
    assert found.cvss == cvss


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["software", "type", "slug", "affected_versions", "cvss", "score", "cve"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3), JSON)
def test_no_feed_raises(feed: dict[str, Any], odd: Any) -> None:
    reduced(feed, WANTED, frozenset())
    reduced(
        {"a": record(software=odd), "b": record(cvss=odd, cve=odd, copyrights=odd)},
        WANTED,
        frozenset(),
    )


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [(1000, 950, False), (1000, 949, True), (0, 0, False), (10, 1000, False), (1, 0, True)],
)
def test_a_feed_that_lost_over_five_per_cent_is_not_believed(
    before: int,
    now: int,
    refused: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert shrunk(before, now) is refused
