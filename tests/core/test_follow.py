"""The daemon's log: one line for each new commit, whatever came of it; nothing for a quiet loop."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core.local_cluster import Layout, context
from reconciler.core.outcome import Outcome, Report, Revisions
from reconciler.core.plan import Operation
from reconciler.core.problem import Problem
from reconciler.daemon import clock
from reconciler.daemon.follow import Daemon
from reconciler.errors import StageFailed
from reconciler.shell.context import read
from reconciler.shell.journal import Journal
from reconciler.sync.fleet import Fleet, open_fleet
from reconciler.sync.loop import Memory, Show, Tell

A, B = "a" * 40, "b" * 40
Step = Callable[[Memory, Tell], Report]


def operation(name: str) -> Operation:
    return Operation(action="create", kind="service", name=name, cause="not found", site=name)


def saw(revision: str, *outcomes: Outcome, problems: tuple[Problem, ...] = ()) -> Step:
    """A loop that saw this commit and did this."""

    def step(memory: Memory, tell: Tell) -> Report:
        for outcome in outcomes:
            tell(outcome)
        revisions = Revisions(observed=revision, attempted=revision)
        memory.report = Report(revisions=revisions, problems=problems)
        return memory.report

    return step


def stopped(revision: str) -> Step:
    """A loop that saw this commit and whose stage `image` failed."""

    def step(memory: Memory, tell: Tell) -> Report:
        memory.report = replace(memory.report, revisions=Revisions(observed=revision))
        raise StageFailed("image", "the registry is away")

    return step


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """All adapters, none of which is used here."""
    layout = Layout(name="demo", subnet="172.31.1.0/24", port=8080)
    document = context(layout, state=str(tmp_path), builder="", images={})
    (tmp_path / "context.json").write_text(json.dumps(document))
    (tmp_path / "master.key").touch(mode=0o600)
    (tmp_path / "master.key").write_text("k" * 64)
    return open_fleet(read(tmp_path / "context.json"), now=clock.now, interval_s=0.01)


@pytest.fixture
def logged(fleet: Fleet, caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    """Follow through these loops and return what the log says."""

    def follow(*steps: Step) -> list[str]:
        left = list(steps)

        def once(
            _fleet: Fleet,
            memory: Memory,
            _now: float,
            tell: Tell,
            _stop: Callable[[], bool],
            _show: Show,
        ) -> Report:
            step = left.pop(0)
            daemon.wake()  # no waiting between loops
            if not left:
                daemon.stop()
            return step(memory, tell)

        daemon = Daemon(fleet, Journal(fleet.state), once)
        with caplog.at_level(logging.INFO):
            daemon.run()
        return lines(caplog.messages)

    return follow


def lines(messages: Sequence[str]) -> list[str]:
    return [message for message in messages if message.startswith("commit ")]


def test_a_commit_that_changes_nothing_is_named_once(logged: Callable[..., list[str]]) -> None:
    assert logged(saw(A), saw(A), saw(A), saw(B), saw(B)) == [
        "commit aaaaaaaaaaaa: nothing to do",
        "commit bbbbbbbbbbbb: nothing to do",
    ]


def test_a_quiet_loop_says_nothing_at_all(
    logged: Callable[..., list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    logged(saw(A), saw(A), saw(A))
    assert caplog.messages == ["commit aaaaaaaaaaaa: nothing to do"]


def test_a_commit_is_told_with_what_came_of_it(logged: Callable[..., list[str]]) -> None:
    done = Outcome(operation=operation("tea"), seconds=1)
    error = Outcome(operation=operation("chess"), seconds=1, error="no node has room")
    left = Outcome(operation=operation("garden"), seconds=1, superseded=True)
    slip = Problem(code="wrong-type", file="sites/x.json", message="m", fix="f")
    assert logged(saw(A, done), saw(B, done, done, error, left, problems=(slip,))) == [
        "commit aaaaaaaaaaaa: 1 operation",
        "commit bbbbbbbbbbbb: 2 operations, 1 failed, 1 left to a newer commit, 1 error in its files",
    ]


def test_a_commit_that_stopped_is_named_again_once_it_goes_through(
    logged: Callable[..., list[str]],
) -> None:
    assert logged(stopped(A), stopped(A), saw(A), saw(A)) == [
        "commit aaaaaaaaaaaa: stopped at stage image",
        "commit aaaaaaaaaaaa: nothing to do",
    ]
