"""What this platform is not: a network of sites, or an old PHP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from reconciler.core.vetting.php.run import Run

MULTISITE = Rule(
    code="multisite-only",
    level="warn",
    family="multisite",
    summary="calls what only a network of sites has",
    why="Each site here is a WordPress of its own: the function does not exist, and the call is fatal.",
    fix="if (is_multisite()) around it.",
)
REMOVED = Rule(
    code="removed-function",
    level="warn",
    family="versions",
    summary="calls a function that PHP 8 no longer has",
    why="The call is fatal where it is reached.",
    fix="Ask for a version that says PHP 8.4, or function_exists() around it.",
)

RULES = (MULTISITE, REMOVED)

NETWORK: Final = words(
    "switch_to_blog restore_current_blog wpmu_create_blog wp_insert_site"
    " wp_delete_site update_blog_option add_blog_option delete_blog_option"
    " get_blog_option grant_super_admin revoke_super_admin get_blogs_of_user_network"
    " add_user_to_blog remove_user_from_blog wpmu_create_user get_sites get_site"
    " wpmu_delete_blog get_network"
)
GONE: Final = words(
    "each create_function money_format get_magic_quotes_gpc get_magic_quotes_runtime"
    " set_magic_quotes_runtime magic_quotes_runtime ereg eregi ereg_replace"
    " eregi_replace split spliti sql_regcase call_user_method call_user_method_array"
    " dl_open mysql_connect mysql_pconnect mysql_query mysql_fetch_array"
    " mysql_fetch_assoc mysql_fetch_row mysql_fetch_object mysql_real_escape_string"
    " mysql_escape_string mysql_close mysql_error mysql_select_db mysql_num_rows"
    " mysql_insert_id mcrypt_encrypt mcrypt_decrypt mcrypt_create_iv"
    " mcrypt_get_iv_size mcrypt_module_open session_register session_unregister"
    " session_is_registered import_request_variables define_syslog_variables"
    " convert_cyr_string ezmlm_hash fgetss gmp_random hebrevc image2wbmp is_real"
    " ldap_control_paged_result ldap_sort png2wbmp jpeg2wbmp restore_include_path"
    " read_exif_data utf8_decode_old array_key_exists_obj imap_header"
    " odbc_result_all_old"
)


def _network(run: Run, call: Call) -> None:
    # Every one of them is guarded where the function, or its file, asks what it runs on.
    guarded = bool(
        run.guards & {"is_multisite", call.name}
        or "is_multisite" in run.main.calls
        or "is_multisite" in run.here.all_calls()
    )
    run.report(MULTISITE, call.node, call.name, level="info" if guarded else None)


def _gone(run: Run, call: Call) -> None:
    if call.name in run.functions:
        return
    guarded = bool(run.guards & {call.name, "version_compare"})
    run.report(REMOVED, call.node, call.name, level="info" if guarded else None)


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(NETWORK, _network),
    **dict.fromkeys(GONE, _gone),
}
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
