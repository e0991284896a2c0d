"""Writing variables, elements and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.checks.uploads import mime_added
from reconciler.core.vetting.php.grammar import operands, plain
from reconciler.core.vetting.php.value import (
    NUMBER,
    UNKNOWN,
    Value,
    common,
    either,
    item_of,
    joined,
)
from reconciler.core.vetting.php.variables import member, property_of, scope_of, variable

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

MAX_DEPTH = 20


def assigned(run: Run, node: Node) -> Value:
    """`target = value`."""
    children = node.named_children
    if len(children) != 2:
        children = plain(children)
    if len(children) < 2:
        return UNKNOWN
    value = run.value(children[-1])
    assign(run, children[0], value)
    return value


def augmented(run: Run, node: Node) -> Value:
    """`target .= value` and its kin."""
    children = plain(node.children)
    if len(children) < 3:
        return UNKNOWN
    before, value = run.value(children[0]), run.value(children[-1])
    operator = children[1].type
    if operator == ".=":
        value = joined(before, value)
        if run.loops:
            value = Value(None, value.taint, value.clean)
    elif operator == "??=":
        value = either(before, value)
    elif before.items is None:
        value = Value(None, before.taint | value.taint, 0) if operator == "^=" else NUMBER
    assign(run, children[0], value)
    return value


def updated(run: Run, node: Node) -> Value:
    """`$i++`: from then on any number."""
    for child in node.named_children:
        if child.type == "variable_name":
            bind(run, run.text(child)[1:], NUMBER)
    return NUMBER


def bind(run: Run, name: str, value: Value) -> None:
    """Give a variable of this function a value."""
    run.env[name] = value


def assign(run: Run, target: Node, value: Value, depth: int = 0) -> None:
    """Put a value where `target` points."""
    kind = target.type
    if kind == "variable_name":
        name = run.text(target)[1:]
        bind(run, name, value)
        if run.checked:
            run.checked.discard(f"${name}")
    elif kind == "subscript_expression":
        _element(run, target, value)
    elif kind in {"member_access_expression", "nullsafe_member_access_expression"}:
        _property(run, target, value)
    elif kind == "scoped_property_access_expression":
        _static(run, target, value)
    elif kind in {"list_literal", "array_creation_expression"} and depth < MAX_DEPTH:
        _listed(run, target, value, depth)
    elif kind == "dynamic_variable_name" and target.named_children:
        inner = operands(target)[0]
        known = run.text(inner) if inner.type == "name" else run.value(inner).known
        if known is not None:
            bind(run, known, value)
    elif kind == "by_ref" and target.named_children:
        assign(run, operands(target)[-1], value, depth + 1)
    else:
        run.value(target)


def _element(run: Run, target: Node, value: Value) -> None:
    parts = operands(target)
    if not parts:
        return
    base = parts[0]
    key = run.value(parts[1]).known if len(parts) > 1 else None
    if base.type == "variable_name":
        name = run.text(base)[1:]
        before = run.env.get(name)
        if name == "GLOBALS" and key is not None:
            run.globals[key] = value
            return
        if before is None and name in {"_SESSION", "_GET", "_POST", "_REQUEST", "_COOKIE"}:
            variable(run, base)
            return
        mime_added(run, target, key, value)
        run.env[name] = _with_item(before, key, value)
    elif base.type == "subscript_expression":
        run.value(base)
        root = base
        while root.type == "subscript_expression" and root.named_children:
            root = root.named_children[0]
        if root.type == "variable_name":
            name = run.text(root)[1:]
            before = run.env.get(name)
            if before is not None:
                run.env[name] = Value(
                    None, before.taint | value.taint, common(before, value), before.items
                )
    elif base.type == "member_access_expression":
        before = member(run, base)
        _property(run, base, _with_item(before, key, value))
    else:
        run.value(base)


def _with_item(before: Value | None, key: str | None, value: Value) -> Value:
    if before is None:
        before = Value(None, 0, value.clean, {})
    items = dict(before.items or {})
    clean = common(before, value) if items or before.taint else value.clean
    items[key if key is not None else str(len(items))] = value
    return Value(None, before.taint | value.taint, clean, items, before.kind)


def _property(run: Run, target: Node, value: Value) -> None:
    parts = operands(target)
    if len(parts) < 2:
        return
    base = run.value(parts[0])
    if base.kind == "this" and run.within is not None and parts[-1].type == "name":
        name = run.text(parts[-1])
        before = property_of(run, run.within, name)
        known = name in run.within.properties and before.text != ""
        kept = Value(value.text, value.taint & 0xFFFF, value.clean, value.items, value.kind)
        kept.function = value.function
        run.within.properties[name] = either(before, kept) if known else kept


def _static(run: Run, target: Node, value: Value) -> None:
    parts = operands(target)
    owner = scope_of(run, parts[0]) if len(parts) > 1 else None
    if owner is not None and parts[-1].type == "variable_name":
        name = run.text(parts[-1])[1:]
        before = property_of(run, owner, name)
        owner.properties[name] = either(before, value) if name in owner.properties else value


def _listed(run: Run, target: Node, value: Value, depth: int) -> None:
    """`[$a, 'k' => $b] = …`: a text before a target is its key."""
    key: str | None = None
    place = 0
    for child in operands(target):
        one = child
        if one.type == "array_element_initializer":
            inner = operands(one)
            key = run.value(inner[0]).known if len(inner) == 2 else None
            one = inner[-1] if inner else one
        if one.type in {"string", "encapsed_string", "integer"}:
            key = run.value(one).known
            continue
        assign(run, one, item_of(value, key if key is not None else str(place)), depth + 1)
        key = None
        place += 1
