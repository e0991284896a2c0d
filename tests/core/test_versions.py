"""The order of versions, on a table whose answers PHP 8.4 gave (see tests/shell/image)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.versions import compare, compare_padded, in_order, newest

SIGNS = {"<": -1, "=": 0, ">": 1}
ROWS = [
    line.rsplit("\t", 2)
    for line in (Path(__file__).parent / "versions.tsv").read_text("utf-8").splitlines()
]
NUMBERS = st.lists(st.integers(0, 99), min_size=1, max_size=5)


def test_the_table_is_worth_its_name() -> None:
    assert len({(one, other) for one, _, other in ROWS}) >= 60
    assert {sign for _, sign, _ in ROWS} == set(SIGNS)


@pytest.mark.parametrize(("one", "sign", "other"), ROWS)
def test_versions_are_in_php_s_order(one: str, sign: str, other: str) -> None:
    assert compare(one, other) == SIGNS[sign]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("1.0", "1.0.0", 0), ("2.0.0", "2.0", 0), ("1", "1.0.0.0", 0), ("1.0-beta", "1.0.0", -1),
        ("1.0.0-rc1", "1.0", -1), ("1.0.1", "1.0", 1), ("1.0-p1", "1.0.0", 1), ("1.10", "1.9.0", 1),
        ("1.0.0-beta", "1.0-beta", 0), ("", "1.0", -1), ("", "", 0),
    ],
)  # fmt: skip
def test_zeros_at_the_end_do_not_count_in_ranges(one: str, other: str, found: int) -> None:
    assert compare_padded(one, other) == found
    assert compare_padded(other, one) == -found


@given(NUMBERS, NUMBERS)
def test_numbers_are_compared_as_if_both_were_as_long(one: list[int], other: list[int]) -> None:
    longer = max(len(one), len(other))
    padded = [[*numbers, *[0] * (longer - len(numbers))] for numbers in (one, other)]
    wanted = (padded[0] > padded[1]) - (padded[0] < padded[1])
    assert compare_padded(".".join(map(str, one)), ".".join(map(str, other))) == wanted


def test_the_newest_is_found_and_there_may_be_none() -> None:
    assert newest(["1.9", "1.10", "1.10-rc1"]) == "1.10"
    assert newest([]) is None
    assert in_order(["1.10", "1.9", "1.10-rc1"]) == ["1.9", "1.10-rc1", "1.10"]
