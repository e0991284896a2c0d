"""What functions of PHP and WordPress do to a value: where it comes from, what makes it safe."""

from collections.abc import Mapping
from typing import Final

from reconciler.core.vetting.php.value import (
    CLEAN,
    HOME,
    HTML,
    PATH,
    REMOTE,
    REQUEST,
    SQL,
    SQL_QUOTED,
    STORED,
    URL,
    Value,
    literal,
)
from reconciler.core.vetting.php.words import words


def _each(text: str, value: int) -> dict[str, int]:
    return dict.fromkeys(text.split(), value)


SUPERGLOBALS: Final = words("_GET _POST _REQUEST _COOKIE _SERVER _FILES _ENV")

# Set by the server, not by the visitor.
SERVER_OWN: Final = words(
    "REQUEST_METHOD SERVER_PORT REQUEST_TIME REQUEST_TIME_FLOAT DOCUMENT_ROOT SCRIPT_FILENAME"
    " SERVER_SOFTWARE SERVER_ADDR REMOTE_ADDR SERVER_PROTOCOL HTTPS argv argc GATEWAY_INTERFACE"
    " SCRIPT_NAME REMOTE_PORT REQUEST_SCHEME REMOTE_USER"
)

SOURCES_OF: Final[Mapping[str, int]] = {
    **_each(
        "get_query_var filter_input_array getallheaders apache_request_headers get_search_query",
        REQUEST,
    ),
    **_each(
        "get_option get_site_option get_network_option get_transient get_site_transient"
        " get_theme_mod get_post_meta get_user_meta get_term_meta get_comment_meta get_metadata"
        " wp_cache_get get_blog_option get_post_field",
        STORED,
    ),
    **_each(
        "wp_remote_get wp_remote_post wp_remote_request wp_remote_head wp_safe_remote_get"
        " wp_safe_remote_post wp_safe_remote_request curl_exec curl_multi_getcontent"
        " wp_remote_fopen fsockopen stream_socket_client download_url wp_get_http socket_read"
        " wp_remote_retrieve_body",
        REMOTE,
    ),
    **_each("get_plugins get_users count_users wp_get_current_user phpversion php_uname", 0),
}

DECODERS: Final = words(
    "base64_decode gzinflate gzuncompress gzdecode str_rot13 strrev hex2bin convert_uudecode"
    " openssl_decrypt mcrypt_decrypt sodium_crypto_secretbox_open chr pack zlib_decode bzdecompress"
)

# The answer holds nothing of what was given in.
SAFE: Final[Mapping[str, int]] = {
    **_each(
        "absint intval floatval doubleval boolval count sizeof strlen mb_strlen is_numeric time"
        " mktime number_format crc32 md5 sha1 hash wp_hash hash_hmac filter_has_var uniqid rand"
        " mt_rand random_int wp_rand wp_create_nonce current_time get_current_user_id get_the_id"
        " get_current_blog_id strcmp strpos stripos in_array array_key_exists is_array is_string"
        " isset empty checked selected disabled strtotime gmdate date date_i18n wp_date round floor"
        " ceil abs max min wp_generate_password wp_generate_uuid4 spl_object_hash sanitize_html_class"
        " wp_validate_boolean rest_sanitize_boolean wp_parse_id_list filesize filemtime"
        " wp_verify_nonce password_hash wp_hash_password bin2hex random_bytes",
        CLEAN,
    ),
}

