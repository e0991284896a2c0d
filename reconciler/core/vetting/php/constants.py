"""Constants: PHP's, WordPress's places, the file's own and those of its classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.core.vetting.php.declarations import class_name
from reconciler.core.vetting.php.grammar import operands
from reconciler.core.vetting.php.tables import GLOBAL_CONSTANTS
from reconciler.core.vetting.php.value import CLEAN, UNKNOWN, Value, literal
from reconciler.core.vetting.php.variables import scope_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

# A constant of another file whose name says that it is the package's folder.
OWN_FOLDER = re.compile(r".+_(?:PLUGIN_DIR|PLUGIN_PATH|DIR|PATH|DIR_PATH|ABSPATH|ROOT)")
_ELSEWHERE = re.compile(r"UPLOAD|CACHE|TE?MP|LOG|CONTENT|DATA|BACKUP|EXPORT|SETTINGS")
_CORE_CLASS_CONSTANTS = {
    "wp_rest_server::readable": "GET",
    "wp_rest_server::creatable": "POST",
    "wp_rest_server::editable": "POST, PUT, PATCH",
    "wp_rest_server::deletable": "DELETE",
    "wp_rest_server::allmethods": "GET, POST, PUT, PATCH, DELETE",
}


def named_constant(run: Run, node: Node) -> Value:
    """A constant by its name."""
    return constant(run, run.text(node))


def constant(run: Run, written: str) -> Value:
    """The constant of that name, as it may be written in this file."""
    name = written.rpartition("\\")[2]
    if name.startswith("__"):
        magic = _magic(run, name.upper())
        if magic is not None:
            return magic
    found = run.constants.get(name) or GLOBAL_CONSTANTS.get(name)
    if found is None:
        found = GLOBAL_CONSTANTS.get(name.lower())
    if found is not None:
        return found
    if name.isupper() and not _ELSEWHERE.search(name) and OWN_FOLDER.fullmatch(name):
        return Value("{package?}/", 0, CLEAN)
    return Value(None, 0, CLEAN)


def _magic(run: Run, name: str) -> Value | None:
    folder = run.path.rpartition("/")[0]
    owner = run.within.name if run.within is not None else ""
    known = {
        "__DIR__": "{package}" + (f"/{folder}" if folder else ""),
        "__FILE__": "{package}/" + run.path,
        "__NAMESPACE__": run.names.namespace,
        "__CLASS__": owner,
        "__FUNCTION__": run.here.name.rpartition("::")[2],
        "__METHOD__": run.here.name,
        "__LINE__": "1",
    }
    return literal(known[name]) if name in known else None


def class_constant(run: Run, node: Node) -> Value:
    """`Class::NAME` and `Class::class`."""
    parts = operands(node)
    if len(parts) < 2:
        return UNKNOWN
    name = run.text(parts[-1])
    owner = scope_of(run, parts[0])
    if name == "class":
        return literal(owner.name if owner is not None else class_name(run, run.text(parts[0])))
    if owner is not None:
        pending = owner.pending.pop("::" + name, None)
        if pending is not None:
            kept, run.within = run.within, owner
            owner.constants[name] = run.value(pending)
            run.within = kept
        found = owner.constants.get(name)
        return found if found is not None else Value(None, 0, CLEAN)
    full = f"{run.text(parts[0]).lower().rpartition(chr(92))[2]}::{name.lower()}"
    core = _CORE_CLASS_CONSTANTS.get(full)
    return literal(core) if core is not None else Value(None, 0, CLEAN)
