"""Calls of every form: which function is meant, what it answers, and what the checks say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.answers import answer
from reconciler.core.vetting.php.call import Call, callback_of, own_method
from reconciler.core.vetting.php.checks import CLASSES, FUNCTIONS, METHODS
from reconciler.core.vetting.php.checks.execution import (
    judge_call,
    judge_method,
    judge_new,
    say_hidden,
)
from reconciler.core.vetting.php.declarations import (
    class_name,
    declare_class,
    function_name,
    made,
)
from reconciler.core.vetting.php.grammar import kind, operands, plain
from reconciler.core.vetting.php.method_answers import method_answer
from reconciler.core.vetting.php.value import UNKNOWN, Value, tainted
from reconciler.core.vetting.php.variables import scope_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

_NAMES = frozenset(("name", "qualified_name", "relative_name"))
_NAME_KINDS = frozenset(kind(name) for name in _NAMES)
_ARGUMENT_KINDS = frozenset((kind("argument"), kind("variadic_unpacking")))
_PLACEHOLDER = kind("variadic_placeholder")


def called(run: Run, node: Node) -> Value:
    """`name(…)`, and calls of what an expression gives."""
    children = node.children
    if len(children) != 2:
        children = plain(children)
    callee, listed = children[0], children[-1]
    value = UNKNOWN
    hidden = False
    if callee.kind_id in _NAME_KINDS:
        written = run.data[callee.start_byte : callee.end_byte]
        name = run.resolved.get(written) or _resolved(run, written)
    else:
        value = run.value(callee)
        name = (value.known or "").lower().lstrip("\\")
        hidden = True
    call = Call(name, node)
    if _arguments(run, call, listed):
        return Value(name, 0, value.clean, None, "closure", run.functions.get(name))
    if hidden:
        method = callback_of(run, value) if value.items is not None else value.function
        if method is not None:
            return run.call(method, call.arguments)
        if not name or value.items is not None:
            run.sink(judge_call, value, node)
            return tainted(value.taint)
        say_hidden(run, value, name, node)
    answered = invoke(run, call)
    run.called = name
    return answered


def _resolved(run: Run, written: bytes) -> str:
    name = function_name(run, written.decode("utf-8", "surrogateescape"))
    # In a namespace a bare name means another function once one inside was declared.
    if not run.names.namespace:
        run.resolved[written] = name
    return name


def invoke(run: Run, call: Call) -> Value:
    """Call a function by name, whichever way the name was found."""
    run.here.calls.add(call.name)
    own = run.functions.get(call.name)
    for check in FUNCTIONS.get(call.name, ()):
        check(run, call)
    if own is not None:
        return run.call(own, call.arguments)
    if call.name in {"call_user_func", "call_user_func_array"}:
        return _indirect(run, call)
    return answer(run, call)


def _indirect(run: Run, call: Call) -> Value:
    """What is called through call_user_func is called."""
    arguments = call.arguments[1:]
    if call.name.endswith("_array"):
        arguments = list((call.at(1).items or {}).values())
    function = callback_of(run, call.at(0))
    if function is not None:
        return run.call(function, arguments)
    name = (call.known(0) or "").lower().lstrip("\\")
    if name and name not in {"call_user_func", "call_user_func_array"} and "::" not in name:
        return invoke(run, Call(name, call.node, arguments, call.nodes[1:]))
    return answer(run, call)


def _arguments(run: Run, call: Call, listed: Node) -> bool:
    """Evaluate what is passed. True for `name(...)`, which makes a closure instead of calling."""
    arguments, nodes = call.arguments, call.nodes
    for argument in listed.named_children:
        number = argument.kind_id
        if number in _ARGUMENT_KINDS:
            inner = operands(argument)
            if not inner:
                continue
            expression = inner[-1]
            value = run.value(expression)
            if value.items is not None and expression.type == "variadic_unpacking":
                arguments.extend(value.items.values())
                nodes.extend([expression] * len(value.items))
                continue
            arguments.append(value)
            nodes.append(expression)
        elif number == _PLACEHOLDER:
            return True
    return False


def method_called(run: Run, node: Node) -> Value:
    """`object->name(…)`."""
    children = _parts_of(node)
    if len(children) < 2:
        return UNKNOWN
    target = run.value(children[0])
    name = _method_name(run, children[1], node)
    call = Call(name, node, target=target)
    makes_closure = _arguments(run, call, children[-1])
    function = own_method(run, target, name)
    if makes_closure:
        return Value(None, 0, 0, None, "closure", function)
    run.here.calls.add(f"->{name}")
    for check in METHODS.get(name, ()):
        check(run, call)
    if function is not None:
        return run.call(function, call.arguments)
    if name in {"call", "__invoke"} and target.function is not None:
        return run.call(target.function, call.arguments)
    return method_answer(run, call)


def _method_name(run: Run, named: Node, node: Node) -> str:
    """The method's name, lower-cased; "" where it is not known, which is judged."""
    if named.type == "name":
        return run.text(named).lower()
    value = run.value(named)
    name = (value.known or "").lower()
    if not name:
        run.sink(judge_method, value, node)
    return name


