"""An approval counts where it is somebody's last word, and about this very head."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forge import State, proposed, serving

from reconciler.cli import main

SHA, OLD = "c" * 40, "d" * 40


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    made = State()
    made.pull(7, owner="amira", branch="tea", sha=SHA, files=["sites/tea-house.json"])
    monkeypatch.setenv("GITHUB_TOKEN", made.token)
    with serving(made) as forge:
        monkeypatch.setenv("GITHUB_API_URL", forge.address)
        yield made


def listed(
    event: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    place = folder / "event.json"
    place.write_text(json.dumps(event))
    code = main(["review", "approvals", f"--event={place}"])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_last_word_about_this_head_counts(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(120):  # more than a page
        state.review(7, f"reader-{number}", "COMMENTED", SHA)
    state.review(7, "ravi", "CHANGES_REQUESTED", SHA)
    state.review(7, "ravi", "APPROVED", SHA)
    state.review(7, "ravi", "COMMENTED", SHA)
    state.review(7, "kim", "APPROVED", SHA)
    state.review(7, "kim", "DISMISSED", SHA)
    state.review(7, "jo-k", "APPROVED", SHA)
    state.review(7, "jo-k", "CHANGES_REQUESTED", SHA)
    state.review(7, "mira", "APPROVED", OLD)  # something else was pushed since
    assert listed(proposed(state, 7), tmp_path, capsys) == (0, "ravi\n")
    assert state.writes() == []


@pytest.mark.parametrize(
    "change",
    [
        {"number": "7/../8"}, {"number": True}, {"head": {"sha": "main"}}, {"head": None},
    ],
)  # fmt: skip
def test_an_event_that_is_none_is_refused(
    state: State, change: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = proposed(state, 7)
    event["pull_request"] = event["pull_request"] | change
    code, said = listed(event, tmp_path, capsys)
    assert code == 2
    assert "no pull request" in said
    assert state.asked == []