SANITISERS: Final[Mapping[str, int]] = {
    **_each(
        "esc_html esc_attr esc_textarea esc_js htmlspecialchars htmlentities wp_kses wp_kses_post"
        " wp_kses_data wp_filter_kses wp_strip_all_tags strip_tags esc_html__ esc_attr__ esc_html_x"
        " esc_attr_x sanitize_text_field sanitize_textarea_field tag_escape ent2ncr esc_xml"
        " wp_kses_one_attr wp_filter_post_kses wp_rel_nofollow wp_json_encode json_encode"
        " wp_filter_nohtml_kses wp_specialchars absint number_format_i18n rawurlencode urlencode",
        HTML,
    ),
    **_each("esc_url esc_url_raw sanitize_url", HTML),
    **_each("wp_http_validate_url wp_validate_redirect wp_safe_redirect", URL),
    **_each(
        "sanitize_key sanitize_title sanitize_user sanitize_title_with_dashes", SQL | HTML | PATH
    ),
    **_each("sanitize_file_name basename wp_basename wp_unique_filename", PATH),
    **_each("sanitize_mime_type sanitize_email is_email sanitize_hex_color", HTML | PATH),
    **_each("sanitize_sql_orderby", SQL | HTML),
    **_each("esc_sql _real_escape like_escape addslashes wp_slash", SQL_QUOTED),
    **_each("mysqli_real_escape_string mysql_real_escape_string real_escape_string", SQL_QUOTED),
    **_each("rawurlencode urlencode", HTML | URL),
    **_each("ctype_alnum", CLEAN),
}

# The answer is made of what was given in, and no cleaner.
PASSERS: Final = words(
    "trim ltrim rtrim chop strtolower strtoupper ucfirst lcfirst ucwords mb_strtolower"
    " mb_strtoupper mb_substr substr str_replace str_ireplace preg_replace preg_replace_callback"
    " stripslashes wp_unslash stripslashes_deep urldecode rawurldecode sprintf vsprintf implode"
    " join explode preg_split array_merge array_values array_keys array_filter array_map array_pop"
    " array_shift array_slice array_unique array_reverse current reset end next key array_combine"
    " array_flip array_column array_intersect_key array_diff strval settype json_decode"
    " html_entity_decode htmlspecialchars_decode wp_specialchars_decode nl2br wpautop"
    " strtr str_pad str_repeat strrev str_rot13 base64_decode base64_encode gzinflate gzuncompress"
    " gzdecode hex2bin convert_uudecode convert_uuencode pack unpack unserialize maybe_unserialize"
    " map_deep wp_parse_args compact iconv mb_convert_encoding utf8_encode utf8_decode"
    " wp_parse_url parse_url add_query_arg remove_query_arg trailingslashit untrailingslashit"
    " wp_normalize_path path_join dirname realpath substr_replace chunk_split wordwrap print_r"
    " var_export serialize maybe_serialize http_build_query sanitize_meta apply_filters"
    " wp_remote_retrieve_body openssl_decrypt simplexml_load_string array_walk quotemeta nl2br"
    " stripcslashes strstr stristr strrchr str_split wp_slash gzcompress gzdeflate gzencode"
    " iterator_to_array array_key_first array_rand range ob_get_clean esc_url esc_url_raw"
    " chr zlib_decode bzdecompress mcrypt_decrypt call_user_func call_user_func_array"
    " sanitize_option preg_quote filter_var wp_remote_retrieve_header do_shortcode nocache_headers"
    " get_object_vars strip_shortcodes wp_trim_words stream_get_contents fread fgets fgetc array_pad"
    " sanitize_url wp_strip_all_tags wptexturize convert_chars __ _x"
).union(SANITISERS)

# Those of a test that say a value is one of a list, or of a form.
VALIDATORS: Final = words(
    "in_array array_key_exists is_numeric ctype_digit ctype_alnum ctype_alpha ctype_xdigit"
    " preg_match is_email wp_http_validate_url validate_file username_exists post_type_exists"
    " taxonomy_exists is_int is_callable_allowed is_a is_subclass_of array_search"
)

# Position of the callable in the functions that take one.
CALLABLE_AT: Final[Mapping[str, tuple[int, ...]]] = {
    **dict.fromkeys(
        words(
            "call_user_func call_user_func_array array_map forward_static_call"
            " forward_static_call_array register_shutdown_function register_tick_function"
            " set_error_handler set_exception_handler ob_start spl_autoload_register"
            " iterator_apply_first is_callable_run header_register_callback"
        ),
        (0,),
    ),
    **dict.fromkeys(
        words(
            "usort uasort uksort array_filter array_reduce array_walk array_walk_recursive"
            " preg_replace_callback mb_ereg_replace_callback iterator_apply map_deep"
        ),
        (1,),
    ),
    **dict.fromkeys(
        ["array_udiff", "array_uintersect", "array_diff_ukey", "array_intersect_ukey"], (2,)
    ),
    **dict.fromkeys(["add_action", "add_filter", "add_shortcode"], (1,)),
}

