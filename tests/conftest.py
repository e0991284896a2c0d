"""For all tests."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

BUILD = Path(__file__).parents[1] / "build"
IN_ROOM = "WPAAS_TEST_IN_ROOM"

BEGAN = time.monotonic()

# Hypothesis gives one example 200 ms. On a machine that is busy with a cluster, that measures the
# machine.
settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")


class Halves(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """One worker has the tests of the three-node product, another all the rest.

    Each half needs what it starts in one process; the first mostly waits for a cluster.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "product" if nodeid.startswith("tests/e2e/") else "parts"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Halves | None:
    """With `-n 2 --dist loadscope`, as `make test` has it; other ways of sharing stay xdist's."""
    return Halves(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test marked `alone` waits for the other half's test to end, and holds up its next one.

    Visitors of a cluster whose three nodes share two cores with image builds see pages that no limit
    allows for.
    """
    with _room(fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH):
        return (yield)


@contextmanager
def _room(how: int) -> Iterator[None]:
    """Many or one alone. Whoever waits to be alone keeps others out at the door meanwhile."""
    if IN_ROOM in os.environ:  # run by a test, which is in it already
        yield
        return
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "room.lock").open("w") as room:
        with (BUILD / "door.lock").open("w") as door:
            fcntl.flock(door, how)
            fcntl.flock(room, how)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(IN_ROOM, "yes")
            yield


class Failures:
    """Says each failure as it comes: a run that is cut off has said what went wrong, and when."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            minutes = (time.monotonic() - BEGAN) / 60
            self.terminal.write_line(
                f"\n{minutes:.1f} min: {report.when} of {report.nodeid} failed after {report.duration:.0f} s:"
            )
            for line in report.longreprtext.splitlines()[-12:]:
                self.terminal.write_line(f"    {line}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        config.pluginmanager.register(Failures(terminal))
