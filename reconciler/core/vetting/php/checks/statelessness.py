"""What does not survive two webheads, a read-only root, an object store and a CDN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

SESSION = Rule(
    code="php-session",
    level="warn",
    family="statelessness",
    summary="uses PHP sessions",
    why="Sessions are rows of the site's database: each page that starts one stays out of the cache, and"
    " waits for the visitor's other requests.",
    fix="User meta for those signed in, transients or a signed cookie for visitors.",
)
COOKIE = Rule(
    code="visitor-cookie",
    level="warn",
    family="statelessness",
    summary="sets a cookie from PHP",
    why="An answer with a cookie is not cached; set for every visitor it takes the CDN away.",
    fix="Set it only after a visitor acts, or in the browser with a script.",
)
UNCACHEABLE = Rule(
    code="uncacheable-page",
    level="warn",
    family="statelessness",
    summary="forbids that pages are cached",
    why="Pages that are never cached are made by PHP for each visitor.",
    fix="Only where a page is personal: carts, accounts, forms.",
)
STREAM = Rule(
    code="stream-unsafe",
    level="warn",
    family="statelessness",
    summary="treats uploads as a local disk",
    why="Uploads live in an object store behind a stream wrapper: locks, appending, archives,"
    " modes and real paths do not work there.",
    fix="Work in get_temp_dir() and copy the finished file; log to stderr with error_log().",
)
LOCAL_STATE = Rule(
    code="local-state",
    level="warn",
    family="statelessness",
    summary="remembers a path of this container",
    why="The next request may be answered by another webhead, which has no such file.",
    fix="Store the address or the name below uploads, not the path on disk.",
)
SETTINGS = Rule(
    code="php-settings",
    level="warn",
    family="statelessness",
    summary="changes PHP's limits or hides its errors",
    why="The platform sets limits for a whole webhead; one request that takes more takes it from"
    " other visitors.",
    fix="Work in smaller steps by cron; sizes are set in the site file.",
)

RULES = (SESSION, COOKIE, UNCACHEABLE, STREAM, LOCAL_STATE, SETTINGS)

SHUTDOWN: Final = frozenset(("1", "-1"))
HARMLESS: Final = words(
    "session.use_only_cookies session.cookie_httponly pcre.backtrack_limit pcre.jit"
    " auto_detect_line_endings default_charset precision serialize_precision"
    " mbstring.internal_encoding user_agent default_socket_timeout"
)
SIGNED_IN: Final = words(
    "is_user_logged_in current_user_can is_admin wp_verify_nonce check_admin_referer"
    " check_ajax_referer wp_signon wp_set_auth_cookie"
)


def session_used(run: Run, node: Node) -> None:
    """`$_SESSION`."""
    run.report(SESSION, node)


def _session(run: Run, call: Call) -> None:
    if call.name in {"session_start", "session_id", "session_regenerate_id"}:
        run.report(SESSION, call.node)


def _cookie(run: Run, call: Call) -> None:
    expired = call.known(1) in {"", " "}
    guarded = bool(run.here.all_calls() & SIGNED_IN)
    if not expired:
        run.report(COOKIE, call.node, level="info" if guarded else None)


def _forbidden(run: Run, call: Call) -> None:
    if call.name == "define" and call.known(0) not in {"DONOTCACHEPAGE", "DONOTCACHEOBJECT"}:
        return
    guarded = bool(run.here.all_calls() & (SIGNED_IN | {"wp_send_json", "wp_redirect", "wp_die"}))
    run.report(UNCACHEABLE, call.node, level="info" if guarded else None)


def appended(run: Run, call: Call) -> None:
    """Appending to a file in uploads."""
    text = call.at(0).text or ""
    appends = call.name != "file_put_contents" or (len(call.arguments) > 2)
    if appends and text.startswith("{uploads}"):
        run.report(STREAM, call.node, f"appends to {text[:60]}")


def archived(run: Run, call: Call) -> None:
    """An archive opened in uploads."""
    text = call.at(0).text or ""
    if text.startswith("{uploads}"):
        run.report(STREAM, call.node, f"opens an archive at {text[:60]}")


def checked_in_store(run: Run, text: str, node: Node) -> None:
    """A mode or a lock on a file in uploads."""
    source = run.data[node.start_byte : node.start_byte + 8]
    if text.startswith("{uploads}") and source.startswith(
        (b"chmod", b"touch", b"symlink", b"link")
    ):
        run.report(STREAM, node, text[:60])


def _locked(run: Run, call: Call) -> None:
    run.report(STREAM, call.node, "flock")


def _asked(run: Run, call: Call) -> None:
    text = call.at(0).text or ""
    if text.startswith("{uploads}"):
        run.report(STREAM, call.node, f"{call.name} in uploads", level="info")


def remembered(run: Run, call: Call) -> None:
    """An option or transient that holds a path of this container."""
    value = call.at(1)
    texts = [value.text, *[one.text for one in (value.items or {}).values()]]
    for text in texts:
        if text is not None and text.startswith(("{temp}", "{uploads}/", "{package}/", "{root}/")):
            run.report(LOCAL_STATE, call.node, text[:60])


def _set(run: Run, call: Call) -> None:
    if call.name == "ini_set" and call.known(0) in HARMLESS:
        return
    if call.name == "error_reporting" and not call.arguments:
        return
    detail = call.known(0) or "" if call.name == "ini_set" else call.name
    run.report(SETTINGS, call.node, detail, level="info" if run.cli else None)


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(("session_start", "session_id", "session_regenerate_id"), _session),
    **dict.fromkeys(("setcookie", "setrawcookie"), _cookie),
    **dict.fromkeys(("nocache_headers", "define"), _forbidden),
    **dict.fromkeys(
        ("set_time_limit", "ini_set", "ini_alter", "ignore_user_abort", "error_reporting"), _set
    ),
    **dict.fromkeys(("realpath", "is_writable", "wp_is_writable", "is_writeable"), _asked),
    **dict.fromkeys(
        words("update_option add_option set_transient update_site_option set_site_transient"),
        remembered,
    ),
    "flock": _locked,
}
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
