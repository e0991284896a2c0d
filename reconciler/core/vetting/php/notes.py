"""What a call does to variables beside its answer: results put into one, comparisons that make one
trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.php.call import Call
from reconciler.core.vetting.php.tables import VALIDATORS
from reconciler.core.vetting.php.value import tainted

if TYPE_CHECKING:
    from reconciler.core.vetting.php.run import Run

OUT: Final[Mapping[str, tuple[int, int]]] = {  # where an answer is put, and of what it is made
    "preg_match": (2, 1),
    "preg_match_all": (2, 1),
    "parse_str": (1, 0),
    "mb_parse_str": (1, 0),
    "wp_parse_str": (1, 0),
    "sscanf": (2, 0),
}
NOTED: Final = VALIDATORS | frozenset(
    (
        *OUT,
        "isset",
        "empty",
        "function_exists",
        "class_exists",
        "defined",
        "method_exists",
        "is_multisite",
        "version_compare",
        "is_admin",
    )
)


def noted(run: Run, call: Call) -> None:
    """What a call does to variables: results put into one, comparisons that make one trusted."""
    name = call.name
    if name in OUT:
        place, source = OUT[name]
        if place < len(call.nodes) and call.nodes[place].type == "variable_name":
            run.env[run.text(call.nodes[place])[1:]] = tainted(call.at(source).taint)
        elif place >= len(call.nodes) and name.endswith("parse_str"):
            run.extracted |= call.at(0).taint
    if name in VALIDATORS and call.nodes:
        at = 1 if name == "preg_match" else 0
        if at < len(call.nodes) and call.at(at).taint:
            run.mark_checked(run.text(call.nodes[at]))
    elif name in {"isset", "empty"}:
        for node in call.nodes:
            if node.type == "subscript_expression" and len(node.named_children) == 2:
                key = node.named_children[1]
                if key.type in {"variable_name", "subscript_expression"} and name == "isset":
                    run.mark_checked(run.text(key))
    elif name in {"function_exists", "class_exists", "defined", "method_exists"}:
        run.guards.add((call.known(0) or "").lower())
    elif name in {"is_multisite", "version_compare", "is_admin"}:
        run.guards.add(name)
