"""The quick validator and the slow one agree about every value: what is good, and what is not."""

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.checker import Checker
from reconciler.shell.schemas import load_schemas

SCHEMAS = load_schemas()
DOCUMENTS = {"site": SCHEMAS.site, "platform": SCHEMAS.platform, "allowlist": SCHEMAS.allowlist}
CHECKERS = {name: Checker(schema) for name, schema in DOCUMENTS.items()}
ODD: tuple[object, ...] = (
    *(None, True, False, 0, 1, -1, 2, 2.0, 1.5, 6, 7, 1e300, 10**15, 10**40, "", "a", "A b", "a\n"),
    *("chess-club\n", "ä", "٣", "\ud800", "x" * 300, [], {}, ["a", "a"], [1, True], {"x": 1}),
)
LEAVES = st.sampled_from(ODD) | st.text(max_size=40) | st.integers() | st.floats(allow_nan=False)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside `value`."""
    found: list[tuple[Any, Any]] = []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += [(value, key), *places(item)]
    return found


@st.composite
def nearly_good(draw: st.DrawFn, example: Any) -> Any:
    """An example of the schema with up to three of its values changed, dropped or repeated."""
    value = copy.deepcopy(example)
    for _ in range(draw(st.integers(0, 3))):
        found = places(value)
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(["change", "drop", "add", "repeat"])):
            case "change":
                container[key] = copy.deepcopy(draw(VALUES))
            case "drop":
                del container[key]
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from([*container, "x"]))] = copy.deepcopy(draw(VALUES))
            case _ if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
            case _:  # an object has each name once
                pass
    return value


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_is_quickly_good_has_no_fault(name: str, data: st.DataObject) -> None:
    value = data.draw(nearly_good(DOCUMENTS[name]["examples"][0]))
    checker = CHECKERS[name]
    good = next(checker.faults(value), None) is None
    numbers = [item[key] for item, key in places(value) if isinstance(item[key], int | float)]
    assert checker.is_good(value) == good or (good and numbers), (
        "a doubtful number may be looked at twice"
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_examples_take_the_quick_way(name: str) -> None:
    for example in DOCUMENTS[name]["examples"]:
        assert CHECKERS[name].is_good(example)


@pytest.mark.parametrize(
    "name", ["2.0 webheads", "a line end", "a repeated owner", "half a character"]
)
def test_where_the_libraries_differ_the_strict_one_decides(name: str) -> None:
    changes: dict[str, dict[str, object]] = {
        "2.0 webheads": {"replicas": 2.0},
        "a line end": {"name": "chess-club\n"},
        "a repeated owner": {"owners": ["a", "a"]},
        "half a character": {"title": "\ud800" * 81},
    }
    good: dict[str, object] = {"name": "chess-club", "title": "Chess", "owners": ["a"]}
    value = good | changes[name]
    assert not CHECKERS["site"].is_good(value)
    assert next(CHECKERS["site"].faults(value), None) is not None


def test_every_pattern_is_anchored() -> None:
    """One looks for a match anywhere, the other for a full one: with anchors that is the same."""
    for schema in DOCUMENTS.values():
        for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(schema)):
            text = json.loads(pattern)
            assert text.startswith("^")
            assert text.endswith("$")
            assert not re.search(r"\\[dwsb]", text)
