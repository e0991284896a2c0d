"""The one small tree of errors.

    WpaasError
    ├── StageFailed      a stage of the loop could not do its work; retried
    │   ├── OutOfSequence   Swarm's object changed since it was read; read again, plan again
    │   └── Superseded      a newer commit came while a site was waited for; no failure of the site
    ├── Refused          a guard said no; the numbers are in the text
    └── UsageError       the command line or the context is wrong

Bad input is not an exception: it is a `reconciler.core.problem.Problem` value.
"""

from typing import Literal

Stage = Literal[
    "fetch", "verify", "compile", "image", "observe", "plan", "guard", "apply", "migrate", "report",
    "cluster",
]  # fmt: skip


class WpaasError(Exception):
    """An error a person can act on: `what` happened, `where`, and how to `fix` it.

    Never holds a secret, nor the body of a foreign answer in whole.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  fix: {self.fix}" if self.fix else text


class StageFailed(WpaasError):
    """A stage could not do its work; the loop retries with back-off."""

    def __init__(self, stage: Stage, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.stage: Stage = stage


class OutOfSequence(StageFailed):
    """Swarm's object moved since it was observed (Engine API, `version` of an update)."""


class Superseded(StageFailed):
    """A newer commit came while a site was waited for; its loop goes on from what is there."""


class Refused(WpaasError):
    """A guard refused the plan."""


class UsageError(WpaasError):
    """The command line, or the context it found, cannot be used."""
