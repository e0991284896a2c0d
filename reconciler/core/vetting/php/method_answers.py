"""What methods of other files answer: the database object, requests, dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.php.answers import read_file
from reconciler.core.vetting.php.call import Call
from reconciler.core.vetting.php.formatted import merged_arguments
from reconciler.core.vetting.php.value import (
    CLEAN,
    REQUEST,
    ROW,
    SQL,
    SQL_QUOTED,
    UNKNOWN,
    Value,
    literal,
    tainted,
)
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from reconciler.core.vetting.php.run import Run

_DATABASE_READS: Final = words("get_results get_var get_row get_col fetch fetchall")


def method_answer(run: Run, call: Call) -> Value:
    """What a method that is not of this file gives."""
    name, target = call.name, call.target
    if name == "prepare":
        taint, _ = merged_arguments(call)
        pattern = call.at(0)
        return Value(pattern.text, taint, CLEAN if not pattern.comes_from(REQUEST, safe=SQL) else 0)
    if name in _DATABASE_READS:
        return tainted(ROW)
    if target.kind == "wpdb":
        if name in {"_real_escape", "esc_like", "_escape", "escape"}:
            value = call.at(0)
            return Value(None, value.taint, value.clean | (0 if name == "esc_like" else SQL_QUOTED))
        if name == "get_charset_collate":
            return literal("")
        if name == "get_blog_prefix":
            return literal("{prefix}")
        return UNKNOWN
    if target.kind == "rest":
        run.here.reads_request = True
        return tainted(REQUEST)
    if target.kind in {"clock", "date"}:
        return Value(None, 0, CLEAN, None, target.kind)
    if target.kind == "filesystem" and name == "get_contents":
        return read_file(run, call)
    return Value(None, target.taint, target.clean if target.taint else 0)
