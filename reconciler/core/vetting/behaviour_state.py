"""Two states of a scratch site's database, compared."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.vetting.deed import Deed

State = Mapping[str, Any]
"""As snapshot.php tells it."""

PREFIX = "wp_"
SETTINGS = frozenset({
    *("siteurl", "home", "admin_email", "new_admin_email", "users_can_register", "default_role"),
    *("permalink_structure", "blog_public", "blogname", "WPLANG", "mailserver_url", "ping_sites"),
    *("upload_path", "upload_url_path", "default_comment_status", "show_on_front", "page_on_front"),
})  # fmt: skip
"""Options of WordPress that are its owner's to change."""

LARGE_BYTES = 100_000
"""What every page loads of one option, and is worth a word whatever the option is."""

_NOISE = frozenset({
    *("cron", "wp_user_roles", "active_plugins", "recently_activated", "uninstall_plugins"),
    *("rewrite_rules", "stylesheet", "template", "current_theme", "theme_switched", "fresh_site"),
    *("theme_switched_via_customizer", "can_compress_scripts", "user_count", "db_upgraded"),
    *("recovery_keys", "finished_updating_comment_type", "site_icon", "recovery_mode_email_last_sent"),
    *("auto_core_update_notified", "sidebars_widgets", "nonce_key", "nonce_salt", "auth_key"),
    *("wp_notes_notify", "https_detection_errors", "wp_page_for_privacy_policy", "sticky_posts"),
})  # fmt: skip
_NOISE_STARTS = ("_transient_", "_site_transient_", "theme_mods_", "widget_")
_META_NOISE = frozenset({
    *("session_tokens", "wp_user-settings", "wp_user-settings-time", "show_welcome_panel"),
    *("wp_dashboard_quick_press_last_post_id", "community-events-location"),
    *("wp_persisted_preferences", "enable_custom_fields"),
})  # fmt: skip
_META_STARTS = ("manage", "metaboxhidden_", "closedpostboxes_", "meta-box-order_", "screen_layout_")
"""How a person has arranged the admin's pages."""

_TABLE_NOISE = frozenset({
    *("wpaas_login", "wpaas_install", "wpaas_live", "wpaas_login_count", "wpaas_session"),
})  # fmt: skip


def changed(before: State, after: State) -> list[Deed]:
    """What `after` has that `before` has not, and what it lost."""
    return sorted({
        *_tables(before, after),
        *_options(before, after),
        *_cron(before, after),
        *_roles(before, after),
        *_users(before, after),
        *_rest(before, after),
    })  # fmt: skip


def left(before: State, after: State) -> list[Deed]:
    """What stays of a package that was uninstalled: as `changed`, without what is no trace."""
    return [deed for deed in changed(before, after) if deed.kind not in {"lost", "setting"}]


def _tables(before: State, after: State) -> Iterator[Deed]:
    for name in set(after["tables"]) - set(before["tables"]) - _TABLE_NOISE:
        shown = "{prefix}" + name.removeprefix(PREFIX) if name.startswith(PREFIX) else name
        yield Deed("table", shown)
    for name in set(before["tables"]) - set(after["tables"]):
        yield Deed("lost", f"table {name}")


def _options(before: State, after: State) -> Iterator[Deed]:
    had, has = before["options"], after["options"]
    for name, option in has.items():
        if name in SETTINGS:
            if name in had and had[name]["digest"] != option["digest"]:
                yield Deed("setting", name)
            continue
        loads = option["bytes"] if option["loads"] else 0
        if not _noise(name) or loads >= LARGE_BYTES:
            grew = name in had and loads - (had[name]["bytes"] if had[name]["loads"] else 0)
            if name not in had or grew > 0:
                yield Deed("option", name, amount=loads)
    for name in had:
        if name not in has and not _noise(name):
            yield Deed("lost", f"option {name}")


def _noise(name: str) -> bool:
    return name in _NOISE or name.startswith(_NOISE_STARTS)


def _cron(before: State, after: State) -> Iterator[Deed]:
    for hook, seconds in after["cron"].items():
        if before["cron"].get(hook) != seconds:
            yield Deed("cron", hook, note=f"every {seconds} s" if seconds else "", amount=seconds)


def _roles(before: State, after: State) -> Iterator[Deed]:
    for role, rights in after["roles"].items():
        had = set(before["roles"].get(role, ()))
        given, taken = sorted(set(rights) - had), sorted(had - set(rights))
        if given or taken or role not in before["roles"]:
            # Administrators may do everything anyway: a right more is no right over others.
            told = [f"+{right}" for right in given] + [f"-{right}" for right in taken]
            note = "" if role == "administrator" and not taken else " ".join(told)
            yield Deed("role", role, note=note or "a right of its own")
    for role in before["roles"]:
        if role not in after["roles"]:
            yield Deed("lost", f"role {role}")


def _users(before: State, after: State) -> Iterator[Deed]:
    for login, user in after["users"].items():
        had = before["users"].get(login)
        if had is None or had["rights"] != user["rights"]:
            yield Deed("user", login, note=" ".join(user["rights"]) or "no rights")
        elif had["way in"] != user["way in"]:
            note = "password or address changed, " + " ".join(user["rights"])
            yield Deed("user", login, note=note)
    for login in before["users"]:
        if login not in after["users"]:
            yield Deed("lost", f"user {login}")


def _rest(before: State, after: State) -> Iterator[Deed]:
    for key in set(after["user meta"]) - set(before["user meta"]) - _META_NOISE:
        if not key.startswith(_META_STARTS):
            yield Deed("user meta", key)
    for kind, number in after["posts"].items():
        more = int(number) - int(before["posts"].get(kind, 0))
        if more > 0:
            yield Deed("post", kind, amount=more)
        elif more < 0:
            yield Deed("lost", f"post {kind}")
