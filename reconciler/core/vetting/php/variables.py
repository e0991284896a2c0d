"""Reading variables, array elements and properties, under their plain and their hidden names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.checks.statelessness import session_used
from reconciler.core.vetting.php.declarations import class_name
from reconciler.core.vetting.php.grammar import operands, plain
from reconciler.core.vetting.php.tables import SERVER_OWN, SUPERGLOBALS
from reconciler.core.vetting.php.value import (
    CLEAN,
    NUMBER,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    Value,
    item_of,
    literal,
)
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.parts import Class
from reconciler.core.vetting.php.run import Run

WPDB = Value(None, 0, 0, None, "wpdb")
PREDEFINED = {
    "wpdb": WPDB,
    "wp_filesystem": Value(None, 0, 0, None, "filesystem"),
    "pagenow": Value(None, 0, CLEAN),
}
# Of the database object: names of tables, which no visitor chooses.
CORE_TABLES = words(
    "posts postmeta users usermeta options comments commentmeta terms termmeta"
    " term_taxonomy term_relationships links blogs site sitemeta signups"
)


def variable(run: Run, node: Node) -> Value:
    """`$name`."""
    name = run.data[node.start_byte + 1 : node.end_byte].decode("utf-8", "surrogateescape")
    return run.env.get(name) or named(run, name, node)


def dynamic(run: Run, node: Node) -> Value:
    """`$$name`, `${'name'}`."""
    parts = operands(node)
    if not parts:
        return UNKNOWN
    name = run.text(parts[0]) if parts[0].type == "name" else run.value(parts[0]).known
    return UNKNOWN if name is None else named(run, name, node)


def named(run: Run, name: str, node: Node) -> Value:
    """The variable of that name."""
    value = run.env.get(name)
    if value is not None:
        return value
    if name in SUPERGLOBALS:
        run.here.reads_request = run.here.reads_request or name not in {"_SERVER", "_ENV"}
        taint = 0 if name == "_ENV" else UPLOAD | REQUEST if name == "_FILES" else REQUEST
        return Value(None, taint, 0, None, name)
    if name == "this":
        return Value(None, 0, 0, None, "this")
    if name == "GLOBALS":
        return Value(None, 0, 0, None, "GLOBALS")
    if name == "_SESSION":
        session_used(run, node)
        return UNKNOWN
    predefined = PREDEFINED.get(name)
    if predefined is not None:
        return predefined
    return Value(None, run.extracted) if run.extracted else UNKNOWN


def subscript(run: Run, node: Node) -> Value:
    """`base[key]`."""
    parts = node.named_children
    if len(parts) > 2:
        parts = plain(parts)
    if not parts:
        return UNKNOWN
    base = run.value(parts[0])
    key = None
    if len(parts) > 1:
        key = run.text(parts[1]) if parts[1].type == "name" else run.value(parts[1]).known
    if base.kind == "GLOBALS" and key is not None:
        found = run.globals.get(key)
        return found if found is not None else named(run, key, node)
    if base.kind == "_SERVER":
        if key in SERVER_OWN or key is None:
            return NUMBER
        return _unless_checked(run, node, Value(None, REQUEST, 0, None, f"server {key}"))
    if base.kind in {"_FILES", "file"}:
        return Value(None, UPLOAD if key == "tmp_name" else REQUEST, 0, None, "file")
    return _unless_checked(run, node, item_of(base, key)) if base.taint else item_of(base, key)


def _unless_checked(run: Run, node: Node, value: Value) -> Value:
    if run.checked and run.text(node) in run.checked:
        return Value(value.text, value.taint, CLEAN)
    return value


def member(run: Run, node: Node) -> Value:
    """`object->name`."""
    parts = node.named_children
    if len(parts) != 2:
        parts = plain(parts)
    if len(parts) < 2:
        return UNKNOWN
    base = run.value(parts[0])
    name = run.text(parts[-1]) if parts[-1].type == "name" else run.value(parts[-1]).known
    if base.kind == "wpdb":
        if name in {"prefix", "base_prefix"}:
            return literal("{prefix}")
        return literal("{prefix}" + name) if name in CORE_TABLES else NUMBER
    if base.kind == "this" and run.within is not None and name is not None:
        return property_of(run, run.within, name)
    return Value(None, base.taint, base.clean if base.taint else 0)


def property_of(run: Run, owner: Class, name: str) -> Value:
    """A property's default, or what methods walked so far put into it."""
    node = owner.pending.pop(name, None)
    if node is not None and name not in owner.properties:
        owner.properties[name] = run.value(node)
    found = owner.properties.get(name)
    if found is not None:
        return found
    return PREDEFINED.get(name, UNKNOWN) if name in {"wpdb", "wp_filesystem"} else UNKNOWN


def scope_of(run: Run, node: Node) -> Class | None:
    """The class before `::`, where it is of this file."""
    text = run.text(node).lower()
    if text in {"self", "static"}:
        return run.within
    if text == "parent":
        return run.classes.get(run.within.parent) if run.within is not None else None
    return run.classes.get(class_name(run, text))


def scoped_property(run: Run, node: Node) -> Value:
    """`Class::$name`."""
    parts = node.named_children
    if len(parts) != 2:
        parts = plain(parts)
    if len(parts) < 2:
        return UNKNOWN
    owner = scope_of(run, parts[0])
    if owner is None or parts[-1].type != "variable_name":
        return UNKNOWN
    return property_of(run, owner, run.text(parts[-1])[1:])
