"""Statements that choose or repeat: ways that exclude each other are walked side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.assignments import assign
from reconciler.core.vetting.php.grammar import operands
from reconciler.core.vetting.php.value import Value, either, item_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run


def conditional(run: Run, node: Node) -> bool:
    """`if`, with all that belongs to it."""
    condition = node.child_by_field_name("condition")
    body = node.child_by_field_name("body")
    alternatives = node.children_by_field_name("alternative")
    ways: list[Callable[[], bool]] = []
    has_else = False
    cli = run.cli
    command = False
    if condition is not None:
        run.value(condition)
        if run.asks_for_cli:
            text = run.text(condition)
            command = "WP_CLI" in text or "PHP_SAPI" in text or "php_sapi_name" in text

    def then() -> bool:
        run.cli = cli or (command and "!" not in run.text(condition) if condition else cli)
        ends = run.execute(body) if body is not None else False
        run.cli = cli
        return ends

    ways.append(then)
    for alternative in alternatives:
        has_else = has_else or alternative.type == "else_clause"
        ways.append(_alternative(run, alternative))
    if not has_else:
        ways.append(lambda: False)
    ended = run.branch(*ways)
    if command and body is not None and run.here is run.main and "!" in run.text(condition or node):
        run.cli = run.cli or "return" in run.text(body)
    return ended


def _alternative(run: Run, node: Node) -> Callable[[], bool]:
    def way() -> bool:
        condition = node.child_by_field_name("condition")
        if condition is not None:
            run.value(condition)
        body = node.child_by_field_name("body")
        return run.execute(body) if body is not None else False

    return way


def looped(run: Run, node: Node) -> bool:
    """Any loop: its body may run or not, and again with what it left behind."""
    if node.type == "foreach_statement":
        _each(run, node)
    else:
        for field in ("initialize", "condition", "update"):
            for child in node.children_by_field_name(field):
                run.value(child)
    before = run.env
    _body(run, node)
    grown = any(
        value.taint & ~before[name].taint
        for name, value in run.env.items()
        if name in before and before[name] is not value
    )
    if grown:
        _body(run, node)
    return False


def _body(run: Run, node: Node) -> None:
    bodies = node.children_by_field_name("body")

    def once() -> bool:
        run.loops += 1
        for body in bodies:
            run.execute(body)
        run.loops -= 1
        return False

    run.branch(once, lambda: False)


def _each(run: Run, node: Node) -> None:
    parts = [part for part in node.named_children if part.type != "comment"]
    if len(parts) < 2:
        return
    values = run.value(parts[0])
    element: Value = item_of(values, None)
    if values.items:
        known = list(values.items.values())
        element = known[0]
        for other in known[1:20]:
            element = either(element, other)
    if values.kind in {"_SERVER", "_FILES"}:
        element = Value(None, values.taint)
    target = parts[1]
    pair = operands(target)
    if target.type == "pair" and len(pair) == 2:
        key = Value(None, values.taint if values.items is None else 0, values.clean)
        assign(run, pair[0], key)
        target = pair[1]
    assign(run, target, element)


def switched(run: Run, node: Node) -> bool:
    """`switch`: each case on its own; falling through is walked as if each began afresh."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
    if condition is not None:
        run.value(condition)
    ways: list[Callable[[], bool]] = [lambda: False]
    ways.extend(_case(run, case) for case in (body.named_children if body is not None else ()))
    run.branch(*ways)
    return False


def _case(run: Run, case: Node) -> Callable[[], bool]:
    def way() -> bool:
        run.block(case)
        return False

    return way


def tried(run: Run, node: Node) -> bool:
    """`try`: its body, then any of its catches or none; `finally` at last."""
    ways: list[Callable[[], bool]] = [lambda: False]
    for child in node.named_children:
        if child.type == "compound_statement":
            run.block(child)
        elif child.type == "catch_clause":
            ways.append(_alternative(run, child))
    run.branch(*ways)
    for child in node.named_children:
        if child.type == "finally_clause":
            run.block(child)
    return False
