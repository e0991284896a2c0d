"""A plan: ordered operations, each one write with the reason for it. Its text is its identity."""

from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["create", "update", "delete", "run", "push", "purge"]
Kind = Literal[
    "network",
    "secret",
    "config",
    "service",
    "database",
    "bucket",
    "install",
    "migrate",
    "migrate-leaving",
    "live",
    "live-leaving",
    "table",
    "zone",
    "image",
    "smoke",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One write. `site` is empty for what sites share. `restarts`: tasks are made again by it."""

    action: Action
    kind: Kind
    name: str
    cause: str
    site: str = ""
    restarts: bool = False

    def __str__(self) -> str:
        return f"{self.site or 'platform'}: {self.action} {self.kind} {self.name}, {self.cause}"

    def as_json(self) -> dict[str, Any]:
        """The stable shape of `wpaas plan --format json`."""
        return {
            "action": self.action,
            "kind": self.kind,
            "name": self.name,
            "site": self.site or None,
            "cause": self.cause,
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """An operation that a guard holds back, with the numbers that made it do so."""

    operation: Operation
    reason: str

    def __str__(self) -> str:
        return f"refused: {self.operation} ({self.reason})"

    def as_json(self) -> dict[str, Any]:
        """The stable shape of `refused` in `wpaas plan --format json`."""
        return {**self.operation.as_json(), "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would make the cluster equal to one commit. Prints as the same bytes for the same input.

    `notices`: what is no operation and should be known.
    """

    revision: str
    operations: tuple[Operation, ...]
    refused: tuple[Refusal, ...] = ()
    notices: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [str(operation) for operation in self.operations]
        lines += [str(refusal) for refusal in self.refused]
        return "\n".join((*(lines or ["nothing to do"]), *self.notices))

    def of_site(self, site: str) -> tuple[Operation, ...]:
        """Operations of one site, in order."""
        return tuple(operation for operation in self.operations if operation.site == site)

    def sites(self) -> tuple[str, ...]:
        """Sites with operations, sorted."""
        return tuple(sorted({op.site for op in self.operations if op.site}))

    def as_json(self) -> dict[str, Any]:
        """The stable shape of `wpaas plan --format json`."""
        return {
            "revision": self.revision,
            "operations": [operation.as_json() for operation in self.operations],
            "refused": [refusal.as_json() for refusal in self.refused],
            "notices": list(self.notices),
        }
