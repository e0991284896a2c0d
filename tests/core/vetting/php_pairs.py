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
    ("obfuscated-code", 'f("' + "\\141" * 30 + '");', 'f("' + "\\376" * 30 + '");'),
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
    (
        "obfuscated-code",
        "echo base64_decode('PHNjcmlwdD4=');",
        "echo base64_decode('PHN2Zz4='); $x = base64_decode('PHNjcmlwdD4=');",
    ),
    (
        "hidden-callback",
        "filter_var($x, FILTER_CALLBACK, ['options' => 'exec']);",
        "filter_var($x, FILTER_VALIDATE_INT, ['options' => ['min_range' => 1]]);",
    ),
    (
        "hidden-callback",
        "$f = str_replace('-', '', base64_decode($x)); $f();",
        "$f = str_replace(chr(96), '', $x); $f();",
    ),
)
