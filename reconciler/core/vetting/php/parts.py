"""What the walk through a file keeps: its classes, its names, its callbacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.core.vetting.php.function import Function
from reconciler.core.vetting.php.value import HOLE, Value

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_FACT_CHARS = 200


@dataclass(slots=True, eq=False)
class Class:
    """A class of the file. `pending`: constants and defaults that nobody has asked for yet."""

    name: str
    parent: str
    methods: dict[str, Function] = field(default_factory=dict)
    constants: dict[str, Value] = field(default_factory=dict)
    properties: dict[str, Value] = field(default_factory=dict)
    pending: dict[str, Node] = field(default_factory=dict)

    @property
    def is_command(self) -> bool:
        """Whether it is run by WP-CLI, by an operator, and not by a visitor."""
        return self.parent.rpartition("\\")[2] == "wp_cli_command"


@dataclass(frozen=True, slots=True)
class Hooked:
    """A callback given to WordPress. `what`: the hook, `ajax …` or `route METHODS …`."""

    kind: str
    what: str
    callback: Value
    node: Node
    extra: Value


@dataclass(slots=True)
class Names:
    """How names of this file resolve."""

    namespace: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


def printable(text: str) -> str:
    """Fit to be stored and printed: holes as …, no bytes outside UTF-8, no control characters."""
    shown = text.replace(HOLE, "…").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = "".join(c if c.isprintable() else " " for c in shown[:MAX_FACT_CHARS])
    return " ".join(printable.split())
