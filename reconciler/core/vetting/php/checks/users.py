"""Accounts, roles and the settings that decide who may enter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Level, Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import REMOTE, REQUEST, Value
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.function import Function
    from reconciler.core.vetting.php.run import Run

ADMIN_MADE = Rule(
    code="makes-administrators",
    level="block",
    family="requests",
    summary="makes administrators or opens the site's registration",
    why="An administrator of one site can read what its database holds; hidden ones are how sites"
    " are kept after a break-in.",
    fix="Administrators come from the site file; the package needs its own capability at most.",
)
SIGNS_IN = Rule(
    code="signs-in",
    level="block",
    family="requests",
    summary="signs somebody in without a password",
    why="A mistake here lets anyone in as anyone. Single sign-on has to do it, others have not.",
    fix="Two reviewers accept it for a sign-on plugin whose checks they have read.",
)
USERS_MADE = Rule(
    code="makes-users",
    level="warn",
    family="requests",
    summary="creates accounts",
    why="Membership and sign-on plugins do; others should not.",
    fix="Read which role it gives, and from where.",
)
HIDDEN_LIST = Rule(
    code="hides-from-lists",
    level="block",
    family="requests",
    summary="changes which users or plugins are listed",
    why="Back doors hide themselves and their accounts from the administrator.",
    fix="Ask what is left out and why; the list in the site's admin must be whole.",
)

RULES = (ADMIN_MADE, SIGNS_IN, USERS_MADE, HIDDEN_LIST)

HIDING_HOOKS: Final = words(
    "all_plugins pre_user_query views_users pre_get_users users_list_table_query_args"
    " show_advanced_plugins"
)
SETTINGS: Final = words(
    "users_can_register default_role admin_email siteurl home user_roles wp_user_roles"
    " {prefix}user_roles"
)
MILD_SETTINGS: Final = frozenset(("active_plugins", "template", "stylesheet", "upload_path"))
_LEAVING_OUT: Final = ("exclude", "!=", "<>", "not in", "not like")
ADMIN: Final = frozenset(("administrator", "manage_options", "super_admin", "edit_users"))
SIGN_IN_HOOKS: Final = frozenset(
    ("authenticate", "determine_current_user", "check_password", "wp_authenticate_user")
)
# Types of content of their own map rights onto others, which is how it is meant.
RIGHTS_HOOKS: Final[dict[str, Level]] = {"user_has_cap": "warn", "map_meta_cap": "info"}
SETTING_HOOKS: Final = frozenset(
    f"{prefix}option_{name}"
    for prefix in ("pre_", "")
    for name in ("users_can_register", "default_role", "admin_email", "siteurl", "home")
)
_ACCOUNT_SQL = re.compile(
    r"(?is)\s*(?:(?:insert|replace)\s+(?:ignore\s+)?into\s+`?\{prefix\}users\b"
    r"|update\s+`?\{prefix\}users`?\s+set\b.*\b(?:user_pass|user_email|user_login)\b)"
)
OPTION_WRITERS: Final = frozenset(["update_option", "add_option", "delete_option"])


def judge_list(run: Run, hook: str, function: Function, node: Node) -> None:
    """A callback on a list of the admin: does it leave something out?"""
    body = function.body
    if body is None:
        return
    leaves_out = bool(function.calls & {"array_filter", "array_diff_key", "array_diff"})
    stack = [body]
    while stack:
        one = stack.pop()
        if one.type == "unset_statement":
            leaves_out = True
        elif one.type in {"string", "encapsed_string"}:
            text = run.text(one).lower()
            leaves_out = leaves_out or any(word in text for word in _LEAVING_OUT)
        stack.extend(one.named_children)
    run.report(HIDDEN_LIST, node, hook, level=None if leaves_out else "info")


def _made(run: Run, call: Call) -> None:
    run.effect("user", call.node)
    items = call.at(0).items or {}
    role = items.get("role")
    if role is not None:
        run.sink(judge_role, role, call.node)
    elif call.name == "wp_insert_user" and call.at(0).comes_from(REQUEST) and not items:
        run.report(ADMIN_MADE, call.node, "every field comes from the request")
    run.report(
        USERS_MADE, call.node, call.name, level="info" if call.name == "wp_update_user" else None
    )


def judge_role(run: Run, value: Value, node: Node) -> None:
    """A role that an account is given."""
    if value.known in ADMIN:
        run.report(ADMIN_MADE, node, value.known or "")
    elif value.taint & (REQUEST | REMOTE):
        run.report(ADMIN_MADE, node, "the request chooses the role")


def _role(run: Run, call: Call) -> None:
    run.effect("user", call.node)
    run.sink(judge_role, call.at(0), call.node)


def _signed_in(run: Run, call: Call) -> None:
    if call.name == "wp_set_auth_cookie":
        run.report(SIGNS_IN, call.node, call.name)
        return
    who = call.at(0)
    if who.known == "0":
        return
    # For this request only: jobs act for somebody, and go back to who was there before.
    fixed = who.known is not None or who.taint & (REQUEST | REMOTE)
    run.report(SIGNS_IN, call.node, call.name, level=None if fixed else "warn")


def _password(run: Run, call: Call) -> None:
    run.effect("user", call.node)
    password = call.at(0 if call.name == "wp_set_password" else 1)
    chosen = password.known is not None or password.taint & (REQUEST | REMOTE)
    run.report(SIGNS_IN, call.node, "sets a password", level=None if chosen else "warn")


def _setting(run: Run, call: Call) -> None:
    run.effect("option", call.node)
    name = call.at(0)
    text = name.known
    if text is not None:
        run.fact("option", text, call.node)
    if text in SETTINGS and call.name == "update_option":
        value = call.known(1)
        harmless = text in {"users_can_register", "default_role"} and (
            value is not None and value not in {*ADMIN, "1", "editor"}
        )
        if not harmless:
            run.report(ADMIN_MADE, call.node, text or "")
    elif text in MILD_SETTINGS and call.name == "update_option":
        run.report(ADMIN_MADE, call.node, text or "", level="warn")
    elif name.comes_from(REQUEST) and not name.text:
        run.report(ADMIN_MADE, call.node, "the request chooses the option")


def _read_setting(run: Run, call: Call) -> None:
    text = call.known(0)
    if text is not None:
        run.fact("option", text, call.node)


def _meta(run: Run, call: Call) -> None:
    run.effect("content", call.node)
    key = call.known(1) or ""
    if key.endswith(("capabilities", "user_level")):
        value = call.at(2)
        keys = set(value.items or {})
        if keys & ADMIN or value.known == "10":
            run.report(ADMIN_MADE, call.node, key)
        else:
            run.report(ADMIN_MADE, call.node, key, level="warn")


def _account_row(run: Run, call: Call) -> None:
    """The tables of accounts, written past WordPress."""
    table = call.at(0).text or ""
    if call.target.kind != "wpdb" or table not in {"{prefix}users", "{prefix}usermeta"}:
        return
    columns = call.at(1).items or {}
    key = columns.get("meta_key", Value()).text or ""
    grave = table == "{prefix}users" and (
        call.name != "update" or {"user_pass", "user_email", "user_login"} & set(columns)
    )
    if grave or key.endswith(("capabilities", "user_level")):
        run.report(ADMIN_MADE, call.node, table)


def _account_statement(run: Run, call: Call) -> None:
    text = call.at(0).text or ""
    if _ACCOUNT_SQL.match(text):
        run.report(ADMIN_MADE, call.node, "SQL on the table of accounts")


def deciding_hook(run: Run, hook: str, node: Node) -> None:
    """A callback that answers who somebody is, or what he may."""
    if hook in SIGN_IN_HOOKS:
        run.report(SIGNS_IN, node, hook, level="warn")
    elif hook in RIGHTS_HOOKS:
        run.report(ADMIN_MADE, node, hook, level=RIGHTS_HOOKS[hook])
    elif hook in SETTING_HOOKS:
        run.report(ADMIN_MADE, node, hook)


def _granted(run: Run, call: Call) -> None:
    if call.known(0) in ADMIN:
        run.report(ADMIN_MADE, call.node, call.known(0) or "")
    elif call.known(0) is not None:
        run.fact("capability", call.known(0) or "", call.node)


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(("wp_insert_user", "wp_create_user", "wp_update_user"), _made),
    **dict.fromkeys(("wp_set_auth_cookie", "wp_set_current_user"), _signed_in),
    **dict.fromkeys(("wp_set_password", "reset_password"), _password),
    **dict.fromkeys(OPTION_WRITERS, _setting),
    **dict.fromkeys(("update_user_meta", "add_user_meta"), _meta),
    "get_option": _read_setting,
}
METHODS: dict[str, Check] = {
    **dict.fromkeys(("set_role", "add_role"), _role),
    "add_cap": _granted,
    **dict.fromkeys(("insert", "replace", "update"), _account_row),
    "query": _account_statement,
}
CLASSES: dict[str, Check] = {}
