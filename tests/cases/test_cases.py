"""Each .case file: what a commit changes in the fleet of base/, and the exact outcome.

A case begins with a sentence. `--- PATH` starts the text of a file; `--- PATH (removed)` takes it
away; `--- PATH (120000)` gives it that mode of Git's. After `--- outcome` come the sites that are
compiled and those that are held, what becomes of the commit, and every problem as people see it.
It is noon of 2026-09-01 in all of them.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.problem import ProblemCode
from reconciler.shell.schemas import load_schemas
from reconciler.shell.worktree import read_worktree

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.case"))
SCHEMAS = load_schemas()
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
PART = re.compile(r"^--- (\S+)(?: \((\w+)\))?\n", re.MULTILINE)


def compiled(case: Path) -> tuple[Compiled, str]:
    """(what comes of it, what the case says should)."""
    _, *parts = PART.split(case.read_text(encoding="utf-8"))
    blobs = dict(read_worktree(HERE / "base"))
    wanted = ""
    for path, mode, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if path == "outcome":
            wanted = text
        elif mode == "removed":
            del blobs[path]
        else:
            blobs[path] = Blob(path, mode or "100644", text.removesuffix("\n").encode())
    return compile_fleet(blobs, SCHEMAS, now=NOW), wanted


def outcome(fleet: Compiled) -> str:
    lines = [
        f"compiled: {', '.join(fleet.sites) or 'none'}",
        f"held: {', '.join(sorted(fleet.held)) or 'none'}",
        f"commit: {'stopped' if fleet.shared_broken else 'goes on'}",
        *map(str, fleet.problems),
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_has_exactly_its_outcome(case: Path) -> None:
    fleet, wanted = compiled(case)
    assert outcome(fleet) == wanted


def test_the_fleet_that_the_cases_change_is_good() -> None:
    fleet = compile_fleet(read_worktree(HERE / "base"), SCHEMAS, now=NOW)
    assert (list(fleet.sites), fleet.held, fleet.problems) == (
        ["chess-club", "tea-house"], frozenset(), (),
    )  # fmt: skip


ELSEWHERE = {
    *("encoding", "file-too-large"),  # bytes that a text file cannot hold: tests/core
    *("review-differs", "review-missing"),  # said by `wpaas plugin verify`: tests/core/vetting
    # said by `wpaas review`: tests/cases/review
    *(
        "base-moved-on",
        "last-owner-removed",
        "name-was-used",
        "not-among-owners",
        "not-an-owner",
        "package-not-read",
    ),
    *("removes-anothers-site", "site-renamed", "vetting-blocks"),
}


def test_every_problem_code_has_a_case() -> None:
    text = "".join(case.read_text(encoding="utf-8").split("--- outcome")[1] for case in CASES)
    seen = {code for code in get_args(ProblemCode) if re.search(rf": {code}\b", text)}
    assert set(get_args(ProblemCode)) - seen == ELSEWHERE
