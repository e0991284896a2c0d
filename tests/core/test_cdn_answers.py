"""MaxCDN's loose answers, read."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.cdn import BadAnswer, Zone, to_data, to_zones, zone_fields, zone_name


@given(st.from_regex(r"[a-z][a-z0-9-]{0,60}[a-z0-9]", fullmatch=True))
def test_a_zone_name_fits_and_is_stable(site: str) -> None:
    assert 3 <= len(zone_name(site)) <= 30
    assert zone_name(site) == zone_name(site)


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert zone_name("a" * 40 + "-one") != zone_name("a" * 40 + "-two")


def test_ids_come_as_numbers_or_texts_and_deleted_or_foreign_zones_not_at_all() -> None:
    rows: list[dict[str, object]] = [
        {"id": "1", "label": "wpaas:a", "url": "http://a", "inactive": "0"},
        {"id": 2, "label": "wpaas:b", "url": "http://b", "inactive": None},
        {"id": 3, "label": "wpaas:c", "url": "http://c", "inactive": 1},
        {"id": 4, "label": None, "url": "http://d"},
        {"id": 5, "url": "http://e"},
    ]
    assert to_zones(rows) == (Zone("1", "a", "http://a"), Zone("2", "b", "http://b"))


def test_wordpress_decides_what_is_kept() -> None:
    fields = zone_fields("chess-club", "http://origin.example")
    assert (fields["ignore_cache_control"], fields["ignore_setcookie_header"]) == ("0", "0")
    assert fields["label"] == "wpaas:chess-club"


@pytest.mark.parametrize("body", [b'{"code": 200}', b'{"code": "201", "data": null}', b"{}"])
def test_success_may_have_no_data(body: bytes) -> None:
    assert to_data(200, body) == {}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"", "HTTP 200, and no document"),
        (500, b"<html>secret</html>", "HTTP 500, and no document"),
        (200, b'{"code": 401, "error": {"type": "", "message": "Invalid signature"}}', "HTTP 200: Invalid signature"),
        (401, b'{"code": 200}', "HTTP 401: no reason given"),
        (400, b'{"error": "text"}', "HTTP 400: no reason given"),
        (400, b'{"data": {"errors": {"b": {"error": "two"}, "a": "one"}}}', "HTTP 400: a: one, b: two"),
    ],
)  # fmt: skip
def test_a_failure_is_one_line(status: int, body: bytes, said: str) -> None:
    with pytest.raises(BadAnswer) as bad:
        to_data(status, body)
    assert str(bad.value) == said


def test_a_long_complaint_is_cut() -> None:
    body = json.dumps({"error": {"message": "x" * 5000}}).encode()
    with pytest.raises(BadAnswer) as bad:
        to_data(400, body)
    assert len(str(bad.value)) < 400


@given(st.integers(100, 599), st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "error", "data", "errors", "message"]), inner, max_size=4),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_answer_breaks_the_reader(status: int, body: bytes) -> None:
    with suppress(BadAnswer):
        assert isinstance(to_data(status, body), dict)
