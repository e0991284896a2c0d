"""The daemon: loops until it is told to stop; a failed loop is retried with back-off."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from tenacity import RetryCallState, wait_exponential

from reconciler.core.outcome import Outcome, Report, summary
from reconciler.daemon import clock
from reconciler.errors import StageFailed, Superseded
from reconciler.shell.journal import Journal, write_report
from reconciler.sync.fleet import Fleet
from reconciler.sync.loop import Memory, Show, Tell, loop

LOG = logging.getLogger("wpaas")
SHORT = 12
Loop = Callable[[Fleet, Memory, float, Tell, Callable[[], bool], Show], Report]
# The end of an outage is noticed after at most so many intervals, and never later than a minute.
LONGEST_WAIT_INTERVALS, LONGEST_WAIT_S = 8, 60


class Daemon:
    """Follows one repository for one cluster. `stop` and `wake` may be called from signal handlers.

    The log has a line for each new commit, whatever came of it, and none for a loop that found
    nothing new. `once`: the stages, as `sync.loop.loop` has them.
    """

    def __init__(self, fleet: Fleet, journal: Journal, once: Loop = loop) -> None:
        self._fleet = fleet
        self._journal = journal
        self._loop = once
        self._memory = Memory()
        self._told: list[Outcome] = []  # of the loop that is under way
        self._stopped = ""  # the commit that the log says a stage stopped
        self._wake = threading.Event()
        self._stopping = False
        self._failures_in_a_row = 0

    def stop(self) -> None:
        """End after the loop that is under way."""
        self._stopping = True
        self._wake.set()

    def wake(self) -> None:
        """Look now rather than at the next poll."""
        self._wake.set()

    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def run(self) -> None:
        """Loop until `stop`."""
        while not self._stopping:
            self._wake.clear()
            wait_s = self._once()
            self._wake.wait(wait_s)

    def _once(self) -> float:
        """One loop; returns the seconds to wait for the next."""
        began = clock.seconds()
        seen = self._memory.report.revisions.observed
        self._told = []
        try:
            report = self._loop(
                self._fleet, self._memory, began, self._tell, self.stopping, self._show
            )
        except Superseded:
            report = self._memory.report
        except StageFailed as e:
            report = self._memory.report.at_stage(e.stage, str(e))
            self._memory.report = report
        if report.error:
            self._failures_in_a_row += 1
            LOG.error("stage %s: %s", report.stage, report.error)
        else:
            self._failures_in_a_row = 0
        self._record(report, seen, clock.seconds() - began)
        if self._failures_in_a_row:
            return clock.with_jitter(back_off_s(self._failures_in_a_row, self._fleet.interval_s))
        return self._next_look(report, clock.seconds())

    def _next_look(self, report: Report, now: float) -> float:
        due = [failure.retry_at - now for failure in report.failures.values()]
        return max(0.2, min([clock.with_jitter(self._fleet.interval_s), *due]))

    def _tell(self, outcome: Outcome) -> None:
        operation = outcome.operation
        self._told.append(outcome)
        if outcome.error:
            LOG.error("%s: FAILED: %s", operation, outcome.error)
        elif outcome.superseded:
            LOG.info("%s: left to a newer commit", operation)
        else:
            LOG.info("%s (%.1f s)", operation, outcome.seconds)
        self._journal.write(
            clock.now(),
            "operation",
            operation=str(operation),
            site=operation.site,
            seconds=round(outcome.seconds, 3),
            error=outcome.error,
        )

    def _say(self, report: Report, seen: str) -> None:
        """Speak of a commit when it is new, and once more when it gets past the stage it stopped at."""
        observed = report.revisions.observed
        passed = self._stopped == observed and not report.stage
        if observed and (observed != seen or passed):
            self._stopped = observed if report.stage else ""
            LOG.info("commit %s: %s", observed[:SHORT], summary(self._told, report))

    def _record(self, report: Report, seen: str, seconds: float) -> None:
        revisions = report.revisions
        if revisions.observed != seen or report.outcomes:
            for problem in report.problems:
                LOG.warning("%s", problem)
            if report.notice:
                LOG.warning("%s", report.notice)
            self._journal.write(
                clock.now(),
                "loop",
                seconds=round(seconds, 3),
                **revisions.as_json(),
                problems=[str(problem) for problem in report.problems],
            )
        self._say(report, seen)
        looked_at = clock.now().isoformat(timespec="seconds")
        self._write({**report.as_json(), "looked_at": looked_at, "loop_seconds": round(seconds, 3)})
        self._memory.report = replace(report, outcomes=())

    def _show(self, report: Report) -> None:
        """What is waited for, while the loop is not over yet."""
        LOG.info("waiting: %s", report.error)
        self._write(report.as_json())

    def _write(self, status: Mapping[str, object]) -> None:
        try:
            write_report(self._fleet.state, status)
        except StageFailed as e:
            LOG.error("%s", e)


def back_off_s(failures: int, interval_s: float) -> float:
    """Seconds to wait after so many failed loops in a row: 1, doubling, at most eight intervals."""
    state = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type] # only attempt_number is read
    state.attempt_number = failures
    longest_s = min(LONGEST_WAIT_INTERVALS * interval_s, LONGEST_WAIT_S)
    return wait_exponential(multiplier=1, min=1, max=longest_s)(state)
