<?php
/**
 * What the run asks for by a request of the administrator: activate, deactivate, uninstall, run the
 * scheduled events; and a request as if the package were not there.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\Vetting;

/** The package's main file as WordPress names it; "" where there is none. */
function main_file(): string
{
    return (string) \Wpaas\plugin_file(WP_PLUGIN_DIR, subject()['slug']);
}

function leave_out(): void
{
    if (subject()['kind'] === 'plugin') {
        add_filter('option_active_plugins', static fn ($files) => array_values(array_filter(
            (array) $files,
            static fn ($file) => !str_starts_with((string) $file, subject()['slug'] . '/')
        )));
        return;
    }
    add_filter('pre_option_stylesheet', static fn () => WP_DEFAULT_THEME);
    add_filter('pre_option_template', static fn () => WP_DEFAULT_THEME);
}

/** @return string what WordPress says against it; "" where it is done */
function change(string $what): string
{
    $theme = subject()['kind'] === 'theme';
    $result = match (true) {
        $what === 'activate' && $theme => switch_theme(subject()['slug']),
        $what === 'activate' => activate_plugin(main_file()),
        $what === 'deactivate' && $theme => switch_theme(WP_DEFAULT_THEME),
        $what === 'deactivate' => deactivate_plugins([main_file()]),
        $what === 'uninstall' && !$theme => uninstall_plugin(main_file()),
        $what === 'cron' => run_events(),
        default => null,
    };
    return is_wp_error($result) ? $result->get_error_code() . ': ' . wp_strip_all_tags($result->get_error_message()) : '';
}

/**
 * Every scheduled event once, due or not, as wp-cron.php would run it; without what WordPress itself
 * asks of WordPress.org, which takes long where nothing answers.
 */
function run_events(): void
{
    foreach (['wp_version_check', 'wp_update_plugins', 'wp_update_themes'] as $hook) {
        remove_action($hook, $hook);
    }
    remove_action('wp_site_health_scheduled_check', [\WP_Site_Health::get_instance(), 'wp_cron_scheduled_check']);
    foreach (_get_cron_array() as $time => $hooks) {
        foreach ($hooks as $hook => $events) {
            foreach ($events as $event) {
                if (!empty($event['schedule'])) {
                    wp_reschedule_event($time, $event['schedule'], $hook, $event['args']);
                }
                wp_unschedule_event($time, $hook, $event['args']);
                do_action_ref_array($hook, $event['args']);
            }
        }
    }
}

add_action('admin_post_wpaas_vetting', static function (): void {
    if (!current_user_can('manage_options') || !isset(Record::$wanted['do'])) {
        wp_die('not here', '', 403);
    }
    require_once ABSPATH . 'wp-admin/includes/plugin.php';
    $said = change(Record::$wanted['do']);
    header('X-Wpaas-Said: ' . rawurlencode(substr($said, 0, 300)));
    exit('<p>done</p></html>');
});
// For pictures: a one-time link that leads to a page, and not to the dashboard.
add_filter('wp_redirect', static fn (string $to): string => isset($_GET['wpaas-login'], $_GET['page-after'])
    ? admin_url((string) $_GET['page-after']) : $to);
add_action('plugins_loaded', static function (): void {
    if ((Record::$wanted['do'] ?? '') === 'cron') {
        // Scheduled code asks this to know where it runs.
        add_filter('wp_doing_cron', '__return_true');
    }
}, -1000);
