"""A plugin of the suite's own whose events, errors, sessions and slow queries can be seen from outside.

All tests of events, logs, log-in and mail share one site that uses it.
"""

from lab import Lab, new_site

from demo.stage import Stage

SLUG = "lab-probe"
SITE = "probe-lab"
MAIN = """\
<?php
/**
 * Plugin Name: Lab probe
 * Version: 1.0.0
 * License: GPL-2.0-or-later
 * Requires PHP: 8.1
 * Requires at least: 6.0
 * Author: The tests
 */
defined('ABSPATH') || exit;
function lab_row($n) {
    global $wpdb;
    $wpdb->insert('lab_ran', ['n' => $n, 'webhead' => gethostname(), 'at' => time()]);
}
add_action('lab_event', 'lab_row');
add_action('lab_fatal', function () { lab_function_that_is_nowhere(); });
add_action('lab_ends', function () { exit(3); });
add_action('lab_slow', function ($n) { lab_row($n); sleep(300); });
add_action('init', static function (): void {
    global $wpdb;
    if (isset($_GET['lab-warning'])) {
        trigger_error('lab warning ' . str_repeat('x', (int) $_GET['lab-warning']), E_USER_WARNING);
    }
    if (isset($_GET['lab-query'])) {
        $wpdb->query("SELECT SLEEP(1.2), 'a secret value'");
    }
    if (isset($_GET['lab-session'])) {
        session_start();
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        wp_send_json(['count' => $_SESSION['count']]);
    }
    if (isset($_GET['lab-read'])) {
        ini_set('open_basedir', '/');
        wp_send_json(array_map(static fn ($path) => @file_get_contents($path) !== false, $_GET['lab-read']));
    }
    if (isset($_GET['lab-seen'])) {
        wp_send_json(array_filter($_SERVER, static fn ($name) => preg_match('/^(HTTP_|HTTPS$|REMOTE_|SERVER_)/', $name),
            ARRAY_FILTER_USE_KEY));
    }
});
"""


def probe_site(stage: Stage) -> Lab:
    """The live site that uses the plugin, with the table of its events."""
    made = new_site(stage, SITE, title="The probe's site", plugins=[{"slug": SLUG}])
    made.sql("CREATE TABLE IF NOT EXISTS lab_ran (n INT, webhead VARCHAR(64), at INT)")
    return made
