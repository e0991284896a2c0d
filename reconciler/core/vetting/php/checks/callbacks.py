"""Functions that are run through others: by their name in a text, by reflection, by a hook's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.checks.execution import (
    DANGEROUS,
    HIDDEN_CALLBACK,
    TAINTED_CALL,
    judge_call,
    judge_code,
    origin,
)
from reconciler.core.vetting.php.tables import CALLABLE_AT
from reconciler.core.vetting.php.value import CHECKED, HOLE, REMOTE, REQUEST, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from reconciler.core.vetting.finding import Rule
    from reconciler.core.vetting.php.run import Run

RULES: tuple[Rule, ...] = ()


def _callable(run: Run, call: Call) -> None:
    for place in CALLABLE_AT[call.name]:
        value = call.at(place)
        others = [other for other in call.arguments if other is not value]
        _passed(run, call.node, value, others)


def _passed(run: Run, node: Node, value: Value, others: Iterable[Value]) -> None:
    name = (value.known or "").lower().lstrip("\\")
    if name in DANGEROUS:
        run.report(HIDDEN_CALLBACK, node, f"{name} as a callback")
        for other in others:
            run.sink(judge_code, other, node)
    elif value.function is None and value.kind != "closure":
        run.sink(judge_call, value, node)


def _reflected(run: Run, call: Call) -> None:
    _passed(run, call.node, call.at(0), ())


def _made(run: Run, call: Call) -> None:
    if call.target.kind == "static closure":
        _passed(run, call.node, call.at(0), ())


def _many(run: Run, call: Call) -> None:
    """`preg_replace_callback_array`: pattern → callback."""
    for value in (call.at(0).items or {}).values():
        _passed(run, call.node, value, call.arguments[1:])


def _filter(run: Run, call: Call) -> None:
    """`filter_var($x, FILTER_CALLBACK, ['options' => f])`."""
    value = (call.at(2).items or {}).get("options")
    if value is not None and value.items is None:
        _passed(run, call.node, value, call.arguments[:1])


def _hook(run: Run, call: Call) -> None:
    """A hook whose name a visitor chooses runs whatever hangs there."""
    value = call.at(0)
    fixed = bool(value.text) and not (value.text or "").startswith(HOLE)
    if value.comes_from(REQUEST | REMOTE, safe=CHECKED) and not fixed:
        run.report(TAINTED_CALL, call.node, f"the name of a hook: {origin(value)}", level="warn")


def _shortcodes(run: Run, call: Call) -> None:
    if call.at(0).comes_from(REQUEST, safe=CHECKED):
        run.report(TAINTED_CALL, call.node, "shortcodes of a visitor", level="warn")


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(CALLABLE_AT, _callable),
    **dict.fromkeys(("do_action", "apply_filters", "do_action_ref_array"), _hook),
    "preg_replace_callback_array": _many,
    "filter_var": _filter,
    "do_shortcode": _shortcodes,
}
METHODS: dict[str, Check] = {"fromcallable": _made}
CLASSES: dict[str, Check] = {
    "reflectionfunction": _reflected,
    "reflectionmethod": _reflected,
}
