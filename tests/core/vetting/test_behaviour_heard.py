"""What a package may tell the watcher itself: any JSON, and never more than a record left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.vetting import behaviour_gaps as gaps
from reconciler.core.vetting import behaviour_read as read
from reconciler.core.vetting import behaviour_tour as tour
from reconciler.core.vetting.behaviour_heard import heard

FRONT: tour.Step = {"path": "/", "who": "visitor", "wanted": {}}
RECORD: dict[str, Any] = {
    "id": "7", "uri": "/", "ms": 12.5, "peak_kb": 900, "queries": 20, "clock": 1_800_000_000,
    "errors": [{"level": "warning", "text": "x", "file": "a.php", "line": 3}],
    "http": [{"how": "wordpress", "host": "h.example", "method": "GET", "url": "http://h.example/", "file": "a.php", "line": 3}],
    "writes": [{"path": "{package}/x", "file": "a.php", "line": 3}],
    "mails": [{"file": "a.php", "line": 3}],
    "fatal": {"text": "no", "file": "a.php", "line": 3},
    "surface": {"pages": ["a.php"], "routes": []},
}  # fmt: skip
TOLD: dict[str, Any] = {
    "status": 200, "whole": True, "type": "text/html", "to": "", "hosts": ["h.example"], "said": "",
    "body": "", "record": RECORD, "others": [{"how": "dns", "host": "raw.example"}],
}  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.sampled_from(["[", "[::1", "h:80:90", "//", "\u2100.example"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*RECORD, *TOLD, "host", "how", "text", "path", "line"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def bent(whole: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """`whole` with another value at a place in it."""
    first, *rest = path
    inner = bent(whole[first], tuple(rest), value) if rest else value
    return {**whole, first: inner}


PLACES = [(key,) for key in TOLD if key != "status"] + [("record", key) for key in RECORD]


@given(st.sampled_from(PLACES), values)
def test_whatever_is_told_can_be_read(place: tuple[str, ...], value: object) -> None:
    walk = [(FRONT, heard(bent(TOLD, place, value)))]
    assert all(deed.line >= 1 for deed in read.deeds(walk, read.hosts(walk)))
    read.costs([*walk, ({**FRONT, "wanted": tour.WITHOUT}, walk[0][1])])
    read.outside_links(frozenset(), read.links(walk), "h")
    read.added({}, read.surface(walk))
    read.refusal(walk[0][1])
    gaps.clock(walk)
    list(gaps.gaps("months later", walk))


@given(values)
def test_no_answer_at_all_is_a_step_left_out_or_one_that_can_be_read(value: object) -> None:
    walk = [(FRONT, heard(value))]
    read.deeds(walk, frozenset())
    assert gaps.skipped(walk) == (["/ as visitor"] if walk[0][1].get("skipped") else [])


def test_the_recorders_own_record_is_straight_and_all_of_it_is_kept() -> None:
    told = heard(TOLD)
    assert {key: told["record"][key] for key in RECORD if key != "uri"} == {
        key: value for key, value in RECORD.items() if key != "uri"
    }
    assert gaps.bent([(FRONT, told)]) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("record",), []),
        (("record", "ms"), "fast"),
        (("record", "errors"), [{"level": "warning"}]),
        (("record", "errors"), ["warning"]),
        (("record", "http"), [{"how": "socket", "host": 4}]),
        (("record", "fatal"), "no"),
        (("others",), [None]),
        (("others",), [{"how": "dns"}]),
        (("others",), [{"id": "8"}]),
    ],
)
def test_a_record_that_is_not_the_recorders_is_said(place: tuple[str, ...], value: object) -> None:
    assert gaps.bent([(FRONT, heard(bent(TOLD, place, value)))]) == ["/ as visitor"]


def test_a_snapshot_stays_and_a_step_without_an_answer_was_left_out() -> None:
    assert heard({"snapshot": {"tables": []}}) == {"snapshot": {"tables": []}}
    assert heard({}) == {"skipped": True}
    assert gaps.skipped([(FRONT, heard({})), ({"token": "x"}, heard({}))]) == ["/ as visitor"]


def test_the_times_of_the_requests_around_are_read_past_what_is_bent() -> None:
    for value in ("fast", None):
        odd = heard(bent(TOLD, ("record", "ms"), value))
        without = {**FRONT, "wanted": tour.WITHOUT}
        walk = [(without, heard(TOLD)), (FRONT, odd), (without, heard(TOLD)), (FRONT, heard(TOLD))]
        (cost,) = read.costs(walk)
        assert cost.added_ms == 0


def test_what_was_not_looked_at_is_named_in_few_words() -> None:
    steps: list[tour.Step] = [{**FRONT, "path": f"/{n}"} for n in range(5)]
    walk = [(step, heard({})) for step in steps]
    walk += [
        (FRONT, heard(TOLD | {"record": None})),
        (FRONT, heard(TOLD | {"status": 404, "record": None})),
    ]
    assert list(gaps.gaps("months later", walk)) == [
        "months later: no time for /0 as visitor, /1 as visitor, /2 as visitor and 2 more",
        "months later: no record of / as visitor",
    ]
    assert list(gaps.gaps("months later", [(FRONT, heard(TOLD))])) == []
