"""Statements in order; branches that exclude each other are walked side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.assignments import assign
from reconciler.core.vetting.php.checks.execution import judge_echo
from reconciler.core.vetting.php.checks.network import assets_in_markup
from reconciler.core.vetting.php.checks.obfuscation import jumped
from reconciler.core.vetting.php.declarations import full, made
from reconciler.core.vetting.php.grammar import kind
from reconciler.core.vetting.php.run import Execute, Run
from reconciler.core.vetting.php.value import UNKNOWN, Value, either, item_of
from reconciler.core.vetting.php.variables import PREDEFINED
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from reconciler.core.vetting.php.value import Value as _Value

# Calls behind which nothing runs.
ENDINGS = words("wp_die wp_send_json wp_send_json_success wp_send_json_error die exit wp_nonce_ays")


def block(run: Run, node: Node) -> bool:
    """`{ … }`, and the file itself."""
    return run.block(node)


def nothing(_run: Run, _node: Node) -> bool:
    """Declarations were noted before; comments say nothing."""
    return False


def expression(run: Run, node: Node) -> bool:
    """An expression for its effects; some calls never come back."""
    children = node.named_children
    if not children:
        return False
    inner = children[0]
    run.value(inner)
    if inner.type == "function_call_expression":
        return run.text(inner.children[0]).lower().lstrip("\\") in ENDINGS
    return inner.type == "throw_expression" or (
        inner.type == "name" and run.text(inner).lower() in ENDINGS
    )


def echoed(run: Run, node: Node) -> bool:
    """`echo`, each of its parts."""
    for child in node.named_children:
        parts = child.named_children if child.type == "sequence_expression" else [child]
        for part in parts:
            run.sink(judge_echo, run.value(part), part)
    return False


def returned(run: Run, node: Node) -> bool:
    """`return`: what the function answers may be any of its returns."""
    value = UNKNOWN
    for child in node.named_children:
        value = run.value(child)
    here = run.here
    here.returns = value if here.returns is None else either(here.returns, value)
    return True


def exited(run: Run, node: Node) -> bool:
    """`exit` prints what it is given."""
    for child in node.named_children:
        run.sink(judge_echo, run.value(child), child)
    return True


def left(_run: Run, _node: Node) -> bool:
    """`break`, `continue`: nothing behind them runs."""
    return True


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
    element: _Value = item_of(values, None)
    if values.items:
        known = list(values.items.values())
        element = known[0]
        for other in known[1:20]:
            element = either(element, other)
    if values.kind in {"_SERVER", "_FILES"}:
        element = Value(None, values.taint)
    target = parts[1]
    if target.type == "pair" and len(target.named_children) == 2:
        key = Value(None, values.taint if values.items is None else 0, values.clean)
        assign(run, target.named_children[0], key)
        target = target.named_children[1]
    assign(run, target, element)


def switched(run: Run, node: Node) -> bool:
    """`switch`: each case on its own; falling through is walked as if each began afresh."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
    if condition is not None:
        run.value(condition)
    ways: list[Callable[[], bool]] = [lambda: False]
    for case in body.named_children if body is not None else ():
        ways.append(_case(run, case))
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


def globals_named(run: Run, node: Node) -> bool:
    """`global $a`: the file's variable, where the file gave it a value."""
    for child in node.named_children:
        name = run.text(child)[1:]
        value = PREDEFINED.get(name) or run.globals.get(name)
        run.env[name] = value if value is not None else UNKNOWN
    return False


def statics(run: Run, node: Node) -> bool:
    """`static $a = 1`: any later call may find another value."""
    for child in node.named_children:
        name = child.child_by_field_name("name")
        value = child.child_by_field_name("value")
        if value is not None:
            run.value(value)
        if name is not None:
            run.env[run.text(name)[1:]] = UNKNOWN
    return False


def constants(run: Run, node: Node) -> bool:
    """`const A = 1;` outside classes."""
    for element in node.named_children:
        if element.type == "const_element":
            name = run.text(element.named_children[0])
            run.constants[name] = run.value(element.named_children[-1])
            run.declared.append(f"constant {full(run, '')}{name}")
    return False


def inner_function(run: Run, node: Node) -> bool:
    """A function declared inside another becomes known when that runs."""
    name_node = node.child_by_field_name("name")
    if name_node is not None:
        name = full(run, run.text(name_node))
        run.functions.setdefault(name, made(run, node, name, ""))
    return False


def unset(run: Run, node: Node) -> bool:
    """`unset($a)`."""
    for child in node.named_children:
        if child.type == "variable_name":
            run.env.pop(run.text(child)[1:], None)
    return False


def markup(run: Run, node: Node) -> bool:
    """HTML outside of PHP."""
    assets_in_markup(run, run.text(node), node)
    return False


def jump(run: Run, node: Node) -> bool:
    """`goto`."""
    jumped(run, node)
    return False


ERROR = 0xFFFF  # the number of every part that the grammar could not read

EXECUTORS: dict[int, Execute] = {
    kind(name): execute
    for name, execute in {
        "program": block,
        "compound_statement": block,
        "colon_block": block,
        "else_clause": block,
        "namespace_definition": block,
        "expression_statement": expression,
        "echo_statement": echoed,
        "return_statement": returned,
        "exit_statement": exited,
        "break_statement": left,
        "continue_statement": left,
        "if_statement": conditional,
        "while_statement": looped,
        "do_statement": looped,
        "for_statement": looped,
        "foreach_statement": looped,
        "switch_statement": switched,
        "try_statement": tried,
        "global_declaration": globals_named,
        "function_static_declaration": statics,
        "const_declaration": constants,
        "function_definition": inner_function,
        "class_declaration": nothing,
        "interface_declaration": nothing,
        "trait_declaration": nothing,
        "enum_declaration": nothing,
        "namespace_use_declaration": nothing,
        "namespace_name": nothing,
        "comment": nothing,
        "php_tag": nothing,
        "php_end_tag": nothing,
        "empty_statement": nothing,
        "declare_statement": nothing,
        "named_label_statement": nothing,
        "unset_statement": unset,
        "text": markup,
        "text_interpolation": block,
        "goto_statement": jump,
    }.items()
} | {ERROR: block}