GLOBAL_CONSTANTS: Final[Mapping[str, Value]] = {
    "ABSPATH": literal("{root}/"),
    "WP_CONTENT_DIR": literal("{content}"),
    "WP_PLUGIN_DIR": literal("{content}/plugins"),
    "WPMU_PLUGIN_DIR": literal("{content}/mu-plugins"),
    "WPINC": literal("wp-includes"),
    "WP_LANG_DIR": literal("{content}/languages"),
    "TEMPLATEPATH": literal("{theme}"),
    "STYLESHEETPATH": literal("{theme}"),
    "WP_CONTENT_URL": literal("{home}/wp-content"),
    "WP_PLUGIN_URL": literal("{home}/wp-content/plugins"),
    "DIRECTORY_SEPARATOR": literal("/"),
    "PATH_SEPARATOR": literal(":"),
    "PHP_EOL": literal("\n"),
    "MINUTE_IN_SECONDS": literal("60"),
    "HOUR_IN_SECONDS": literal("3600"),
    "DAY_IN_SECONDS": literal("86400"),
    "WEEK_IN_SECONDS": literal("604800"),
    "MONTH_IN_SECONDS": literal("2592000"),
    "YEAR_IN_SECONDS": literal("31536000"),
    "true": literal("1"),
    "false": literal(""),
    "null": literal(""),
}

PLACES: Final[Mapping[str, Value]] = {
    "get_template_directory": literal("{theme}"),
    "get_stylesheet_directory": literal("{theme}"),
    "get_theme_file_path": literal("{theme}"),
    "get_home_path": literal("{root}/"),
    "get_theme_root": literal("{content}/themes"),
    "sys_get_temp_dir": literal("{temp}"),
    "get_temp_dir": literal("{temp}/"),
    "wp_tempnam": Value("{temp}/\ufffc", 0, CLEAN),
    "tempnam": Value("{temp}/\ufffc", 0, CLEAN),
    "home_url": Value("{home}", HOME, CLEAN),
    "site_url": Value("{home}", HOME, CLEAN),
    "get_home_url": Value("{home}", HOME, CLEAN),
    "get_site_url": Value("{home}", HOME, CLEAN),
    "network_site_url": Value("{home}", HOME, CLEAN),
    "admin_url": Value("{home}/wp-admin/", 0, CLEAN),
    "rest_url": Value("{home}/wp-json/", 0, CLEAN),
    "includes_url": Value("{home}/wp-includes/", 0, CLEAN),
    "content_url": Value("{home}/wp-content", 0, CLEAN),
    "plugins_url": Value("{home}/wp-content/plugins/", 0, CLEAN),
    "plugin_dir_url": Value("{home}/wp-content/plugins/", 0, CLEAN),
    "get_template_directory_uri": Value("{home}/wp-content/themes", 0, CLEAN),
    "get_stylesheet_directory_uri": Value("{home}/wp-content/themes", 0, CLEAN),
    "get_theme_file_uri": Value("{home}/wp-content/themes", 0, CLEAN),
    "get_stylesheet_uri": Value("{home}/wp-content/themes/style.css", 0, CLEAN),
    "wp_upload_dir": Value(
        None,
        0,
        0,
        {
            "basedir": literal("{uploads}"),
            "path": literal("{uploads}"),
            "baseurl": literal("{home}/wp-content/uploads"),
            "url": literal("{home}/wp-content/uploads"),
            "subdir": literal(""),
        },
    ),
}
PLACES_AGAIN: Final = {"wp_get_upload_dir": PLACES["wp_upload_dir"]}

WITH_PATH: Final = words("home_url site_url get_template_directory get_stylesheet_directory")

IDENTITY_OPTIONS: Final = words("admin_email active_plugins auth_key secure_auth_key")
IDENTITY_CALLS: Final = words("get_plugins get_users wp_get_active_and_valid_plugins php_uname")