def _parts_of(node: Node) -> list[Node]:
    """Object or class, name and arguments; fewer where the parser had to guess."""
    children = node.named_children
    return children if len(children) == 3 else plain(children)


def scoped_called(run: Run, node: Node) -> Value:
    """`Class::name(…)`."""
    children = _parts_of(node)
    if len(children) < 2:
        return UNKNOWN
    scope = children[0]
    if scope.type not in {"name", "qualified_name", "relative_scope", "relative_name"}:
        run.sink(judge_new, run.value(scope), node)
    name = _method_name(run, children[1], node)
    owner = scope_of(run, scope)
    full = class_name(run, run.text(scope)) if owner is None else owner.name
    call = Call(name, node, target=Value(None, 0, 0, None, f"static {full}"))
    makes_closure = _arguments(run, call, children[-1])
    function = own_method(run, Value(None, 0, 0, None, f"new {full}"), name)
    if makes_closure:
        return Value(None, 0, 0, None, "closure", function)
    run.here.calls.add(f"{full.rpartition(chr(92))[2]}::{name}")
    for check in METHODS.get(name, ()):
        check(run, call)
    if function is not None:
        return run.call(function, call.arguments)
    return method_answer(run, call)


def created(run: Run, node: Node) -> Value:
    """`new Class(…)`."""
    children = operands(node)
    if not children:
        return UNKNOWN
    named = children[0]
    if named.type == "anonymous_class":
        return _anonymous(run, named)
    call = Call("", node)
    if named.type in _NAMES:
        written = run.text(named).lower()
        if written in {"self", "static"}:
            full = run.within.name if run.within is not None else ""
        else:
            full = class_name(run, written)
    else:
        value = run.value(named)
        run.sink(judge_new, value, node)
        full = (value.known or "").lower().lstrip("\\")
    if len(children) > 1:
        _arguments(run, call, children[-1])
    call.name = full.rpartition("\\")[2]
    run.here.classes.add(call.name)
    for check in CLASSES.get(call.name, ()):
        check(run, call)
    constructor = own_method(run, Value(None, 0, 0, None, f"new {full}"), "__construct")
    if constructor is not None:
        run.call(constructor, call.arguments)
    role = {"wpdb": "wpdb", "ziparchive": "zip", "wp_rest_request": "rest"}.get(call.name)
    if call.name in {"datetime", "datetimeimmutable"}:
        text = call.known(0)
        return Value(None, 0, 0, None, "clock" if text in {None, "", "now"} else "date")
    taint = 0
    for one in call.arguments:
        taint |= one.taint
    return Value(
        None, taint & ~0xFFFF if full in run.classes else taint, 0, None, role or f"new {full}"
    )


def _anonymous(run: Run, node: Node) -> Value:
    name = f"class@{node.start_byte}"
    for child in node.named_children:
        if child.type == "arguments":
            run.value(child)
    owner = declare_class(run, node, name=name)
    for method in list(owner.methods.values()):
        run.summed(method)
    return Value(None, 0, 0, None, f"new {owner.name}")


def closure(run: Run, node: Node) -> Value:
    """A function without a name; it takes values of now with it."""
    owner = run.within.name if run.within is not None else ""
    function = made(run, node, f"{run.here.name}{{closure}}", owner)
    names: list[str] = []
    if node.type == "arrow_function":
        names = list(run.env)
    else:
        for child in node.named_children:
            if child.type == "anonymous_function_use_clause":
                names += [run.text(one).lstrip("&").strip()[1:] for one in child.named_children]
    for name in names:
        value = run.env.get(name)
        if value is not None:
            function.captured[name] = Value(
                value.text,
                value.taint & 0xFFFF,
                value.clean,
                value.items,
                value.kind,
                value.function,
            )
    run.summed(function)
    return Value(None, 0, 0, None, "closure", function)
