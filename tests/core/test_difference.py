"""A difference is a field that the live object does not hold as wanted, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.difference import as_forced, differences

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("want", "have", "text"),
    [
        ({"Image": "a"}, {"Image": "b"}, ["/Image b → a"]),
        ({"Image": "a"}, {"Image": "a", "Default": 5}, []),
        ({"Configs": []}, {}, []),
        ({"Configs": []}, {"Configs": ["x"]}, ["/Configs ['x'] → nothing"]),
        (
            {"Networks": ["a", "b"]},
            {"Networks": ["b", "a"]},
            ["/Networks/0 b → a", "/Networks/1 a → b"],
        ),
        (
            {"Mode": {"Replicated": {"Replicas": 2}}},
            {"Mode": {"Replicated": {"Replicas": 5}}},
            ["/Mode/Replicated/Replicas 5 → 2"],
        ),
        ({"Labels": {"wpaas.commit": "new"}}, {"Labels": {"wpaas.commit": "old"}}, []),
        (
            {"I": "r/w@sha256:" + "a" * 64},
            {"I": "r/w@sha256:" + "b" * 64},
            ["/I " + "b" * 12 + " → " + "a" * 12],
        ),
    ],
)
def test_fields_that_differ_are_named_with_both_values(
    want: Any, have: Any, text: list[str]
) -> None:
    assert [str(found) for found in differences(want, have)] == text


@given(values)
def test_a_spec_does_not_differ_from_itself(spec: Any) -> None:
    assert list(differences(spec, spec)) == []


@given(
    st.dictionaries(st.text(max_size=4), values, max_size=3),
    st.text(min_size=5, max_size=6),
    values,
)
def test_what_only_the_live_object_knows_is_no_difference(
    spec: dict[str, Any], key: str, value: Any
) -> None:
    assert list(differences(spec, {**spec, key: value})) == []


@given(
    st.dictionaries(st.text(max_size=4), values, max_size=3),
    st.dictionaries(st.text(max_size=4), values, max_size=3),
    st.integers(0, 9),
)
def test_restarts_asked_for_by_hand_are_kept_and_nothing_else(
    template: dict[str, Any], live: dict[str, Any], forced: int
) -> None:
    want = {"TaskTemplate": template, "Name": "x"}
    kept = as_forced(want, {"TaskTemplate": {**live, "ForceUpdate": forced}, "Name": "y"})
    assert kept["TaskTemplate"].get("ForceUpdate", 0) == (forced or template.get("ForceUpdate", 0))
    assert list(differences(want, kept)) == []
