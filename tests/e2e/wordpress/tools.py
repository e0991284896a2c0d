"""A plugin of the suite's own: pages that take their time or have no end, on a webhead that runs as any other."""

SLUG = "lab-tools"
MAIN = """\
<?php
/**
 * Plugin Name: Lab tools
 * Version: 1.0.0
 * License: GPL-2.0-or-later
 * Requires PHP: 8.1
 * Requires at least: 6.0
 * Author: The tests
 */
defined('ABSPATH') || exit;
add_action('init', static function (): void {
    if (isset($_GET['lab-nap'])) {
        touch('/tmp/nap-' . getmypid());
        sleep((int) $_GET['lab-nap']);
    }
});
add_action('wp_footer', static function (): void {
    if (get_option('lab_cut')) {
        exit;
    }
});
"""
