"""Plugins of the fleet's repository that tell what was done to them, or that break half way."""

FORMS = """<?php
/**
 * Plugin Name: Probe forms
 * Version: 1.0.0
 */
register_activation_hook(__FILE__, function () {
    global $wpdb;
    $wpdb->query('CREATE TABLE IF NOT EXISTS wp_probe_forms (id INT PRIMARY KEY, said TEXT)');
    $wpdb->query("REPLACE INTO wp_probe_forms VALUES (1, 'kept')");
    update_option('probe_came', 1 + (int) get_option('probe_came'));
});
register_deactivation_hook(__FILE__, function () {
    update_option('probe_left', 1 + (int) get_option('probe_left'));
});
// Active on a webhead: is the table there?
add_action('wp_footer', function () {
    global $wpdb;
    $there = $wpdb->get_var("SHOW TABLES LIKE 'wp_probe_forms'") !== null;
    echo $there ? '<p>probe-forms is here</p>' : '<p>probe-forms came too early</p>';
});
"""
BREAKS = """<?php
/**
 * Plugin Name: Probe breaks
 * Version: 1.0.0
 */
register_activation_hook(__FILE__, function () {
    global $wpdb;
    $wpdb->query('CREATE TABLE wp_probe_half (id INT)');
    $wpdb->query("UPDATE wp_options SET option_value = 'broken' WHERE option_name = 'blogdescription'");
    $wpdb->query('ALTER TABLE wp_links ADD COLUMN half INT');
    throw new RuntimeException('half way');
});
"""
PLUGINS = {"probe-forms": FORMS, "probe-breaks": BREAKS}
