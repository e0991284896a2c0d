<?php
/**
 * Says in the admin which settings the fleet repository holds, and takes the switches away that
 * would not do anything.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Page of the admin → what it cannot change. */
const GOVERNED_PAGES = [
    'options-general' => 'Title, tagline, language and time zone',
    'plugins' => 'The list of active plugins',
    'themes' => 'The theme',
];

/** Fields of the general settings, by their names in the form. */
const GOVERNED_FIELDS = ['blogname' => 'title', 'blogdescription' => 'tagline', 'WPLANG' => 'locale',
    'timezone_string' => 'timezone'];

add_action('admin_notices', static function (): void {
    $page = get_current_screen()->id ?? '';
    if (live() === [] || !isset(GOVERNED_PAGES[$page])) {
        return;
    }
    $file = 'sites/' . configuration()->text('site') . '.json';
    printf(
        '<div class="notice notice-info"><p>%s: set in <code>%s</code> of the fleet repository, and the same'
        . ' on every server. To change it, propose a change of that file.</p></div>',
        esc_html(GOVERNED_PAGES[$page]),
        esc_html($file)
    );
});

add_action('admin_print_footer_scripts-options-general.php', static function (): void {
    $names = array_keys(array_filter(GOVERNED_FIELDS, static fn ($name) => live_text($name) !== null));
    printf(
        '<script>for (const name of %s) { const field = document.querySelector(`[name="${name}"]`);'
        . ' if (field) { field.disabled = true; } }</script>',
        wp_json_encode($names)
    );
});

// Rights that would end in a button without effect. The lists themselves stay readable.
add_filter('map_meta_cap', static function (array $needed, string $right): array {
    $plugin_rights = ['activate_plugin', 'deactivate_plugin', 'deactivate_plugins', 'resume_plugin'];
    $refused = (in_array($right, $plugin_rights, true) && live_plugins() !== null)
        || ($right === 'switch_themes' && live_theme() !== null);
    return $refused ? ['do_not_allow'] : $needed;
}, 10, 2);
