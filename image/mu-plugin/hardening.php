<?php
/**
 * What a WordPress on this platform does not do: look for updates, mail errors, name its version.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

// Updates come as a new image. The checks would only fill the log: there is no way out to ask.
$checks = ['_maybe_update_core', '_maybe_update_plugins', '_maybe_update_themes', 'wp_version_check',
    'wp_update_plugins', 'wp_update_themes'];
add_action('init', static function () use ($checks): void {
    foreach (['admin_init', 'load-plugins.php', 'load-themes.php', 'load-update.php', 'load-update-core.php',
        'wp_version_check', 'wp_update_plugins', 'wp_update_themes', 'upgrader_process_complete'] as $moment) {
        foreach ($checks as $check) {
            remove_action($moment, $check);
        }
    }
    remove_action('init', 'wp_schedule_update_checks');
}, 1);
foreach (['core', 'plugins', 'themes'] as $what) {
    add_filter("pre_site_transient_update_$what", static fn () => (object) [
        'updates' => [], 'response' => [], 'translations' => [], 'no_update' => [],
        'version_checked' => wp_get_wp_version(), 'last_checked' => time(),
    ]);
}
add_filter('automatic_updater_disabled', '__return_true');
add_filter('should_load_remote_block_patterns', '__return_false');
add_action('wp_dashboard_setup', static function (): void {
    remove_meta_box('dashboard_primary', 'dashboard', 'side');   // news from outside
});
add_filter('site_status_tests', static function (array $tests): array {
    unset($tests['async']['dotorg_communication'], $tests['async']['background_updates'],
        $tests['direct']['update_temp_backup_writable'], $tests['direct']['available_updates_disk_space'],
        $tests['direct']['plugin_theme_auto_updates'],
        // What lies in the image, PHP too, used or not, is the fleet's and not the site's.
        $tests['direct']['php_version'],
        $tests['direct']['plugin_version'], $tests['direct']['theme_version']);
    return $tests;
});

// During a roll-out old and new code share a schema: no webhead sends its admins to upgrade.php.
if (PHP_SAPI !== 'cli') {
    add_filter('pre_option_db_version', static fn () => (string) $GLOBALS['wp_db_version']);
}

add_filter('xmlrpc_enabled', '__return_false');
remove_action('wp_head', 'rsd_link');
add_filter('wp_headers', static function (array $headers): array {
    unset($headers['X-Pingback']);
    return $headers;
});

// The version: neither as a tag, nor in feeds, nor behind the name of each script.
remove_action('wp_head', 'wp_generator');
add_filter('the_generator', '__return_empty_string');
$without_version = static function (mixed $address): mixed {
    if (!is_string($address)) {
        return $address;
    }
    $version = wp_get_wp_version();
    // Still another address for each release, so that browsers fetch the new file.
    return str_replace("ver=$version", 'ver=' . substr(hash('sha256', $version . AUTH_SALT), 0, 8), $address);
};
add_filter('script_loader_src', $without_version);
add_filter('style_loader_src', $without_version);
add_filter('script_module_loader_src', $without_version);

// nginx says of every answer who may frame it; newer ones of WordPress say so of theirs once more.
foreach (['login_init', 'admin_init'] as $moment) {
    add_action($moment, static function (): void {
        if (in_array("Content-Security-Policy: frame-ancestors 'self';", headers_list(), true)) {
            header_remove('Content-Security-Policy');
        }
    }, 11);
}

// Who may log in is nobody's business who has not.
add_filter('rest_endpoints', static function (array $endpoints): array {
    if (!is_user_logged_in()) {
        unset($endpoints['/wp/v2/users'], $endpoints['/wp/v2/users/(?P<id>[\d]+)']);
    }
    return $endpoints;
});

// From here on, where plugins begin, PHP opens files nowhere else: a plugin that takes a name from a
// visitor gives him no file of the system. Not in php.ini: there PHP would look at each folder above
// each file that it includes, 12,000 calls and twice the time for a page. Nothing can widen it again.
if (PHP_SAPI !== 'cli') {
    add_action('muplugins_loaded', static function (): void {
        ini_set('open_basedir', '/usr/share/wpaas/:/usr/lib/:/etc/wpaas/:/run/wpaas/:/tmp/');
    }, PHP_INT_MIN);
}
