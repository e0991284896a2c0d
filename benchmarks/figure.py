"""What is measured: one figure with its target, its rounds, and the peer of the same rounds."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

ROUNDS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure has to reach. With `of_peer` the limit is a factor of the peer's value."""

    sign: Literal["<=", ">="]
    limit: float
    of_peer: bool = False

    def text(self, unit: str) -> str:
        """As people write it."""
        return f"{self.sign} {self.limit:g}{'x' if self.of_peer else ' ' + unit}"

    def reached(self, value: float) -> bool:
        """Whether `value` (the figure, or its ratio to the peer) is within the limit."""
        return value <= self.limit if self.sign == "<=" else value >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row. `peer` holds the same rounds of the peer, or nothing where none exists.

    A `floor` must hold in every round; anything else at the median.
    """

    name: str
    unit: str
    target: Target
    ours: list[float]
    peer: list[float]
    peer_name: str = ""
    floor: bool = False

    def ratios(self) -> list[float]:
        """Round by round: ours to the peer's. Without a peer the target to ours, so that 1 is reached."""
        if self.peer:
            return [mine / theirs for mine, theirs in zip(self.ours, self.peer, strict=True)]
        limit = self.target.limit
        return [limit / mine if mine else 1.0 for mine in self.ours]

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        if self.floor:
            return all(self.target.reached(value) for value in self.ours)
        values = self.ratios() if self.target.of_peer else self.ours
        return self.target.reached(statistics.median(values))

    def as_json(self) -> dict[str, Any]:
        """The row of build/bench.json."""
        ratios = self.ratios()
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": [round(value, 4) for value in self.ours],
            "peer": [round(value, 4) for value in self.peer],
            "peer_name": self.peer_name,
            "ratio": {
                "min": round(min(ratios), 3),
                "median": round(statistics.median(ratios), 3),
                "max": round(max(ratios), 3),
            },
            "target": self.target.text(self.unit),
            "met": self.met,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Figures that come out of the same rounds. `measure` takes the arena and the rounds."""

    names: tuple[str, ...]
    measure: "Callable[[Any, int], list[Figure]]"
