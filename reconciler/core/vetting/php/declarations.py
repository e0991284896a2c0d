"""What a file declares: names, imports, functions, classes; found before anything is walked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.function import Function, Parameter
from reconciler.core.vetting.php.grammar import operands
from reconciler.core.vetting.php.parts import Class
from reconciler.core.vetting.php.run import Run
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 60
_BLOCKS = words(
    "program compound_statement colon_block if_statement else_clause"
    " namespace_definition php_tag ERROR else_if_clause"
)
_CLASSES = frozenset(
    ["class_declaration", "interface_declaration", "trait_declaration", "enum_declaration"]
)


def declare(run: Run, node: Node, *, guarded: str = "", depth: int = 0) -> None:
    """Note everything that `node` declares. `guarded`: the kind of block that holds it, or ""."""
    if depth > MAX_DEPTH:
        return
    for child in node.named_children:
        kind = child.type
        if kind == "function_definition":
            _function(run, child, guarded)
        elif kind in _CLASSES:
            declare_class(run, child, guarded=guarded)
        elif kind == "namespace_use_declaration":
            _uses(run, child)
        elif kind == "namespace_definition":
            name = child.child_by_field_name("name")
            run.names.namespace = run.text(name).lower() if name is not None else ""
            declare(run, child, guarded=guarded, depth=depth + 1)
        elif kind in _BLOCKS:
            inner = guarded or ("if" if kind == "if_statement" else "")
            declare(run, child, guarded=inner, depth=depth + 1)


def full(run: Run, name: str) -> str:
    """A name declared here, with its namespace, lower-cased."""
    lowered = name.lower()
    return f"{run.names.namespace}\\{lowered}" if run.names.namespace else lowered


def _function(run: Run, node: Node, guarded: str) -> None:
    name_node = node.child_by_field_name("name")
    if name_node is None:
        return
    name = full(run, run.text(name_node))
    if not guarded:
        run.declared.append(f"function {name}")
    run.functions.setdefault(name, made(run, node, name, ""))


def made(run: Run, node: Node, name: str, owner: str) -> Function:
    """The function that a node of any kind of function is."""
    parameters = []
    listed = node.child_by_field_name("parameters")
    for child in listed.named_children if listed is not None else ():
        variable = child.child_by_field_name("name")
        if variable is None:
            continue
        if variable.type == "by_ref":
            variable = operands(variable)[-1]
        type_node = child.child_by_field_name("type")
        type_name = "" if type_node is None else run.text(type_node).lower().lstrip("?\\")
        type_name = run.names.classes.get(type_name, type_name).rpartition("\\")[2]
        parameters.append(
            Parameter(
                run.text(variable).lstrip("&.").removeprefix("$"),
                child.child_by_field_name("default_value"),
                ""
                if type_name in {"string", "array", "mixed", "iterable", "callable"}
                else type_name,
            )
        )
    return Function(name, owner, node.child_by_field_name("body"), tuple(parameters))


def declare_class(run: Run, node: Node, *, guarded: str = "if", name: str = "") -> Class:
    """Note a class and its members. An anonymous one is given its `name`."""
    name_node = node.child_by_field_name("name")
    if name_node is not None:
        name = full(run, run.text(name_node))
        if not guarded:
            run.declared.append(f"class {name}")
    parent = ""
    for child in node.named_children:
        if child.type == "base_clause" and child.named_children:
            parent = class_name(run, run.text(operands(child)[0]))
    made_class = Class(name=name, parent=parent)
    run.classes.setdefault(name, made_class)
    body = node.child_by_field_name("body")
    for member in body.named_children if body is not None else ():
        _member(run, made_class, member)
    return made_class


def _member(run: Run, owner: Class, member: Node) -> None:
    if member.type == "method_declaration":
        name = member.child_by_field_name("name")
        if name is not None:
            method = run.text(name).lower()
            owner.methods[method] = made(run, member, f"{owner.name}::{method}", owner.name)
    elif member.type == "const_declaration":
        for element in member.named_children:
            if element.type == "const_element":
                owner.pending["::" + run.text(operands(element)[0])] = operands(element)[-1]
    elif member.type == "property_declaration":
        for element in member.named_children:
            if element.type == "property_element":
                value = element.child_by_field_name("default_value")
                if value is not None:
                    owner.pending[run.text(operands(element)[0])[1:]] = value
    elif member.type == "enum_case":
        value = member.child_by_field_name("value")
        if value is not None:
            owner.pending["::" + run.text(operands(member)[0])] = value


def class_name(run: Run, written: str) -> str:
    """The full, lower-cased name of a class as it is written."""
    lowered = written.lower()
    if lowered.startswith("\\"):
        return lowered[1:]
    first, slash, rest = lowered.partition("\\")
    if first == "namespace" and slash:
        return full(run, rest)
    imported = run.names.classes.get(first)
    if imported is not None:
        return imported + slash + rest
    return full(run, lowered)


def function_name(run: Run, written: str) -> str:
    """The full, lower-cased name of a function; a bare name falls back to PHP's own."""
    lowered = written.lower()
    if lowered.startswith("\\"):
        return lowered[1:]
    if "\\" not in lowered:
        imported = run.names.functions.get(lowered)
        if imported is not None:
            return imported
        if run.names.namespace:
            own = full(run, lowered)
            return own if own in run.functions else lowered
        return lowered
    return class_name(run, lowered)


def _uses(run: Run, node: Node) -> None:
    prefix, kind = "", ""
    for child in node.children:
        if child.type == "namespace_name":
            prefix = run.text(child).lower().strip("\\") + "\\"
        elif child.type in {"function", "const"}:
            kind = child.type
        elif child.type == "namespace_use_group":
            for clause in child.named_children:
                _use(run, clause, prefix, kind)
        elif child.type == "namespace_use_clause":
            _use(run, child, prefix, kind)


def _use(run: Run, clause: Node, prefix: str, kind: str) -> None:
    alias = clause.child_by_field_name("alias")
    target = ""
    for child in clause.children:
        if child.type in {"function", "const"}:
            kind = child.type
        elif child.type in {"name", "qualified_name"} and not target:
            target = prefix + run.text(child).lower().strip("\\")
    if not target:
        return
    name = target.rpartition("\\")[2] if alias is None else run.text(alias).lower()
    table = {"function": run.names.functions, "const": run.names.constants}.get(
        kind, run.names.classes
    )
    table[name] = target
