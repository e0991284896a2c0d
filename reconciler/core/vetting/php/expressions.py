"""What each kind of expression gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php import literals
from reconciler.core.vetting.php.assignments import assign, assigned, augmented, bind, updated
from reconciler.core.vetting.php.calls import (
    called,
    closure,
    created,
    method_called,
    scoped_called,
)
from reconciler.core.vetting.php.checks.clock import compared
from reconciler.core.vetting.php.checks.execution import judge_include, judge_process
from reconciler.core.vetting.php.checks.output import judge_echo
from reconciler.core.vetting.php.constants import class_constant, named_constant
from reconciler.core.vetting.php.grammar import kind, operands, plain
from reconciler.core.vetting.php.run import Evaluate, Run
from reconciler.core.vetting.php.value import (
    CLEAN,
    DECODED,
    NUMBER,
    UNKNOWN,
    Value,
    array,
    either,
    joined,
)
from reconciler.core.vetting.php.variables import (
    dynamic,
    member,
    scoped_property,
    subscript,
    variable,
)
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CHAIN = 20_000
COMPARISONS = words("== != === !== <> < > <= >= <=>")
CHOICES = frozenset(("??", "?:"))
LOGIC = frozenset(("&&", "||", "and", "or", "xor"))


def binary(run: Run, node: Node) -> Value:
    """Two operands. Long chains of `.` are walked in a loop, for they may be thousands."""
    children = node.children
    if len(children) != 3:
        children = plain(children)
        if len(children) < 3:
            return UNKNOWN
    operator = children[1].type
    if operator == ".":
        return _chain(run, node)
    if operator == "instanceof":
        run.value(children[0])
        return NUMBER
    left = run.value(children[0])
    if operator == "|>":
        return _piped(run, children[2], left)
    right = run.value(children[-1])
    if operator in CHOICES:
        return either(left, right)
    if operator in COMPARISONS:
        compared(run, node, operator, left, right)
        return NUMBER
    if operator in LOGIC:
        return NUMBER
    if operator == "^":
        return _xor(left, right)
    if operator == "+" and (left.items is not None or right.items is not None):
        return array({**(right.items or {}), **(left.items or {})})
    if operator in {"+", "-"} and "clock" in {left.kind, right.kind}:
        return Value(None, 0, CLEAN, None, "elapsed")
    if operator == "*" and left.known and right.known:
        return _product(left.known, right.known)
    return NUMBER


def _product(left: str, right: str) -> Value:
    if left.isdigit() and right.isdigit() and len(left) + len(right) < 18:
        return Value(str(int(left) * int(right)), 0, CLEAN)
    return NUMBER


def _xor(left: Value, right: Value) -> Value:
    one, two = left.known, right.known
    if one is None or two is None or one.isdigit() or two.isdigit():
        return Value(None, left.taint | right.taint | DECODED if left.taint | right.taint else 0)
    mixed = bytes(
        a ^ b
        for a, b in zip(
            one.encode("utf-8", "surrogateescape"),
            two.encode("utf-8", "surrogateescape"),
            strict=False,
        )
    )
    return Value(mixed.decode("utf-8", "surrogateescape"), DECODED, CLEAN)


def _chain(run: Run, node: Node) -> Value:
    operands: list[Node] = []
    current = node
    while len(operands) < MAX_CHAIN:
        children = current.children
        if len(children) > 3:
            children = plain(children)
        if current.type != "binary_expression" or len(children) < 3 or children[1].type != ".":
            break
        operands.append(children[-1])
        current = children[0]
    whole = run.value(current)
    for operand in reversed(operands):
        whole = joined(whole, run.value(operand))
    return whole


def _piped(run: Run, target: Node, value: Value) -> Value:
    callee = run.value(target)
    if callee.function is not None:
        return run.call(callee.function, [value])
    return Value(None, value.taint)


def conditional(run: Run, node: Node) -> Value:
    """`a ? b : c` and `a ?: c`: either may be the answer."""
    condition = node.child_by_field_name("condition")
    body = node.child_by_field_name("body")
    other = node.child_by_field_name("alternative")
    first = run.value(condition) if condition is not None else UNKNOWN
    if body is not None:
        first = run.value(body)
    return either(first, run.value(other)) if other is not None else first


def matched(run: Run, node: Node) -> Value:
    """`match`: any of its arms."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
    if condition is not None:
        run.value(condition)
    answer: Value | None = None
    for arm in body.named_children if body is not None else ():
        listed = arm.child_by_field_name("conditional_expressions")
        if listed is not None:
            for one in listed.named_children:
                run.value(one)
        result = arm.child_by_field_name("return_expression")
        if result is not None:
            value = run.value(result)
            answer = value if answer is None else either(answer, value)
    return answer or UNKNOWN


