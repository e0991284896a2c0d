"""A call as the checks see it, and the function that a callback means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.core.vetting.php.declarations import class_name, function_name
from reconciler.core.vetting.php.value import UNKNOWN, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.function import Function
    from reconciler.core.vetting.php.run import Run


MAX_PARENTS = 5


class Call:
    """`name`: lower-cased; of a function, a method or a class. `target`: a method's object."""

    __slots__ = ("arguments", "name", "node", "nodes", "target")

    def __init__(
        self,
        name: str,
        node: Node,
        arguments: list[Value] | None = None,
        nodes: list[Node] | None = None,
        target: Value = UNKNOWN,
    ) -> None:
        self.name = name
        self.node = node
        self.arguments = [] if arguments is None else arguments
        self.nodes = [] if nodes is None else nodes
        self.target = target

    def at(self, place: int) -> Value:
        """The argument at a place, from 0; unknown where there is none."""
        return self.arguments[place] if place < len(self.arguments) else UNKNOWN

    def known(self, place: int) -> str | None:
        """The text of an argument; None where it is missing or not known."""
        return self.at(place).known


Check = Callable[["Run", Call], None]


def callback_of(run: Run, value: Value) -> Function | None:
    """The function of this file that a callable means."""
    if value.function is not None:
        return value.function
    text = value.known
    if text is not None and value.items is None:
        owner, _, method = text.partition("::")
        if method:
            found = run.classes.get(class_name(run, "\\" + owner.lstrip("\\")))
            return found.methods.get(method.lower()) if found is not None else None
        return run.functions.get(function_name(run, "\\" + text.lstrip("\\")))
    if value.items is not None and len(value.items) == 2:
        return _method(run, value.items.get("0", UNKNOWN), value.items.get("1", UNKNOWN).known)
    return None


def _method(run: Run, target: Value, name: str | None) -> Function | None:
    if name is None:
        return None
    if target.known is not None:
        target = Value(kind=f"new {target.known.lower().lstrip(chr(92))}")
    return own_method(run, target, name.lower())


def own_method(run: Run, target: Value, name: str) -> Function | None:
    """The method of an object of this file, its parents of this file included."""
    if target.kind == "this":
        owner = run.within
    elif target.kind.startswith("new "):
        owner = run.classes.get(target.kind[4:])
    else:
        return None
    for _ in range(MAX_PARENTS):
        if owner is None:
            return None
        found = owner.methods.get(name)
        if found is not None:
            return found
        owner = run.classes.get(owner.parent)
    return None
