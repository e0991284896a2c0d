"""docs/behaviours.md says of each behaviour which tests see it, or why none does."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"^def test_((?:\d\d_)+)", re.MULTILINE)
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
BEHAVIOURS = 57
WANTED = 54


def seen_by_tests() -> dict[int, set[str]]:
    """Number → names of the files with a test of it."""
    found: dict[int, set[str]] = {}
    for file in (ROOT / "tests/e2e/wordpress").glob("test_wp_*.py"):
        for numbers in NAMED.findall(file.read_text(encoding="utf-8")):
            for number in numbers.strip("_").split("_"):
                found.setdefault(int(number), set()).add(file.name)
    return found


def test_the_table_names_the_tests_of_each_behaviour_and_no_others() -> None:
    rows = ROW.findall((ROOT / "docs/behaviours.md").read_text(encoding="utf-8"))
    assert [int(number) for number, _, _ in rows] == list(range(1, BEHAVIOURS + 1))
    tests = seen_by_tests()
    for number, _, where in rows:
        named = set(re.findall(r"`(test_wp_\w+\.py)`", where))
        assert named == tests.get(int(number), set()), f"behaviour {number}"
        assert named or where.startswith("not seen: "), f"behaviour {number} has no reason"


def test_nearly_all_are_seen() -> None:
    assert len(seen_by_tests()) >= WANTED
