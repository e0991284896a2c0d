<?php
/**
 * The address of a deleted file is given to no other: browsers and caches keep what they had for a year.
 * Edits get new names too (IMAGE_EDIT_OVERWRITE is off), so what an address shows never changes.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

const RETIRED = 'wpaas_retired_names';
/** Bytes of the list; the oldest fall out. */
const RETIRED_BYTES = 64000;

/** @return list<string> names below the uploads folder */
function retired_names(): array
{
    global $wpdb;
    $text = $wpdb->get_var($wpdb->prepare("SELECT option_value FROM $wpdb->options WHERE option_name = %s", RETIRED));
    return explode("\n", (string) $text);
}

add_action('delete_attachment', static function (int $attachment): void {
    global $wpdb;
    $file = (string) get_post_meta($attachment, '_wp_attached_file', true);
    $folder = dirname($file);
    $names = [basename($file), wp_get_attachment_metadata($attachment, true)['original_image'] ?? ''];
    foreach ((array) get_post_meta($attachment, '_wp_attachment_backup_sizes', true) as $size => $backup) {
        $names[] = str_starts_with((string) $size, 'full') ? $backup['file'] ?? '' : '';
    }
    $lines = '';
    foreach (array_unique(array_filter($names)) as $name) {
        $lines .= "$folder/$name\n";
    }
    // One statement: two webheads may delete at once.
    $wpdb->query($wpdb->prepare(
        "INSERT INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'off')"
            . ' ON DUPLICATE KEY UPDATE option_value = RIGHT(CONCAT(option_value, VALUES(option_value)), %d)',
        RETIRED,
        $lines,
        RETIRED_BYTES
    ));
});

add_filter('wp_unique_filename', static function (string $name, string $ending, string $folder): string {
    if (!str_starts_with($folder, 's3://uploads')) {
        return $name;
    }
    $retired = retired_names();
    $below = ltrim(substr($folder, strlen('s3://uploads')), '/');
    for ($number = 0;; $number++) {
        $tried = numbered($name, $number);
        if (!in_array("$below/$tried", $retired, true) && ($number === 0 || !file_exists("$folder/$tried"))) {
            return $tried;
        }
    }
}, 10, 3);
