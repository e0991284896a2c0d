"""For each code the smallest PHP that has it, and the nearest that has not.

A pair is (code, what is wrong, what looks like it and is fine). The first is wrong at the rule's own
level; the second may carry the code as information at most. `<?php` stands before both.
"""

PAIRS: tuple[tuple[str, str, str], ...] = (
    # execution
    ("php-eval", "eval($x);", "// eval($x);\n$o->eval($x); $s = 'eval($x);';"),
    ("php-eval", "assert('1 === 2');", "assert($x instanceof Y); assert(is_array($x));"),
    (
        "php-eval",
        "preg_replace('/a/e', $b, $c);",
        "preg_replace('/e/i', $b, $c); preg_replace('#e#', '', $c);",
    ),
    ("php-eval", "create_function('', 'return 1;');", "$f = function () { return 1; };"),
    ("decoded-code", "eval(base64_decode($x));", "$json = json_decode(base64_decode($x));"),
    (
        "decoded-code",
        "function f($c) { eval($c); } f($_GET['a']);",
        "function f($c) { echo esc_html($c); } f($_GET['a']);",
    ),
    (
        "process-start",
        "\\shell_exec($x);",
        "namespace A; function exec($x) {} exec('a'); $o->exec('a');",
    ),
    ("process-start", "`ls`;", "$s = '`ls`'; $sql = \"SELECT `a` FROM `b`\";"),
    ("process-start", "use function exec as run; run('a');", "use function My\\exec; exec('a');"),
    ("tainted-call", "$_GET['f']();", "$f = 'strtoupper'; $f($_GET['f']);"),
    (
        "tainted-call",
        "$f = $_GET['f']; $f();",
        "$f = in_array($_GET['f'], ['a', 'b'], true) ? 'my_a' : 'my_b'; $f();",
    ),
    (
        "tainted-call",
        "new $_POST['c']();",
        "$map = ['a' => 'My_A']; $c = $map[$_POST['c']] ?? 'My_B'; new $c();",
    ),
    ("tainted-call", "call_user_func($_GET['f']);", "call_user_func('my_handler', $_GET['f']);"),
    ("hidden-callback", "$f = 'ex' . 'ec'; $f('a');", "$f = 'my_' . 'exec'; $f('a');"),
    (
        "hidden-callback",
        "array_map('system', $a);",
        "array_map('trim', $a); array_map('intval', $a);",
    ),
    (
        "include-from-outside",
        "include $_GET['x'];",
        "include __DIR__ . '/x.php'; include $template; include ABSPATH . 'wp-load.php';",
    ),
    (
        "include-from-outside",
        "include __DIR__ . '/a.png';",
        "include get_template_directory() . '/a.js'; include __DIR__ . '/a.svg';",
    ),
    (
        "include-from-outside",
        "include get_option('x');",
        "include locate_template('x.php'); $n = get_option('n'); include __DIR__ . '/a.php';",
    ),
    (
        "include-from-outside",
        "include __DIR__ . '/views/' . $_GET['v'] . '.php';",
        "$v = ['a' => 'a.php'][sanitize_key($_GET['v'])] ?? 'b.php'; include __DIR__ . '/views/' . $v;",
    ),
    # obfuscation
    (
        "encoded-file",
        "if (!extension_loaded('ionCube Loader')) die;",
        "$text = 'Do not use ionCube Loader'; extension_loaded('gd');",
    ),
    ("obfuscated-code", "$_0xab = 1;", "$x0 = 0xab; $_x = 1;"),
    (
        "obfuscated-code",
        'f("' + "\\x61" * 30 + '");',
        'f("' + "\\xfe" * 30 + '"); f("\\x61 is a letter");',
    ),
    (
        "obfuscated-code",
        "f('" + "aZ9bY8cX7dW6eV5fU4gT3hS2iR1jQ0kPlOmN+/" * 12 + "');",
        "f('data:image/png;base64," + "aZ9bY8cX7dW6eV5fU4gT3hS2iR1jQ0kPlOmN+/" * 12 + "');",
    ),
    ("obfuscated-code", "$a=1;" * 1_200, "$t = ['" + "a', 'b" * 1_200 + "'];"),
    (
        "obfuscated-code",
        "a: goto b; b: goto c; c: goto d; d: goto e; e: f();",
        "a: goto b; b: f();",
    ),
    (
        "dormant-code",
        "if (time() > strtotime('2030-01-01')) f();",
        "if (time() > $installed + 30 * DAY_IN_SECONDS) f(); $y = date('Y');",
    ),
    (
        "dormant-code",
        "if (date('Y-m-d') >= '2030-01-01') f();",
        "if (date('H') >= '12') f(); if ($version >= '2030-01-01') f();",
    ),
    (
        "cloaked-code",
        "if (strpos($_SERVER['HTTP_USER_AGENT'], 'Googlebot')) f();",
        "if (strpos($_SERVER['HTTP_USER_AGENT'], 'MSIE')) f(); if (strpos($text, 'Googlebot')) f();",
    ),
    ("php-unreadable", "function ( { ]] $x", "function f() { return [1]; }"),
    # files
    (
        "writes-code-folder",
        "file_put_contents(__DIR__ . '/a.txt', 1);",
        "file_get_contents(__DIR__ . '/a.txt'); file_put_contents('php://stderr', 'a');",
    ),
    (
        "writes-code-folder",
        "fopen(plugin_dir_path(__FILE__) . 'log', 'w');",
        "fopen(plugin_dir_path(__FILE__) . 'log', 'r');",
    ),
    (
        "writes-code-folder",
        "$wp_filesystem->mkdir(WP_CONTENT_DIR . '/cache');",
        "$u = wp_upload_dir(); wp_mkdir_p($u['basedir'] . '/cache');",
    ),
    (
        "writes-code-folder",
        "class A { const D = __DIR__; function f() { mkdir(self::D . '/c'); } }",
        "class A { const D = 'x'; function f() { $this->mkdir(self::D); } }",
    ),
    (
        "server-files",
        "file_put_contents(WP_CONTENT_DIR . '/db.php', 1);",
        "file_exists(WP_CONTENT_DIR . '/db.php'); include __DIR__ . '/db.php';",
    ),
    (
        "server-files",
        "insert_with_markers(ABSPATH . '.htaccess', 'a', []);",
        "file_put_contents(wp_upload_dir()['basedir'] . '/a/.htaccess', 'deny from all');",
    ),
    (
        "code-in-uploads",
        "file_put_contents(wp_upload_dir()['path'] . '/a.php', 1);",
        "file_put_contents(wp_upload_dir()['path'] . '/index.php', '<?php // Silence');",
    ),
    (
        "path-from-request",
        "unlink($d . $_GET['f']);",
        "unlink($d . sanitize_file_name(basename($_GET['f'])));",
    ),
    (
        "path-from-request",
        "readfile('/x/' . $_GET['f']);",
        "if (validate_file($_GET['f']) === 0) { readfile('/x/' . $_GET['f']); }",
    ),
    (
        "unchecked-upload",
        "move_uploaded_file($_FILES['a']['tmp_name'], $b);",
        "wp_handle_upload($_FILES['a'], ['test_form' => false]);",
    ),
    (
        "unchecked-upload",
        "wp_handle_upload($_FILES['a'], ['test_type' => false]);",
        "media_handle_upload('a', 0);",
    ),
    (
        "wide-upload-types",
        "$mimes['html'] = 'text/html';",
        "$mimes['webp'] = 'image/webp'; $labels['html'] = 'A page';",
    ),
    # statelessness
    ("php-session", "session_start();", "$session_start = 1; $o->session_start();"),
    ("php-session", "$_SESSION['a'] = 1;", "$s['_SESSION'] = 1;"),
    (
        "visitor-cookie",
        "function f() { setcookie('a', 'b'); }",
        "function f() { if (is_user_logged_in()) { setcookie('a', 'b'); } } setcookie('a', '');",
    ),
    (
        "uncacheable-page",
        "define('DONOTCACHEPAGE', true);",
        "define('MY_PAGE', true); defined('DONOTCACHEPAGE');",
    ),
    (
        "uncacheable-page",
        "function f() { nocache_headers(); }",
        "function f() { check_ajax_referer('a'); nocache_headers(); }",
    ),
    ("stream-unsafe", "flock($f, LOCK_EX);", "$o->flock($f);"),
    (
        "stream-unsafe",
        "$z = new ZipArchive(); $z->open(wp_upload_dir()['basedir'] . '/a.zip');",
        "$z = new ZipArchive(); $z->open(get_temp_dir() . 'a.zip');",
    ),
    (
        "stream-unsafe",
        "fopen(wp_upload_dir()['basedir'] . '/a.log', 'a');",
        "fopen(wp_upload_dir()['basedir'] . '/a.csv', 'w');",
    ),
    (
        "local-state",
        "update_option('a', get_temp_dir() . 'x');",
        "update_option('a', wp_upload_dir()['baseurl'] . '/x');",
    ),
    (
        "php-settings",
        "set_time_limit(0);",
        "class A extends WP_CLI_Command { } if (defined('WP_CLI') && WP_CLI) { set_time_limit(0); }",
    ),
    (
        "php-settings",
        "ini_set('memory_limit', '1G');",
        "ini_set('pcre.jit', '0'); error_reporting(); ini_get('memory_limit');",
    ),
    # database
    (
        "sql-injection",
        "$wpdb->query(\"SELECT {$_GET['a']}\");",
        "$wpdb->query($wpdb->prepare('SELECT %s', $_GET['a']));",
    ),
    (
        "sql-injection",
        "$wpdb->get_var('SELECT a FROM b ORDER BY ' . esc_sql($_GET['o']));",
        "$wpdb->get_var(\"SELECT a FROM b WHERE c = '\" . esc_sql($_GET['o']) . \"'\");",
    ),
    (
        "sql-injection",
        "$o = $_GET['o']; $wpdb->get_col(\"SELECT a FROM b ORDER BY $o\");",
        "$o = $_GET['o']; if (!in_array($o, ['a', 'b'], true)) { return; } $wpdb->get_col(\"SELECT a FROM b ORDER BY $o\");",
    ),
    (
        "sql-injection",
        "$i = $_GET['i']; $wpdb->query(\"DELETE FROM a WHERE i = $i\");",
        "$i = (int) $_GET['i']; $wpdb->query(\"DELETE FROM a WHERE i = $i\");",
    ),
    (
        "sql-injection",
        "$i = implode(',', $_POST['i']); $wpdb->query(\"DELETE FROM a WHERE i IN ($i)\");",
        "$i = implode(',', array_map('absint', $_POST['i'])); $wpdb->query(\"DELETE FROM a WHERE i IN ($i)\");",
    ),
    (
        "sql-injection",
        "function f($r) { global $wpdb; $wpdb->query('SELECT ' . $r); } f($_GET['a']);",
        "function f($r) { global $wpdb; $wpdb->query('SELECT ' . absint($r)); } f($_GET['a']);",
    ),
    (
        "sql-unprepared",
        'function f($a) { global $wpdb; $wpdb->query("SELECT b FROM c WHERE d = $a"); }',
        'function f() { global $wpdb; $wpdb->query("SELECT b FROM {$wpdb->prefix}c WHERE d = 1"); }',
    ),
    (
        "sql-unprepared",
        "$wpdb->query('SELECT ' . get_option('a'));",
        "$wpdb->query('SELECT ' . absint(get_option('a')));",
    ),
    (
        "core-schema",
        '$wpdb->query("ALTER TABLE {$wpdb->posts} ADD a int");',
        '$wpdb->query("ALTER TABLE {$wpdb->prefix}mine ADD a int");',
    ),
    (
        "unbounded-query",
        "get_posts(['posts_per_page' => -1]);",
        "get_posts(['posts_per_page' => 100]);",
    ),
    (
        "unbounded-query",
        "$wpdb->get_col('SELECT a FROM b ORDER BY RAND() LIMIT 1');",
        "$wpdb->get_col('SELECT brand FROM b ORDER BY brand');",
    ),
    (
        "unserialize-outside",
        "unserialize($_COOKIE['a']);",
        "unserialize($_COOKIE['a'], ['allowed_classes' => false]); maybe_unserialize(get_option('a'));",
    ),
    # requests
    (
        "ajax-unguarded",
        "add_action('wp_ajax_a', 'f'); function f() { update_option('a', 1); }",
        "add_action('wp_ajax_a', 'f'); function f() { check_ajax_referer('a'); current_user_can('b') || wp_die(); update_option('a', 1); }",
    ),
    (
        "ajax-unguarded",
        "class A { function __construct() { add_action('wp_ajax_nopriv_a', [$this, 'f']); } function f() { wp_insert_post([]); } }",
        "class A { function __construct() { add_action('wp_ajax_nopriv_a', [$this, 'f']); } function f() { echo get_the_title(1); } }",
    ),
    (
        "ajax-unguarded",
        "add_action('wp_ajax_a', 'f'); function f() { g(); } function g() { delete_option('a'); }",
        "add_action('wp_ajax_a', 'f'); function f() { g(); delete_option('a'); } function g() { check_admin_referer('a'); if (!current_user_can('b')) { exit; } }",
    ),
    (
        "route-unguarded",
        "register_rest_route('a/v1', '/b', ['methods' => 'POST', 'callback' => 'f']); function f() { update_option('a', 1); }",
        "register_rest_route('a/v1', '/b', ['methods' => 'GET', 'callback' => 'f', 'permission_callback' => '__return_true']); function f() { return get_option('a'); }",
    ),
    (
        "route-unguarded",
        "register_rest_route('a/v1', '/b', ['methods' => WP_REST_Server::EDITABLE, 'callback' => fn () => update_option('a', 1), 'permission_callback' => fn () => true]);",
        "register_rest_route('a/v1', '/b', ['methods' => WP_REST_Server::EDITABLE, 'callback' => fn () => update_option('a', 1), 'permission_callback' => fn () => current_user_can('c')]);",
    ),
    (
        "handler-unguarded",
        "add_action('admin_init', 'f'); function f() { if (isset($_POST['a'])) { update_option('a', 1); } }",
        "add_action('admin_init', 'f'); function f() { if (isset($_POST['a']) && wp_verify_nonce($_POST['n'], 'a')) { update_option('a', 1); } }",
    ),
    (
        "makes-administrators",
        "$u->set_role('administrator');",
        "$u->set_role('subscriber'); $u->has_cap('administrator');",
    ),
    (
        "makes-administrators",
        "update_option('default_role', 'administrator');",
        "get_option('default_role'); update_option('my_default_role', 'administrator');",
    ),
    (
        "makes-users",
        "wp_create_user('a', 'b');",
        "get_user_by('login', 'a'); $o->wp_create_user('a');",
    ),
    ("signs-in", "wp_set_current_user(1);", "wp_set_current_user(0); wp_get_current_user();"),
    (
        "hides-from-lists",
        "add_filter('all_plugins', function ($p) { unset($p['a']); return $p; });",
        "add_filter('all_plugins', function ($p) { $p['a']['Name'] = 'A'; return $p; });",
    ),
    (
        "unescaped-output",
        "echo $_GET['a'];",
        "echo esc_html($_GET['a']); echo (int) $_GET['b']; echo $_SERVER['REQUEST_METHOD'];",
    ),
    (
        "unescaped-output",
        "?><b><?= $_GET['a'] ?></b><?php",
        "?><b><?= esc_attr($_GET['a']) ?></b><?php",
    ),
    (
        "unescaped-output",
        "$a = trim($_POST['a']); printf('%s', $a);",
        "$a = trim($_POST['a']); printf('%s', esc_html($a)); echo isset($_GET['a']) ? 'x' : 'y';",
    ),
    # network
    (
        "request-aims-server",
        "wp_remote_get($_GET['u']);",
        "wp_safe_remote_get($_GET['u']); wp_remote_get('https://a.example/?q=' . $_GET['q']);",
    ),
    (
        "tls-unverified",
        "wp_remote_get($u, ['sslverify' => false]);",
        "wp_remote_get($u, ['sslverify' => true]); add_filter('https_local_ssl_verify', '__return_false');",
    ),
    (
        "tls-unverified",
        "curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);",
        "curl_setopt($c, CURLOPT_SSL_VERIFYPEER, true);",
    ),
    (
        "sends-identity",
        "wp_remote_post($u, ['body' => ['a' => get_bloginfo('admin_email')]]);",
        "wp_mail(get_bloginfo('admin_email'), 'a', 'b'); wp_remote_post($u, ['body' => ['a' => 1]]);",
    ),
    (
        "remote-at-load",
        "add_action('wp_head', function () { wp_remote_get('https://a.example'); });",
        "add_action('my_cron', function () { wp_remote_get('https://a.example'); });",
    ),
    # self-update
    (
        "own-updater",
        "add_filter('plugins_api', 'f');",
        "add_filter('plugins_api_result', 'f'); get_site_transient('update_plugins');",
    ),
    ("own-updater", "new EDD_SL_Plugin_Updater($a);", "new My_Plugin_Updater_Notice($a);"),
    (
        "remote-code",
        "file_put_contents(__DIR__ . '/a.php', wp_remote_retrieve_body(wp_remote_get($u)));",
        "file_put_contents(wp_upload_dir()['basedir'] . '/a.json', wp_remote_retrieve_body(wp_remote_get($u)));",
    ),
    (
        "remote-code",
        "$f = download_url($u); unzip_file($f, $d);",
        "$f = download_url($u); media_handle_sideload(['tmp_name' => $f], 0);",
    ),
    # cron
    (
        "cron-often",
        "add_filter('cron_schedules', function ($s) { $s['a'] = ['interval' => 300]; return $s; });",
        "add_filter('cron_schedules', function ($s) { $s['a'] = ['interval' => 15 * MINUTE_IN_SECONDS]; return $s; });",
    ),
    (
        "cron-each-load",
        "function boot() { wp_schedule_event(time(), 'daily', 'a'); }",
        "function boot() { if (!wp_next_scheduled('a')) { wp_schedule_event(time(), 'daily', 'a'); } } function activate() { wp_schedule_event(time(), 'daily', 'a'); }",
    ),
    ("sleeps", "while (true) { sleep(1); }", "$o->sleep(1); sleep(1);"),
    # multisite, versions
    ("multisite-only", "switch_to_blog(1);", "if (is_multisite()) { switch_to_blog(1); }"),
    ("removed-function", "each($a);", "$o->each($a); if (function_exists('each')) { each($a); }"),
    (
        "removed-function",
        "mysql_query('SELECT 1');",
        "function mysql_query($a) { } mysql_query('SELECT 1');",
    ),
)
