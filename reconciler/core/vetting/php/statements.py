"""Statements in order; branches that exclude each other are walked side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.branching import conditional, looped, switched, tried
from reconciler.core.vetting.php.checks.network import assets_in_markup
from reconciler.core.vetting.php.checks.obfuscation import jumped
from reconciler.core.vetting.php.checks.output import judge_echo
from reconciler.core.vetting.php.declarations import full, made
from reconciler.core.vetting.php.grammar import kind, operands, plain
from reconciler.core.vetting.php.run import Execute, Run
from reconciler.core.vetting.php.value import UNKNOWN, either
from reconciler.core.vetting.php.variables import PREDEFINED
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node


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
    if len(children) != 1:
        children = plain(children)
    if not children:
        return False
    inner = children[0]
    value = run.value(inner)
    if run.echoes_shortly:
        start = node.start_byte
        if run.data[max(0, start - 12) : start].rstrip().endswith(b"<?="):
            run.sink(judge_echo, value, inner)
    number = inner.kind_id
    if number == _CALL:
        return run.called in ENDINGS
    return number == _THROW or (number == _NAME and run.text(inner).lower() in ENDINGS)


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
    for child in operands(node):
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
            name = run.text(operands(element)[0])
            run.constants[name] = run.value(operands(element)[-1])
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


_CALL, _NAME, _THROW = kind("function_call_expression"), kind("name"), kind("throw_expression")
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
