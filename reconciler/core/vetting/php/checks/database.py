"""SQL, and text that becomes objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.checks.execution import origin
from reconciler.core.vetting.php.value import (
    CHECKED,
    HOLE,
    PARAMETERS,
    REMOTE,
    REQUEST,
    SQL,
    STORED,
    UPLOAD,
    Value,
)
from reconciler.core.vetting.php.variables import CORE_TABLES

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

INJECTION = Rule(
    code="sql-injection",
    level="block",
    family="database",
    summary="puts a part of the request into SQL",
    why="A visitor can read and change the site's whole database.",
    fix="$wpdb->prepare() with %s, %d, %i for every part; absint() for numbers.",
)
UNPREPARED = Rule(
    code="sql-unprepared",
    level="warn",
    family="database",
    summary="puts a variable into SQL without prepare()",
    why="Nothing shows here that the variable is harmless; a later change elsewhere can make it a"
    " hole.",
    fix="$wpdb->prepare(), or a list of allowed words beside the query.",
)
CORE_SCHEMA = Rule(
    code="core-schema",
    level="block",
    family="database",
    summary="changes the structure of WordPress's own tables",
    why="Updates of WordPress expect its tables as it made them.",
    fix="A table of its own, declared in the allowlist; or meta data.",
)
UNBOUNDED = Rule(
    code="unbounded-query",
    level="warn",
    family="database",
    summary="asks the database for everything at once",
    why="All sites share one database server; the query grows with the site until it times out.",
    fix="A limit and pages; no ORDER BY RAND().",
)
UNSERIALIZE = Rule(
    code="unserialize-outside",
    level="block",
    family="database",
    summary="makes objects from text that comes from outside",
    why="unserialize() of a stranger's text runs code of any class that is loaded.",
    fix="json_decode(), or unserialize() with ['allowed_classes' => false].",
)

RULES = (INJECTION, UNPREPARED, CORE_SCHEMA, UNBOUNDED, UNSERIALIZE)

_QUERIES: Final = frozenset(("query", "get_results", "get_var", "get_row", "get_col"))
_STATEMENT = re.compile(
    r"(?is)\s*(?:select|insert|update|delete|replace|create|alter|drop|truncate|show|rename|set"
    r"|lock|unlock|describe|optimize|start|commit|rollback)\b"
)
_WRITES = re.compile(r"(?is)\s*(?:insert|update|delete|replace|truncate)\b")
_SCHEMA = re.compile(
    r"(?is)\b(?:create\s+(?:temporary\s+)?|alter\s+|drop\s+|truncate\s+|rename\s+)table\s+"
    r"(?:if\s+(?:not\s+)?exists\s+)?`?([^\s`(;]+)"
)
_TABLE = re.compile(r"\{prefix\}([A-Za-z0-9_]+)")
# A missing part that is no name of a table or a column.
HOLE_AS_VALUE = re.compile(
    rf"(?is)(?<!`)(?<!from )(?<!join )(?<!into )(?<!table )(?<!update )(?<!desc )(?<!exists )"
    rf"(?<!describe )(?<!columns from )(?<!index )(?<!\.){HOLE}(?!\.)"
)
_RANDOM = re.compile(r"(?i)order\s+by\s+rand\s*\(")
MAX_SQL_CHARS = 20_000


def _queried(run: Run, call: Call) -> None:
    sql = call.at(0)
    own = call.target.kind == "wpdb"
    text = (sql.text or "")[:MAX_SQL_CHARS]
    if not own and call.name in {"query", "exec"} and not _STATEMENT.match(text):
        return
    _statement(run, sql, text, call.node)


def _procedural(run: Run, call: Call) -> None:
    sql = call.at(1 if call.name.startswith("mysqli") else 0)
    _statement(run, sql, (sql.text or "")[:MAX_SQL_CHARS], call.node)


def _statement(run: Run, sql: Value, text: str, node: Node) -> None:
    run.sink(judge_sql, sql, node)
    _tables(run, text, node)
    run.effect("query", node)
    if _WRITES.match(text):
        run.effect("table", node)
        if "{prefix}options" in text:
            run.effect("option", node)
        if "{prefix}users" in text:
            run.effect("user", node)
    if _RANDOM.search(text):
        run.report(UNBOUNDED, node, "ORDER BY RAND()")


def judge_sql(run: Run, value: Value, node: Node) -> None:
    """A statement that is sent to the database."""
    if value.comes_from(REQUEST, safe=SQL | CHECKED):
        run.report(INJECTION, node)
    elif value.clean & (SQL | CHECKED):
        return
    elif value.comes_from(STORED | REMOTE):
        run.report(UNPREPARED, node, origin(value))
    elif value.text is not None and HOLE in value.text and value.text.strip(HOLE):
        mild = not value.taint & PARAMETERS or not HOLE_AS_VALUE.search(value.text)
        run.report(UNPREPARED, node, level="info" if mild else None)


def _prepared(run: Run, call: Call) -> None:
    pattern = call.at(0)
    if pattern.comes_from(REQUEST, safe=SQL | CHECKED):
        run.sink(judge_sql, pattern, call.node)
    _tables(run, (pattern.text or "")[:MAX_SQL_CHARS], call.node)


def _tables(run: Run, text: str, node: Node) -> None:
    for table in _TABLE.findall(text):
        if table.lower() not in CORE_TABLES:
            run.fact("table", "{prefix}" + table, node)
    for table in _SCHEMA.findall(text):
        name = table.removeprefix("{prefix}")
        if name != table and name in CORE_TABLES:
            run.report(CORE_SCHEMA, node, name)


def _delta(run: Run, call: Call) -> None:
    value = call.at(0)
    for one in (value.items or {"": value}).values():
        _tables(run, (one.text or "")[:MAX_SQL_CHARS], call.node)


def _row(run: Run, call: Call) -> None:
    if call.target.kind != "wpdb":
        return
    table = call.at(0).text or ""
    run.effect("table", call.node)
    _tables(run, table, call.node)
    for name, effect in (("options", "option"), ("users", "user"), ("usermeta", "user")):
        if table == "{prefix}" + name:
            run.effect(effect, call.node)  # type: ignore[arg-type]


def _listed(run: Run, call: Call) -> None:
    for key in ("posts_per_page", "numberposts", "nopaging"):
        value = (call.at(0).items or {}).get(key)
        if value is None:
            continue
        if value.known == "-1" or (key == "nopaging" and value.known == "1"):
            run.report(UNBOUNDED, call.node, f"{key} {value.known}")
    order = (call.at(0).items or {}).get("orderby")
    if order is not None and order.known == "rand":
        run.report(UNBOUNDED, call.node, "orderby rand")


def _unserialized(run: Run, call: Call) -> None:
    options = call.at(1).items or {}
    allowed = options.get("allowed_classes")
    if allowed is None or allowed.known not in {"", "0"}:
        run.sink(judge_objects, call.at(0), call.node)


def judge_objects(run: Run, value: Value, node: Node) -> None:
    """Text that becomes objects."""
    if value.taint & (REQUEST | REMOTE | UPLOAD):
        run.report(UNSERIALIZE, node, origin(value))


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(("mysqli_query", "mysql_query", "mysqli_multi_query"), _procedural),
    **dict.fromkeys(("unserialize", "maybe_unserialize"), _unserialized),
    **dict.fromkeys(("get_posts", "query_posts", "get_children"), _listed),
    "dbdelta": _delta,
}
METHODS: dict[str, Check] = {
    **dict.fromkeys((*_QUERIES, "exec"), _queried),
    **dict.fromkeys(("insert", "update", "delete", "replace"), _row),
    "prepare": _prepared,
}
CLASSES: dict[str, Check] = {"wp_query": _listed}
