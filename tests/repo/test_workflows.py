"""What the workflows say, done: every `run:` step in a clean clone, in the order and layout given."""

import json
import re
from pathlib import Path

import pytest
from workflow_run import ROOT, WORKFLOWS, Machine, jobs

VALIDATE = jobs(ROOT / ".github/workflows/validate.yml")["validate"]
CHECK = VALIDATE[-1]["run"]
TEST = "make test"  # it would start itself: make is asked what it would do
STEPS = [
    pytest.param(step, id=f"{path.stem}-{job}-{number}")
    for path in WORKFLOWS
    for job, steps in jobs(path).items()
    for number, step in enumerate(steps, 1)
]


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The workflow `validate` on a change that changes nothing; its environment takes most of a minute."""
    machine = Machine(tmp_path_factory.mktemp("validate"))
    for step in VALIDATE:
        done = machine.take(step)
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    return machine


@pytest.mark.clone
def test_every_step_of_validate_runs_in_a_clean_folder(validated: Machine) -> None:
    assert (validated.workspace / "base/.venv/bin/wpaas").is_file()
    assert not (validated.workspace / "change/.venv").exists()
    assert validated.run(CHECK).stdout == ""


@pytest.mark.clone
def test_a_change_with_a_slip_is_annotated_and_fails(validated: Machine) -> None:
    site = validated.workspace / "change/sites/chess-club.json"
    good = site.read_text()
    site.write_text(json.dumps({**json.loads(good), "tilte": "Chess"}))
    done = validated.run(CHECK)
    site.write_text(good)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=sites/chess-club.json,line=1,")
    assert "unknown-field" in done.stdout


@pytest.mark.clone
def test_nothing_that_a_change_brings_along_is_executed(validated: Machine) -> None:
    change, mark = validated.workspace / "change", validated.workspace / "mark"
    bad = f"open({str(mark)!r}, 'w')\n"
    for name in ("reconciler/__init__.py", "sitecustomize.py", "json.py", "image/hook.py"):
        (change / name).write_text(bad)
    (change / "Makefile").write_text(f".venv/ready:\n\ttouch {mark}\n")
    (change / "schemas/site.schema.json").write_text("{}")
    (change / "sites/tea-house.json").write_text('{"name": "tea-house", "plugins": 7}')
    done = validated.run(CHECK)
    assert done.returncode == 1
    assert "wrong-type" in done.stdout
    assert not mark.exists()


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
    assert {path.stem for path in WORKFLOWS} == {"test", "validate"}
