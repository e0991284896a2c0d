"""A function of the file, and what was learned of it once: enough to judge each of its calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reconciler.core.vetting.php.value import (
    CLEAN,
    FIRST_PARAMETER,
    MAX_PARAMETERS,
    PARAMETERS,
    UNKNOWN,
    Value,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

MAX_SMALL_BYTES = 3_000

Judge = Callable[["Run", Value, "Node"], None]
Effect = Literal["option", "user", "content", "table", "file", "mail", "remote", "query", "delete"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name` is without the dollar. `type`: lower-cased last part, or ""."""

    name: str
    default: Node | None
    type: str


@dataclass(frozen=True, slots=True)
class Sink:
    """A place that a parameter reaches, and who judges what a caller passes."""

    judge: Judge
    value: Value
    node: Node


@dataclass(slots=True, eq=False)
class Function:
    """`name` is lower-cased and full; `owner` the class, or "". `calls`: names of what it calls."""

    name: str
    owner: str
    body: Node | None
    parameters: tuple[Parameter, ...]
    captured: dict[str, Value] = field(default_factory=dict)
    stage: Literal["new", "open", "done"] = "new"
    returns: Value | None = None
    sinks: list[Sink] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    callees: set[Function] = field(default_factory=set)
    effects: dict[Effect, Node] = field(default_factory=dict)
    reads_request: bool = False
    classes: set[str] = field(default_factory=set)

    @property
    def result(self) -> Value:
        """What it returns."""
        return self.returns or UNKNOWN

    @property
    def is_small(self) -> bool:
        """Whether it is worth to walk it again for known arguments."""
        body = self.body
        return body is not None and body.end_byte - body.start_byte < MAX_SMALL_BYTES

    def within(self) -> set[Function]:
        """Itself and what it calls in the same file, one call deep."""
        return {self, *self.callees}

    def all_calls(self) -> set[str]:
        """Names called by it or by its callees."""
        return {name for one in self.within() for name in one.calls}

    def all_effects(self) -> set[Effect]:
        """Effects of it and of its callees."""
        return {effect for one in self.within() for effect in one.effects}


def passed(value: Value, arguments: list[Value]) -> Value:
    """`value`, seen from the caller: its parameters' bits replaced by what the arguments are."""
    taint, common = value.taint & ~PARAMETERS, CLEAN
    for number, argument in enumerate(arguments[:MAX_PARAMETERS]):
        if value.taint >> (FIRST_PARAMETER + number) & 1:
            taint |= argument.taint
            common &= argument.clean
    return Value(value.text, taint, value.clean | common, None, value.kind)
