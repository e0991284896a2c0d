"""What came of a loop: an outcome for each operation, four revisions, and the reasons of failures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from reconciler.core.plan import Operation
from reconciler.core.problem import Problem

FIRST_RETRY_S = 5.0
LAST_RETRY_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One operation carried out, or not. `error` is empty where it went well.

    `superseded`: left to the next loop, since a newer commit came; neither done nor failed.
    """

    operation: Operation
    seconds: float
    error: str = ""
    superseded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A site, or a stage, that failed: tried again with back-off, or when its input changes.

    `input` is what failed (a spec's digest): another input clears the failure.
    """

    error: str
    input: str
    attempts: int
    retry_at: float

    def waits(self, input_: str, now: float) -> bool:
        """Whether this input should be left alone at the time `now` (seconds, any one clock)."""
        return self.input == input_ and now < self.retry_at


def failed(before: Failure | None, error: str, input_: str, now: float) -> Failure:
    """The next failure: 5 s, then twice as long each time, at most 5 minutes."""
    attempts = before.attempts + 1 if before and before.input == input_ else 1
    delay_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** (attempts - 1))
    return Failure(error=error, input=input_, attempts=attempts, retry_at=now + delay_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """Observed in Git, attempted, applied without a failure, and seen healthy."""

    observed: str = ""
    attempted: str = ""
    applied: str = ""
    healthy: str = ""

    def as_json(self) -> dict[str, str | None]:
        """The stable shape of `revisions` in `wpaas status`."""
        return {
            "observed": self.observed or None,
            "attempted": self.attempted or None,
            "applied": self.applied or None,
            "healthy": self.healthy or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where the fleet stands after a loop.

    What is no failure and should be known: `notice` of the commit, `plan_notices` of the loop.
    """

    revisions: Revisions
    stage: str = ""
    error: str = ""
    problems: tuple[Problem, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    refused: tuple[str, ...] = ()
    notice: str = ""
    plan_notices: tuple[str, ...] = ()

    def at_stage(self, stage: str, error: str) -> "Report":
        """The same standing, with the stage that failed and why."""
        return replace(self, stage=stage, error=error, outcomes=())

    def as_json(self) -> dict[str, Any]:
        """What `status.json` holds, and `wpaas status` reads."""
        return {
            "revisions": self.revisions.as_json(),
            "stage": self.stage or None,
            "error": self.error or None,
            "problems": [asdict(problem) for problem in self.problems],
            "sites": {name: failure.error for name, failure in sorted(self.failures.items())},
            "refused": list(self.refused),
            "notice": "; ".join(filter(None, (self.notice, *self.plan_notices))) or None,
        }


def summary(outcomes: Sequence[Outcome], report: Report) -> str:
    """What came of a commit's loop, in a few words. `outcomes`: those of the platform too."""
    if report.stage:
        return f"stopped at stage {report.stage}"
    failures = sum(1 for out in outcomes if out.error)
    left = sum(1 for out in outcomes if out.superseded)
    errors = sum(1 for problem in report.problems if problem.severity == "error")
    done = len(outcomes) - failures - left
    parts = [_count(done, "operation")] if outcomes else ["nothing to do"]
    parts += [f"{failures} failed"] if failures else []
    parts += [f"{left} left to a newer commit"] if left else []
    parts += [_count(errors, "error") + " in its files"] if errors else []
    parts += [f"{len(report.refused)} refused"] if report.refused else []
    return ", ".join(parts)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
