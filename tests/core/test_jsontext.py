"""Strict JSON: the same values as the standard parser where that is right, problems elsewhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.document import Position
from reconciler.core.jsontext import MAX_BYTES, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def depth(value: object) -> int:
    match value:
        case list():
            return 1 + max(map(depth, value), default=0)
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case _:
            return 0


def code(data: bytes) -> str:
    problems = parse_json("x.json", data).problems
    return problems[0].code if problems else "none"


@given(values.filter(lambda value: depth(value) <= 6), st.integers(0, 1))
def test_what_the_standard_parser_writes_is_read_back(value: object, ascii_only: int) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=bool(ascii_only))
    parsed = parse_json("x.json", text.encode())
    assert parsed.document is not None
    assert (parsed.document.value, parsed.problems) == (value, ())


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    parsed = parse_json("x.json", data)
    assert parsed.document is not None or parsed.problems


@given(st.text(alphabet='{}[]",:\\u0129eE+-.tfn \n', max_size=60))
def test_what_is_accepted_the_standard_parser_accepts_too(text: str) -> None:
    parsed = parse_json("x.json", text.encode())
    if parsed.document is not None and not parsed.problems:
        assert json.loads(text) == parsed.document.value


def test_every_value_knows_its_line_and_column() -> None:
    text = '{\n  "ä": [1,\n    "two"],\n  "a/b~": {}\n}'
    document = parse_json("x.json", text.encode()).document
    assert document is not None
    assert document.values == {
        "": Position(1, 1), "/ä": Position(2, 8), "/ä/0": Position(2, 9),
        "/ä/1": Position(3, 5), "/a~1b~0": Position(4, 11),
    }  # fmt: skip
    assert document.keys == {"/ä": Position(2, 3), "/a~1b~0": Position(4, 3)}


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"\xef\xbb\xbf{}", "encoding"),
        ("{}".encode("utf-16"), "encoding"),
        (b'{"a": "\xff"}', "encoding"),
        (b'{"a": "\xed\xa0\x80"}', "encoding"),
        (b'{"a": "\x00"}', "encoding"),
        (b'{"a": "\\ud800"}', "encoding"),
        (b'{"a": "\\udc00\\ud800"}', "encoding"),
        (b'{"a": "\\ud83d\\ude00"}', "none"),
        (b"[" * 100_000, "file-too-large"),
        (b" " * (MAX_BYTES + 1), "file-too-large"),
        (b"x" * 10_000_000, "file-too-large"),
        (b"[" * 20_000, "too-deep"),
        (b'{"a":' * 5_000, "too-deep"),
        (b'"' + b"[" * 100 + b'"', "none"),
        (b'"\\"' + b"[" * 100 + b'"', "none"),
        (b"9" * 5_000, "number-not-allowed"),
        (b"-0.1e-3", "none"),
        (b"01", "json-syntax"),
        (b"1.", "json-syntax"),
        (b"\xc2\xa0{}", "json-syntax"),
    ],
)
def test_hostile_bytes_have_their_code(data: bytes, wanted: str) -> None:
    assert code(data) == wanted


def test_the_first_of_two_equal_keys_is_kept_and_the_rest_is_read_on() -> None:
    parsed = parse_json("x.json", b'{"a": 1,\n "a": {"b": 2}, "c": 3}')
    assert parsed.document is not None
    assert parsed.document.value == {"a": 1, "c": 3}
    assert [(p.code, p.line, p.column, p.pointer) for p in parsed.problems] == [
        ("duplicate-key", 2, 2, "/a")
    ]
