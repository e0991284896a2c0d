<?php
/**
 * Settings that the fleet repository holds and that change on all webheads at once: one JSON row in
 * the site's database, read at each request, that wins over WordPress's own options.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/**
 * The row's document; empty where there is none (before the first write, or a broken one). The install
 * job goes from one document to the next by itself, so it gives the one that holds from now on.
 *
 * @param array<string, mixed>|null $from_now_on
 * @return array<string, mixed>
 */
function live(?array $from_now_on = null): array
{
    static $live = null;
    $live = $from_now_on ?? $live ?? $GLOBALS['wpaas_live'] ?? null;
    if ($live === null) {
        global $wpdb;
        $shown = $wpdb->suppress_errors(true);   // no such table until the reconciler made it
        $text = $wpdb->get_var('SELECT document FROM wpaas_live WHERE id = 1');
        $wpdb->suppress_errors($shown);
        $live = is_string($text) ? json_decode($text, true) : [];
        if (!is_array($live) || ($live !== [] && ($live['format'] ?? null) !== 1)) {
            log_line('the row in wpaas_live is not a document of format 1; ignored');
            $live = [];
        }
    }
    return $live;
}

/** A text of the document, or null: then WordPress's own option holds. */
function live_text(string $name): ?string
{
    $value = live()[$name] ?? null;
    return is_string($value) ? $value : null;
}

/** @return list<string>|null main files of the plugins that are wanted and there; null: not governed */
function live_plugins(): ?array
{
    if (!is_array(live()['plugins'] ?? null)) {
        return null;
    }
    static $files = null;
    static $of = null;
    if ($of !== live()) {
        $files = [];
        $of = live();
        foreach (plugin_files(WP_PLUGIN_DIR, live()) as $slug => $file) {
            // Missing while an image rolls out. A webhead that starts so does not become healthy.
            $file === null ? log_line('plugin not in this image', ['plugin' => (string) $slug]) : $files[] = $file;
        }
        sort($files);
    }
    return $files;
}

/** The theme and the one with its templates, if both are in this image. @return array{string, string}|null */
function live_theme(): ?array
{
    $theme = live_text('theme');
    $template = $theme === null ? null : theme_template(WP_CONTENT_DIR . '/themes', $theme);
    return $template === null ? null : [$theme, $template];
}

/**
 * The options that the document governs, each with what to answer: null where it says nothing.
 *
 * @return array<string, callable(): (string|list<string>|null)>
 */
function live_options(): array
{
    return [
        // Stored escaped by core (sanitize_option), and printed as stored by themes.
        'blogname' => static fn () => ($text = live_text('title')) === null ? null : esc_html($text),
        'blogdescription' => static fn () => ($text = live_text('tagline')) === null ? null : esc_html($text),
        'WPLANG' => static fn () => ($text = live_text('locale')) === 'en_US' ? '' : $text,
        'timezone_string' => static fn () => live_text('timezone'),
        'stylesheet' => static fn () => live_theme()[0] ?? null,
        'template' => static fn () => live_theme()[1] ?? null,
        'active_plugins' => live_plugins(...),
    ];
}

foreach (live_options() as $name => $value) {
    // false means to WordPress: look in the table.
    add_filter("pre_option_$name", static fn ($before) => $value() ?? $before);
    // Whoever writes a governed option writes what is there already, so nothing is stored.
    add_filter("pre_update_option_$name", static fn ($new, $old) => $value() === null ? $new : $old, 10, 2);
}
add_filter('locale', static function (string $locale): string {
    return live_text('locale') ?? $locale;
});
