"""`sprintf`: each part keeps what is known of it, and what it is safe for where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.vetting.php.call import Call
from reconciler.core.vetting.php.folding import folded
from reconciler.core.vetting.php.value import CLEAN, HOLE, NUMBER, Value, common, joined, literal

if TYPE_CHECKING:
    from reconciler.core.vetting.php.run import Run

MAX_DIRECTIVES = 200


def merged_arguments(call: Call) -> tuple[int, int]:
    """Where the arguments come from together, and what all of them are safe for."""
    whole = NUMBER
    for one in call.arguments:
        if one.taint or one.text is None:
            whole = Value(None, whole.taint | one.taint, common(whole, one))
    return whole.taint, whole.clean


def formatted(_run: Run, call: Call) -> Value:
    """What `sprintf` or `vsprintf` answers."""
    text = folded(call.name, call.arguments)
    pattern = call.at(0)
    if text is not None and HOLE not in text:
        taint, _ = merged_arguments(call)
        return Value(text, taint, CLEAN)
    shape = pattern.known
    if shape is None or shape.count("%") > MAX_DIRECTIVES:
        taint, clean = merged_arguments(call)
        return Value(None, taint, clean)
    whole, place = literal(""), 1
    rest = shape
    while "%" in rest:
        before, _, rest = rest.partition("%")
        whole = joined(whole, literal(before))
        if rest[:1] == "%":
            whole, rest = joined(whole, literal("%")), rest[1:]
            continue
        digits, dollar, behind = rest.partition("$")
        at = place
        if dollar and digits.isdigit() and len(digits) < 3:
            at, rest = int(digits), behind
        else:
            place += 1
        rest = rest.lstrip("0123456789.+-'")
        value = NUMBER if rest[:1] in {"d", "f", "F", "u", "x", "X", "b", "c", "e"} else call.at(at)
        whole, rest = joined(whole, value), rest[1:]
    return joined(whole, literal(rest))
