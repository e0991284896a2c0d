<?php
/**
 * What can be reached once the package is active: pages of the admin, routes, ajax actions, and what
 * authors may use.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\Vetting;

/** @return array<string, list<string>> everything there is; the comparison with and without is made elsewhere */
function surface(): array
{
    global $wp_filter, $shortcode_tags;
    $ajax = array_filter(array_keys($wp_filter), static fn ($hook) => str_starts_with((string) $hook, 'wp_ajax_'));
    return [
        'pages' => admin_pages(),
        'routes' => did_action('rest_api_init') > 0 ? routes() : [],
        'ajax' => array_values(array_map(static fn ($hook) => substr((string) $hook, 8), $ajax)),
        'shortcodes' => array_map('strval', array_keys($shortcode_tags ?? [])),
        'blocks' => array_map('strval', array_keys(\WP_Block_Type_Registry::get_instance()->get_all_registered())),
        'post types' => array_values(get_post_types()),
    ];
}

/** @return list<string> paths below /wp-admin/ */
function admin_pages(): array
{
    global $menu, $submenu;
    if (!is_array($menu ?? null)) {
        return [];
    }
    $paths = [];
    foreach ([['', $menu], ...array_map(null, array_keys($submenu ?? []), array_values($submenu ?? []))] as [$parent, $items]) {
        foreach ($items as $item) {
            $slug = html_entity_decode((string) ($item[2] ?? ''));
            if ($slug === '' || str_starts_with($slug, 'separator') || str_contains($slug, '://')) {
                continue;
            }
            $address = menu_page_url($slug, false);
            $paths[] = $address !== '' ? html_entity_decode((string) substr($address, strlen(admin_url()))) : $slug;
        }
    }
    return array_values(array_unique($paths));
}

/** @return list<string> `METHODS /path`, with `open` in front where anybody may call it */
function routes(): array
{
    $found = [];
    // WordPress itself adds an index for each namespace.
    $indexes = rest_get_server()->get_namespaces();
    foreach (rest_get_server()->get_routes() as $path => $endpoints) {
        if (in_array(trim($path, '/'), $indexes, true)) {
            continue;
        }
        foreach ($endpoints as $endpoint) {
            $methods = implode(',', array_keys((array) ($endpoint['methods'] ?? [])));
            $guard = $endpoint['permission_callback'] ?? null;
            $open = $guard === null || $guard === '__return_true' ? 'open ' : '';
            $found[] = "$open$methods $path";
        }
    }
    return array_values(array_unique($found));
}
