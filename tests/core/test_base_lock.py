"""The lock of the base's packages: read, written, compared, and old one day."""

from datetime import date
from pathlib import Path

import pytest

from reconciler.core.base_lock import (
    FILE,
    OLD_DAYS,
    STAGES,
    Lock,
    changes,
    entries,
    lock_problems,
    of,
    parse,
)
from reconciler.core.blob import Blob

LOCK = Lock(
    "2026-11-24",
    {
        "programs": {"gcc": "4:14.2.0-1"},
        "wordpress": {},
        "webhead": {"nginx": "1.26.3-3+deb13u1", "libc6": "2.41-12"},
    },
    "debian@sha256:" + "a" * 64,
)


def test_what_is_written_is_read() -> None:
    assert parse(str(LOCK)) == LOCK
    assert parse(str(Lock("2026-11-24", LOCK.stages))).base == ""


def test_the_text_is_sorted_and_says_its_day() -> None:
    assert "# date: 2026-11-24\n" in str(LOCK)
    assert "[webhead]\nlibc6=2.41-12\nnginx=1.26.3-3+deb13u1\n" in str(LOCK)


def test_what_is_no_entry_is_left_out() -> None:
    text = (
        "# date: soon\nstray=1\n[webhead]\nnginx=1;rm -rf /\n-o=1\nphp8.4-cli=8.4.1\n[other]\na=1\n"
    )
    assert parse(text) == Lock(
        "", {"programs": {}, "wordpress": {}, "webhead": {"php8.4-cli": "8.4.1"}}
    )


def test_a_listing_of_dpkg_is_read() -> None:
    assert entries(["libc6=2.41-12", "", "odd", "gcc=4:14.2.0-1"]) == {
        "libc6": "2.41-12", "gcc": "4:14.2.0-1",
    }  # fmt: skip


def test_changes_name_stage_package_and_both_versions() -> None:
    after = Lock("2026-12-24", {**LOCK.stages, "webhead": {"nginx": "1.26.4-1", "zlib1g": "1.3"}})
    assert list(changes(LOCK, after)) == [
        "webhead: libc6 2.41-12 → (gone)",
        "webhead: nginx 1.26.3-3+deb13u1 → 1.26.4-1",
        "webhead: zlib1g (new) → 1.3",
    ]


@pytest.mark.parametrize(("days", "warned"), [(OLD_DAYS, 0), (OLD_DAYS + 1, 1)])
def test_a_lock_is_old_after_some_weeks(days: int, warned: int) -> None:
    blobs = {FILE: Blob(path=FILE, mode="100644", data=str(LOCK).encode())}
    today = date.fromordinal(date(2026, 11, 24).toordinal() + days)
    assert [p.code for p in lock_problems(blobs, today)] == ["base-lock-old"] * warned
    assert list(lock_problems(blobs, None)) == []
    assert list(lock_problems({}, today)) == []


def test_the_lock_of_this_repository_is_whole() -> None:
    text = (Path(__file__).parents[2] / FILE).read_text("utf-8")
    lock = of({FILE: Blob(path=FILE, mode="100644", data=text.encode())})
    date.fromisoformat(lock.day)
    assert text == str(lock)
    assert all(lock.stages[stage] for stage in STAGES)
    assert {"nginx", "php8.4-fpm", "libc6"} <= set(lock.stages["webhead"])
    assert "wordpress" in lock.stages["wordpress"]
    assert "gcc" not in lock.stages["webhead"]
