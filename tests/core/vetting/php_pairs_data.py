"""Pairs as in php_pairs.py: database, requests, network, time, platform."""

PAIRS: tuple[tuple[str, str, str], ...] = (
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
        "wp_remote_get($u, ['sslverify' => true]); wp_remote_get(home_url('/'), ['sslverify' => false]); add_filter('https_local_ssl_verify', '__return_false');",
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
    (
        "makes-administrators",
        "$wpdb->insert($wpdb->users, ['user_login' => 'a']);",
        "$wpdb->update($wpdb->users, ['display_name' => 'a'], ['ID' => 1]); $wpdb->insert($wpdb->usermeta, ['meta_key' => 'mine']);",
    ),
    ("signs-in", "wp_set_current_user($_GET['u']);", "wp_set_current_user(0);"),
    (
        "tls-unverified",
        "wp_remote_get($u, ['sslverify' => false]);",
        "wp_remote_get($u, ['sslverify' => apply_filters('https_local_ssl_verify', false)]);",
    ),
    (
        "unescaped-output",
        "echo esc_html($a) . $_GET['b'];",
        "echo $a . esc_html($_GET['b']); echo apply_filters('x', $a, $_GET['b']);",
    ),
    (
        "sql-injection",
        "$wpdb->query(\"SELECT 1 FROM a WHERE b IN (\" . implode(',', esc_sql($_GET['b'])) . ')');",
        "$wpdb->query(\"SELECT 1 FROM a WHERE b IN ('\" . implode(\"', '\", esc_sql($_GET['b'])) . \"')\");",
    ),
    (
        "unescaped-output",
        "echo add_query_arg('a', 'b'); echo remove_query_arg('a');",
        "echo add_query_arg($list, 'https://a.example/'); echo esc_url(add_query_arg('a', 'b'));",
    ),
)
