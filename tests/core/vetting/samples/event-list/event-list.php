<?php
/**
 * Plugin Name: Event List
 * Description: Events with a place and a date, a shortcode, a page in the admin and a REST route.
 * Version: 1.4.0
 * Requires PHP: 8.1
 * License: GPL-2.0-or-later
 */

declare(strict_types=1);

namespace EventList;

use WP_REST_Request;
use WP_REST_Response;

defined('ABSPATH') || exit;

const VERSION = '1.4.0';
const OPTION = 'event_list_settings';
define('EVENT_LIST_DIR', plugin_dir_path(__FILE__));

require_once __DIR__ . '/inc/class-store.php';
require_once EVENT_LIST_DIR . 'inc/feed.php';

foreach (['widgets', 'blocks'] as $part) {
    require_once __DIR__ . "/inc/{$part}.php";
}

register_activation_hook(__FILE__, __NAMESPACE__ . '\\activate');

function activate(): void
{
    global $wpdb;
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    $table = $wpdb->prefix . 'event_list';
    dbDelta("CREATE TABLE $table (
        id bigint unsigned NOT NULL AUTO_INCREMENT,
        title varchar(200) NOT NULL,
        starts datetime NOT NULL,
        PRIMARY KEY  (id)
    ) {$wpdb->get_charset_collate()};");
    add_option(OPTION, ['per_page' => 10, 'past' => false]);
    wp_schedule_event(time(), 'daily', 'event_list_purge');
}

add_action('event_list_purge', __NAMESPACE__ . '\\purge');

function purge(): void
{
    global $wpdb;
    $before = gmdate('Y-m-d H:i:s', time() - 90 * DAY_IN_SECONDS);
    $wpdb->query($wpdb->prepare("DELETE FROM {$wpdb->prefix}event_list WHERE starts < %s", $before));
}

add_shortcode('event_list', __NAMESPACE__ . '\\shortcode');

/** @param array<string, string>|string $attributes */
function shortcode($attributes): string
{
    $attributes = shortcode_atts(['limit' => 10, 'order' => 'asc'], $attributes, 'event_list');
    $page = isset($_GET['event_page']) ? absint($_GET['event_page']) : 1;
    $order = 'desc' === strtolower((string) $attributes['order']) ? 'DESC' : 'ASC';
    $events = upcoming((int) $attributes['limit'], $page, $order);
    ob_start();
    echo '<ul class="event-list">';
    foreach ($events as $event) {
        printf('<li><time>%s</time> %s</li>', esc_html($event->starts), esc_html($event->title));
    }
    echo '</ul>';
    return (string) ob_get_clean();
}

function upcoming(int $limit, int $page, string $order): array
{
    global $wpdb;
    $offset = ($page - 1) * $limit;
    $key = 'event_list_' . md5("$limit:$page:$order");
    $found = get_transient($key);
    if (is_array($found)) {
        return $found;
    }
    $found = $wpdb->get_results($wpdb->prepare(
        "SELECT id, title, starts FROM {$wpdb->prefix}event_list ORDER BY starts {$order} LIMIT %d OFFSET %d",
        $limit,
        $offset
    ));
    set_transient($key, $found, HOUR_IN_SECONDS);
    return $found;
}

add_action('admin_menu', static function (): void {
    add_menu_page(
        __('Events', 'event-list'),
        __('Events', 'event-list'),
        'edit_posts',
        'event-list',
        __NAMESPACE__ . '\\page',
        'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciPjwvc3ZnPg=='
    );
});

function page(): void
{
    if (!current_user_can('edit_posts')) {
        wp_die(esc_html__('You may not do that.', 'event-list'));
    }
    $tab = isset($_GET['tab']) ? sanitize_key($_GET['tab']) : 'list';
    $views = ['list' => 'list.php', 'settings' => 'settings.php'];
    echo '<div class="wrap"><h1>' . esc_html(get_admin_page_title()) . '</h1>';
    if (isset($views[$tab])) {
        include __DIR__ . '/views/' . $views[$tab];
    }
    echo '<a href="' . esc_url(add_query_arg(['page' => 'event-list', 'tab' => $tab])) . '">';
    echo esc_html($_GET['notice'] ?? '') . '</a></div>';
}

add_action('wp_ajax_event_list_save', __NAMESPACE__ . '\\save');

function save(): void
{
    check_ajax_referer('event_list_save');
    if (!current_user_can('edit_posts')) {
        wp_send_json_error(null, 403);
    }
    global $wpdb;
    $wpdb->insert($wpdb->prefix . 'event_list', [
        'title' => sanitize_text_field(wp_unslash($_POST['title'] ?? '')),
        'starts' => sanitize_text_field(wp_unslash($_POST['starts'] ?? '')),
    ], ['%s', '%s']);
    wp_send_json_success(['id' => $wpdb->insert_id]);
}

add_action('admin_post_event_list_settings', function () {
    check_admin_referer('event_list_settings');
    if (current_user_can('manage_options')) {
        update_option(OPTION, ['per_page' => absint($_POST['per_page'] ?? 10), 'past' => !empty($_POST['past'])]);
    }
    wp_safe_redirect(admin_url('admin.php?page=event-list'));
    exit;
});

add_action('rest_api_init', function () {
    register_rest_route('event-list/v1', '/events', [
        'methods' => 'GET',
        'callback' => __NAMESPACE__ . '\\rest_events',
        'permission_callback' => '__return_true',
    ]);
    register_rest_route('event-list/v1', '/events', [
        'methods' => \WP_REST_Server::CREATABLE,
        'callback' => __NAMESPACE__ . '\\rest_create',
        'permission_callback' => static fn () => current_user_can('edit_posts'),
    ]);
});

function rest_events(WP_REST_Request $request): WP_REST_Response
{
    $limit = min(50, absint($request->get_param('limit') ?: 10));
    return new WP_REST_Response(upcoming($limit, 1, 'ASC'));
}

function rest_create(WP_REST_Request $request): WP_REST_Response
{
    global $wpdb;
    $wpdb->insert($wpdb->prefix . 'event_list', ['title' => sanitize_text_field($request['title'])]);
    return new WP_REST_Response(['id' => $wpdb->insert_id], 201);
}

function weather(string $city): array
{
    $cached = get_transient('event_list_weather');
    if (is_array($cached)) {
        return $cached;
    }
    $answer = wp_remote_get(add_query_arg('q', rawurlencode($city), 'https://api.weather.example/v1/today'), ['timeout' => 3]);
    $body = json_decode(wp_remote_retrieve_body($answer), true);
    set_transient('event_list_weather', is_array($body) ? $body : [], HOUR_IN_SECONDS);
    return is_array($body) ? $body : [];
}

function export_file(array $events): string
{
    $uploads = wp_upload_dir();
    $folder = $uploads['basedir'] . '/event-list';
    wp_mkdir_p($folder);
    $name = sanitize_file_name(basename($_POST['name'] ?? 'events') . '.csv');
    file_put_contents("$folder/$name", implode("\n", array_map('strval', $events)));
    return $uploads['baseurl'] . '/event-list/' . $name;
}

add_action('wp_enqueue_scripts', function () {
    wp_enqueue_style('event-list', plugins_url('assets/list.css', __FILE__), [], VERSION);
});

add_filter('the_title', static fn (string $title): string => preg_replace('/\s+/', ' ', $title));
usort($GLOBALS['event_list_order'], static fn ($a, $b) => strcmp($a, $b));
array_map('absint', (array) get_option('event_list_ids', []));
call_user_func_array([new Store(), 'warm'], []);
