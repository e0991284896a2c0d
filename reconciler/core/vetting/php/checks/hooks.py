"""Where WordPress calls the package, and whether what it then changes is guarded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Level, Rule
from reconciler.core.vetting.php.call import Call, Check, callback_of
from reconciler.core.vetting.php.checks.cron import judge_schedules
from reconciler.core.vetting.php.checks.network import TLS
from reconciler.core.vetting.php.checks.updates import update_hook
from reconciler.core.vetting.php.checks.users import HIDING_HOOKS, deciding_hook, judge_list
from reconciler.core.vetting.php.parts import Hooked
from reconciler.core.vetting.php.value import UNKNOWN, Value
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from reconciler.core.vetting.php.function import Effect, Function
    from reconciler.core.vetting.php.run import Run

AJAX = Rule(
    code="ajax-unguarded",
    level="block",
    family="requests",
    summary="an ajax action changes something without asking who calls",
    why="Anyone who is signed in, or any visitor, can send the request, or be led to send it.",
    fix="check_ajax_referer() and current_user_can() at the start of the callback.",
)
ROUTE = Rule(
    code="route-unguarded",
    level="block",
    family="requests",
    summary="a REST route that writes is open to everyone",
    why="Any visitor can call it, from anywhere.",
    fix="A permission_callback that asks current_user_can(); a signature check for webhooks.",
)
HANDLER = Rule(
    code="handler-unguarded",
    level="warn",
    family="requests",
    summary="changes something on a request that nobody checked",
    why="The hook runs for every visitor, admin_init too (admin-ajax.php fires it).",
    fix="wp_verify_nonce() and current_user_can() before anything is changed.",
)
AT_LOAD = Rule(
    code="remote-at-load",
    level="warn",
    family="network",
    summary="asks another host, or works, on every page",
    why="Each visitor waits for it; where the host is slow or gone, the site is.",
    fix="By cron into a transient, or where the answer is shown.",
)

RULES = (AJAX, ROUTE, HANDLER, AT_LOAD)

NONCES: Final = frozenset(("check_ajax_referer", "wp_verify_nonce", "check_admin_referer"))
RIGHTS: Final = words(
    "current_user_can user_can current_user_can_for_blog is_super_admin author_can"
    " current_user_can_for_site is_user_logged_in_with_role"
)
SIGNATURES: Final = words(
    "hash_hmac hash_equals openssl_verify sodium_crypto_sign_verify_detached"
    " constructevent ->constructevent password_verify"
)
GRAVE: Final[frozenset[Effect]] = frozenset(("option", "user", "file", "delete"))
CHANGES: Final[frozenset[Effect]] = GRAVE | frozenset(("content", "table"))
EVERY_PAGE: Final = words(
    "init plugins_loaded wp_loaded wp template_redirect wp_head wp_footer"
    " after_setup_theme the_content setup_theme wp_enqueue_scripts send_headers"
    " parse_request"
)
OPEN_HOOKS: Final = words(
    "init plugins_loaded wp_loaded wp template_redirect admin_init parse_request"
    " wp_head wp_footer send_headers after_setup_theme setup_theme"
)
CONTENT_WRITERS: Final = words(
    "wp_insert_post wp_update_post wp_delete_post wp_trash_post update_post_meta"
    " add_post_meta delete_post_meta wp_insert_term wp_update_term wp_delete_term"
    " wp_insert_comment wp_delete_comment wp_set_post_terms wp_set_object_terms"
    " wp_delete_attachment wp_insert_attachment update_term_meta update_comment_meta"
    " wp_publish_post set_theme_mod media_handle_upload wp_handle_upload"
    " wp_update_comment set_post_thumbnail"
)
USER_WRITERS: Final = frozenset(["wp_delete_user", "wpmu_delete_user", "delete_user_meta"])
_READ_ONLY: Final = frozenset(("GET", "HEAD", "OPTIONS"))


def _content(run: Run, call: Call) -> None:
    run.effect("content", call.node)


def _user(run: Run, call: Call) -> None:
    run.effect("user", call.node)


def _hooked(run: Run, call: Call) -> None:
    hook = call.at(0).text
    if hook is None:
        return
    run.fact("hook", hook, call.node)
    if hook == "https_ssl_verify" and call.known(1) == "__return_false":
        run.report(TLS, call.node, hook)
    for prefix, public in (("wp_ajax_nopriv_", "public "), ("wp_ajax_", "")):
        if hook.startswith(prefix):
            run.fact("ajax", public + hook.removeprefix(prefix), call.node)
            break
    update_hook(run, hook, call.node)
    deciding_hook(run, hook, call.node)
    run.hooked.append(Hooked("hook", hook, _resolved(run, call.at(1)), call.node, UNKNOWN))


def _resolved(run: Run, value: Value) -> Value:
    """The callback, with the function it means now: later `$this` means another class."""
    function = callback_of(run, value)
    return Value(value.text, value.taint, value.clean, value.items, value.kind, function)


def _shortcode(run: Run, call: Call) -> None:
    run.fact("shortcode", call.at(0).text or "", call.node)


def _block(run: Run, call: Call) -> None:
    name = call.at(0).text or ""
    run.fact("block", name, call.node)


def _page(run: Run, call: Call) -> None:
    at = {"add_menu_page": 3, "add_submenu_page": 4}.get(call.name, 3)
    run.fact("page", call.at(at).text or "", call.node)
    capability = call.known(at - 1)
    if capability is not None:
        run.fact("capability", capability, call.node)


def _capability(run: Run, call: Call) -> None:
    at = 1 if call.name in {"user_can", "author_can"} else 0
    run.fact("capability", call.at(at).text or "", call.node)


def _route(run: Run, call: Call) -> None:
    space, route = call.at(0).text or "?", call.at(1).text or "?"
    options = call.at(2).items or {}
    endpoints = [one for key, one in options.items() if key.isdigit() and one.items is not None]
    for endpoint in endpoints or [call.at(2)]:
        items = endpoint.items or {}
        methods = items.get("methods")
        if methods is not None and methods.items is not None:
            verbs = [one.known or "?" for one in methods.items.values()]
        else:
            text = "GET" if methods is None and items else (methods or UNKNOWN).known or "?"
            verbs = [verb.strip().upper() for verb in text.split(",")]
        shown = f"{','.join(sorted(set(verbs)))} {space.strip('/')}/{route.lstrip('/')}"
        run.fact("route", shown, call.node)
        permission = items.get("permission_callback")
        open_to_all = permission is None or _always_true(run, permission)
        if items and open_to_all and not set(verbs) <= _READ_ONLY:
            callback = _resolved(run, items.get("callback", UNKNOWN))
            extra = UNKNOWN if permission is None else Value("given")
            run.hooked.append(Hooked("route", shown, callback, call.node, extra))


def _always_true(run: Run, permission: Value) -> bool:
    if permission.known in {"__return_true", "1"}:
        return True
    function = callback_of(run, permission)
    if function is None:
        return False
    run.summed(function)
    return function.result.known == "1" and not function.calls


def judge_hooks(run: Run) -> None:
    """Every callback, once all functions are known."""
    for hooked in run.hooked:
        function = hooked.callback.function or callback_of(run, hooked.callback)
        if function is not None:
            run.summed(function)
        if hooked.kind == "route":
            _judge_route(run, hooked, function)
        elif function is not None:
            _judge_hook(run, hooked, function)
    at_load = run.main.effects.get("remote")
    if at_load is not None and not run.cli:
        run.report(AT_LOAD, at_load, "when the file is loaded")


def _judge_hook(run: Run, hooked: Hooked, function: Function) -> None:
    hook = hooked.what
    if hook.startswith("wp_ajax_nopriv_"):
        _judge_ajax(run, hooked, function, anyone=True)
    elif hook.startswith("wp_ajax_"):
        _judge_ajax(run, hooked, function, anyone=False)
    elif hook.startswith("admin_post_"):
        _judge_handler(run, hooked, function)
    elif hook == "cron_schedules":
        judge_schedules(run, function)
    elif hook in HIDING_HOOKS:
        judge_list(run, hook, function, hooked.node)
    if hook in OPEN_HOOKS:
        _judge_handler(run, hooked, function)
    if hook in EVERY_PAGE and "remote" in function.all_effects():
        cached = bool(
            function.all_calls() & {"get_transient", "get_site_transient", "wp_cache_get"}
        )
        run.report(AT_LOAD, hooked.node, hook, level="info" if cached else None)


def _judge_ajax(run: Run, hooked: Hooked, function: Function, *, anyone: bool) -> None:
    effects, calls = function.all_effects() & CHANGES, function.all_calls()
    if not effects:
        return
    nonce, right = bool(calls & NONCES), bool(calls & RIGHTS)
    level: Level | None = None
    if nonce and right:
        return
    if anyone:
        if right:
            return
        level = None if effects & GRAVE or not nonce else "warn"
        if effects & GRAVE and nonce and not effects & {"user"}:
            level = "warn"
    elif nonce or right:
        level = "warn" if effects & GRAVE else "info"
    missing = " and ".join(
        word for word, there in (("a nonce", nonce), ("a capability", right)) if not there
    )
    run.report(
        AJAX, hooked.node, f"{hooked.what}: without {missing}; {_listed(effects)}", level=level
    )


def _judge_route(run: Run, hooked: Hooked, function: Function | None) -> None:
    if function is None:
        run.report(ROUTE, hooked.node, hooked.what, level="warn")
        return
    effects, calls = function.all_effects() & CHANGES, function.all_calls()
    if calls & RIGHTS and calls & (NONCES | RIGHTS):
        return
    level: Level | None = None if effects else "info"
    if calls & SIGNATURES or any("signature" in name or "hmac" in name for name in calls):
        level = "warn"
    run.report(ROUTE, hooked.node, f"{hooked.what}; {_listed(effects)}", level=level)


def _judge_handler(run: Run, hooked: Hooked, function: Function) -> None:
    effects, calls = function.all_effects() & GRAVE, function.all_calls()
    if not effects or calls & NONCES or calls & RIGHTS:
        return
    if any(one.reads_request for one in function.within()):
        run.report(HANDLER, hooked.node, f"{hooked.what}; {_listed(effects)}")


def _listed(effects: frozenset[Effect] | set[Effect]) -> str:
    words = {"option": "options", "user": "users", "content": "posts", "table": "tables",
             "file": "files", "delete": "deletes files"}  # fmt: skip
    return "changes " + ", ".join(sorted(words[one] for one in effects)) if effects else "reads"


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(("add_action", "add_filter"), _hooked),
    **dict.fromkeys(CONTENT_WRITERS, _content),
    **dict.fromkeys(USER_WRITERS, _user),
    **dict.fromkeys(("add_shortcode",), _shortcode),
    **dict.fromkeys(("register_block_type", "register_block_type_from_metadata"), _block),
    **dict.fromkeys(
        words(
            "add_menu_page add_submenu_page add_options_page add_management_page"
            " add_theme_page add_plugins_page add_users_page add_dashboard_page add_posts_page"
            " add_media_page add_pages_page"
        ),
        _page,
    ),
    **dict.fromkeys(("current_user_can", "user_can"), _capability),
    "register_rest_route": _route,
}
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