def cast(run: Run, node: Node) -> Value:
    """`(int)` makes safe, `(string)` and `(array)` change nothing that matters."""
    type_node, operand = node.child_by_field_name("type"), node.child_by_field_name("value")
    value = run.value(operand) if operand is not None else UNKNOWN
    name = run.text(type_node).lower() if type_node is not None else ""
    if name in {"int", "integer", "float", "double", "real", "bool", "boolean"}:
        return value if value.known is not None and value.known.isdigit() else NUMBER
    return value


def last(run: Run, node: Node) -> Value:
    """Parentheses, `@`, `clone`, `&`, `throw`: what stands inside."""
    value = UNKNOWN
    for child in operands(node):
        value = run.value(child)
    return value


def unary(run: Run, node: Node) -> Value:
    """`!a`, `-a`, `+a`; `~` is a way to hide text."""
    value = last(run, node)
    operator = node.children[0].type
    text = value.known
    if operator == "~" and text is not None:
        turned = bytes(255 - byte for byte in text.encode("utf-8", "surrogateescape"))
        return Value(turned.decode("utf-8", "surrogateescape"), DECODED, CLEAN)
    if operator == "-" and text is not None and text.isdigit():
        return Value(f"-{text}", 0, CLEAN)
    return NUMBER


def included(run: Run, node: Node) -> Value:
    """`include` and `require`, in all four forms."""
    value = last(run, node)
    run.sink(judge_include, value, node)
    return UNKNOWN


def backticks(run: Run, node: Node) -> Value:
    """A shell's command line."""
    judge_process(run, "backticks", literals.encapsed(run, node), node)
    return UNKNOWN


def printed(run: Run, node: Node) -> Value:
    """`print`."""
    run.sink(judge_echo, last(run, node), node)
    return NUMBER


def exited(run: Run, node: Node) -> Value:
    """`exit` as an expression prints what it is given."""
    value = last(run, node)
    if node.named_children:
        run.sink(judge_echo, value, node)
    return UNKNOWN


def _by_number(evaluators: dict[str, Evaluate]) -> dict[int, Evaluate]:
    return {kind(name): evaluate for name, evaluate in evaluators.items()}


# Expressions without parts, half of all: none of them leads deeper.
LEAVES = _by_number(
    {
        "string": literals.single_quoted,
        "integer": literals.integer,
        "float": literals.integer,
        "boolean": literals.boolean,
        "null": literals.null,
        "variable_name": variable,
        "name": named_constant,
        "qualified_name": named_constant,
    }
)
EVALUATORS = _by_number(
    {
        "encapsed_string": literals.encapsed,
        "heredoc": literals.heredoc,
        "nowdoc": literals.heredoc,
        "array_creation_expression": literals.array_of,
        "dynamic_variable_name": dynamic,
        "subscript_expression": subscript,
        "member_access_expression": member,
        "nullsafe_member_access_expression": member,
        "scoped_property_access_expression": scoped_property,
        "class_constant_access_expression": class_constant,
        "binary_expression": binary,
        "assignment_expression": assigned,
        "reference_assignment_expression": assigned,
        "augmented_assignment_expression": augmented,
        "update_expression": updated,
        "conditional_expression": conditional,
        "match_expression": matched,
        "cast_expression": cast,
        "parenthesized_expression": last,
        "error_suppression_expression": last,
        "clone_expression": last,
        "throw_expression": last,
        "sequence_expression": last,
        "variadic_unpacking": last,
        "by_ref": last,
        "unary_op_expression": unary,
        "function_call_expression": called,
        "member_call_expression": method_called,
        "nullsafe_member_call_expression": method_called,
        "scoped_call_expression": scoped_called,
        "object_creation_expression": created,
        "anonymous_function": closure,
        "arrow_function": closure,
        "include_expression": included,
        "include_once_expression": included,
        "require_expression": included,
        "require_once_expression": included,
        "shell_command_expression": backticks,
        "print_intrinsic": printed,
        "exit_statement": exited,
    }
)

__all__ = ["EVALUATORS", "LEAVES", "assign", "bind"]
