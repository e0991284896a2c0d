"""What the workflows say, done: every `run:` step in a clean clone, in the order and layout given.

Those that review a pull request are in test_review_workflow.py.
"""

import re
from pathlib import Path

import pytest
from workflow_run import ROOT, WORKFLOWS, Machine, jobs

TEST = "make test"  # it would start itself: make is asked what it would do
STEPS = [
    pytest.param(step, id=f"{path.stem}-{job}-{number}")
    for path in WORKFLOWS
    for job, steps in jobs(path).items()
    for number, step in enumerate(steps, 1)
]


def test_what_test_runs_is_what_a_clean_clone_has(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for steps in jobs(ROOT / ".github/workflows/test.yml").values():
        for step in steps:
            done = machine.take({"run": "make --dry-run test"} if step.get("run") == TEST else step)
            assert done.returncode == 0, done.stderr
    whole = machine.run("make --dry-run test").stdout
    assert whole == "bash tests/run\n"
    assert (machine.workspace / "tests/run").is_file()
    assert machine.run(".ci/run", MAKEFLAGS="n").stdout == whole


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_a_pinned_action_or_words_that_nobody_else_wrote(step: dict[str, str]) -> None:
    """Text of an event in a `run:` is a program that a stranger may write."""
    assert ("uses" in step) != ("run" in step)
    assert "${{" not in step.get("run", "")
    if "uses" in step:
        assert re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40}", step["uses"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_pinned_action_says_its_version_beside_it(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line:
            assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_every_workflow_is_carried_out_here() -> None:
    assert {path.stem for path in WORKFLOWS} == {"comment", "review", "test"}
