"""The standard parser, kept from what it lets through, reads what the strict one reads."""

import json
from typing import Any

from fleet_files import BASE, fleet_files
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.core.checker import Checker
from reconciler.core.compiler import compile_fleet
from reconciler.core.jsontext import parse_json
from reconciler.core.quickjson import good_document
from reconciler.core.schema import shape_problems
from reconciler.shell.schemas import load_schemas

SCHEMAS = load_schemas()
SITE = Checker(SCHEMAS.site)
GOOD = (BASE / "sites/chess-club.json").read_bytes()
SNIPPETS = (
    *("{", "}", "[", "]", ",", ":", '"', "\\", "\\u0041", "\\ud800", "\\n", "\n", "\r", "\t", " ", "\0"),
    *("\ufeff", "NaN", "Infinity", "-0", "2.0", "1e3", "01", "+1", "1" * 16, "true", "None", "// x", "ä"),
    *('"title": "Again",', '"replicas": 2,', '"name": "chess-club",', "\u00a0", "\x1f", "\x7f", "\ud800"),
)  # fmt: skip


@st.composite
def nearly_a_site(draw: st.DrawFn) -> bytes:
    text = GOOD.decode()
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 3))
        text = text[:at] + draw(st.sampled_from(SNIPPETS)) + text[at + gone :]
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=1_000, deadline=None)
@given(nearly_a_site())
@example(GOOD)
@example(b"\xef\xbb\xbf" + GOOD)
@example(GOOD.replace(b'"title"', b'"title": "Again", "title"'))
@example(b"[" * 30_000)
@example(GOOD + b" " * 40_000)
def test_what_is_read_quickly_is_what_the_strict_parser_reads(data: bytes) -> None:
    quick = good_document("sites/chess-club.json", data, SITE)
    if quick is None:
        return
    parsed = parse_json("sites/chess-club.json", data)
    assert parsed.document is not None
    assert parsed.problems == ()
    assert shape_problems(parsed.document, SITE) == ()
    assert quick.value == parsed.document.value
    assert json.dumps(quick.value) == json.dumps(parsed.document.value)
    assert dict(quick.values) == dict(parsed.document.values)
    assert dict(quick.keys) == dict(parsed.document.keys)


def test_a_good_file_is_read_quickly() -> None:
    for path in sorted((BASE / "sites").iterdir()):
        assert good_document(path.name, path.read_bytes(), SITE) is not None


class _Slow(Checker):
    def fits(self, value: Any) -> bool:
        return False


def test_a_problem_of_meaning_has_its_place_all_the_same() -> None:
    data = GOOD.replace(b"site-notice", b"site-notize")
    assert good_document("x", data, SITE) is not None
    (problem,) = compile_fleet(fleet_files(chess_club=data), SCHEMAS).problems
    slow = parse_json("sites/chess-club.json", data).document
    assert slow is not None
    assert good_document("x", data, _Slow(SCHEMAS.site)) is None
    place = slow.values[problem.pointer]
    assert (problem.line, problem.column) == (place.line, place.column)
