"""What runs of the base beside what the mirrors have."""

import pytest

from reconciler.core.base_lock import Lock
from reconciler.core.outdated import Row
from reconciler.core.outdated_base import base_rows, debian_core_row

DAY = "2026-11-01"


def locked(day: str = DAY, **versions: str) -> Lock:
    """PHP, libc6 and nginx of the image, and WordPress, with `versions` in place of the usual ones."""
    usual = {"php8.4-fpm": "8.4.1", "libc6": "2.41-12", "nginx": "1.26.3"}
    taken = {name: versions.get(name.partition(".")[0], version) for name, version in usual.items()}
    wordpress = {"wordpress": versions.get("wordpress", "6.8.1"), "tar": "1.35"}
    return Lock(day, {"programs": {"gcc": "1"}, "wordpress": wordpress, "webhead": taken})


def told(rows: list[Row]) -> list[tuple[str, str, str, str, str]]:
    return [(row.standing, row.kind, row.name, row.runs, row.newest) for row in rows]


@pytest.mark.parametrize(
    ("mirrors", "wanted"),
    [
        (
            None,
            [
                ("unknown", "php", "php", "8.4.1", ""),
                ("unknown", "debian", "base packages", "3 packages", ""),
            ],
        ),
        (
            locked(),
            [
                ("current", "php", "php", "8.4.1", "8.4.1"),
                ("current", "debian", "base packages", "3 packages", "3 packages"),
            ],
        ),
        (
            locked(php8="8.4.2", libc6="2.41-13"),
            [
                ("outdated", "php", "php", "8.4.1", "8.4.2"),
                ("outdated", "debian", "libc6", "2.41-12", "2.41-13"),
            ],
        ),
    ],
)
def test_what_differs_is_a_row(
    mirrors: Lock | None, wanted: list[tuple[str, str, str, str, str]]
) -> None:
    assert told(list(base_rows(locked(), mirrors, "8.4"))) == wanted


def test_whom_to_ask_is_said_where_nobody_was() -> None:
    asked = [row.note for row in base_rows(locked(), locked(), "8.4")]
    unasked = {row.note for row in base_rows(locked(), None, "8.4")}
    assert asked == ["", ""]
    assert unasked == {"locked 2026-11-01; wpaas outdated --base asks the mirrors"}


def test_a_fleet_that_locks_nothing_is_told_so() -> None:
    rows = list(base_rows(Lock("", {}), None, "8.4"))
    assert told(rows) == [
        ("unknown", "php", "php", "8.4", ""),
        ("unknown", "debian", "base packages", "-", ""),
    ]
    assert {row.note for row in rows} == {"no version is locked; wpaas image refresh"}


def test_debians_wordpress_is_compared_with_the_mirrors() -> None:
    found = [
        debian_core_row(locked(), None),
        debian_core_row(locked(), locked(wordpress="6.8.2")),
        debian_core_row(locked(), locked()),
    ]
    assert [(row.runs, row.newest, row.standing) for row in found] == [
        ("6.8.1", "", "unknown"),
        ("6.8.1", "6.8.2", "outdated"),
        ("6.8.1", "6.8.1", "current"),
    ]
