"""Strict YAML: literal values only, with their places."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core import yamltext
from reconciler.core.document import Position
from reconciler.core.yamltext import parse_yaml

LIMIT = 100_010
words = st.text(alphabet="abcxyz0189-.: #'\"é", max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)


def read(text: str) -> object:
    parsed = parse_yaml("x.yaml", text.encode(), LIMIT)
    assert parsed.problems == ()
    assert parsed.document is not None
    return parsed.document.value


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in parse_yaml("x.yaml", data, LIMIT).problems]


@given(values)
def test_json_is_read_as_yaml(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    if codes(text.encode()) != ["too-deep"]:
        assert read(text) == value


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    parse_yaml("x.yaml", data, LIMIT)


@given(st.text(alphabet="ab:-[]{}&*!|>?,'\"# \n0.1", max_size=40))
def test_what_is_accepted_means_what_the_safe_loader_reads(text: str) -> None:
    parsed = parse_yaml("x.yaml", text.encode(), LIMIT)
    if parsed.document is not None and not parsed.problems:
        assert yaml.load(text, Loader=yaml.CSafeLoader) == parsed.document.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 3", {"a": 3}),
        ("a: -3.5", {"a": -3.5}),
        ("a: true\nb: null\nc:", {"a": True, "b": None, "c": None}),
        ("a: \"3.10\"\nb: 'no'", {"a": "3.10", "b": "no"}),
        ("a: site-notice\nb: GPL-2.0-or-later", {"a": "site-notice", "b": "GPL-2.0-or-later"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("---\na: 1\n", {"a": 1}),
    ],
)
def test_plain_values(text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    "scalar",
    ["no", "Yes", "on", "y", "~", "010", "0o10", "0x1f", "1:20", "1_000", ".5", "1e3", ".inf",
     "2026-08-14", "+1", "12345678901234567890", "TRUE", "Null", "1.2.3", "6.8.1"],
)  # fmt: skip
def test_what_readers_of_yaml_disagree_on_wants_quotes(scalar: str) -> None:
    assert codes(f"a: {scalar}".encode()) == ["unquoted-scalar"]
    assert codes(f"{scalar}: a".encode()) == ["unquoted-scalar"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a: &x 1", "yaml-feature"),
        (b"a: *x", "yaml-feature"),
        (b"a: !!str 1", "yaml-feature"),
        (b"a: !mine 1", "yaml-feature"),
        (b"<<: {a: 1}", "yaml-feature"),
        (b"? [a]\n: 1", "yaml-feature"),
        (b"%YAML 1.1\n---\na: 1", "yaml-feature"),
        (b"a: 1\n---\nb: 2", "yaml-feature"),
        (b"a: [", "yaml-syntax"),
        (b"a: b: c", "yaml-syntax"),
        (b"a: '", "yaml-syntax"),
        (b"\xef\xbb\xbfa: 1", "encoding"),
        (b"a: \xff", "encoding"),
        (b"a: \x07", "control-character"),
        (b"[" * 90_000, "too-deep"),
        (b"- " * 40_000, "too-deep"),
        (b"[" + b"1," * 49_999 + b"1]", "too-many-values"),
        (b"a" * (LIMIT + 1), "file-too-large"),
    ],
)
def test_hostile_bytes_have_their_code(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_every_value_knows_its_line_and_column() -> None:
    parsed = parse_yaml("x.yaml", "é: [ä, 3.10]\nb:\n  - c: d\n".encode(), LIMIT)
    assert parsed.document is not None
    assert parsed.document.values == {
        "": Position(1, 1), "/é": Position(1, 4), "/é/0": Position(1, 5), "/é/1": Position(1, 8),
        "/b": Position(3, 3), "/b/0": Position(3, 5), "/b/0/c": Position(3, 8),
    }  # fmt: skip
    assert parsed.document.raw == {"/é/1": "3.10"}


def test_the_first_of_two_equal_keys_is_kept() -> None:
    parsed = parse_yaml("x.yaml", b"a: 1\na: {b: 2}\nc: 3\n", LIMIT)
    assert parsed.document is not None
    assert parsed.document.value == {"a": 1, "c": 3}
    assert [(p.code, p.line, p.pointer) for p in parsed.problems] == [("duplicate-key", 2, "/a")]


def test_the_library_s_fast_parser_is_there() -> None:
    assert yamltext._LOADER is getattr(yaml, "CSafeLoader", None)  # noqa: SLF001 - named as the reason for its speed
