<?php
/**
 * Finds plugins and themes in the image by the name that the allowlist gives them. Used by WordPress
 * and by the checks that run without it, so plain PHP only.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** A folder name, as the allowlist has it. */
const SLUG = '/^[a-z0-9][a-z0-9_-]*$/D';

/**
 * The main file of a plugin as WordPress names it (`SLUG/FILE.php`), or null if it is not there.
 * Nearly always `SLUG/SLUG.php`; else the file of the folder that has the header.
 */
function plugin_file(string $folder, string $slug): ?string
{
    if (preg_match(SLUG, $slug) !== 1) {
        return null;
    }
    if (is_file("$folder/$slug/$slug.php")) {
        return "$slug/$slug.php";
    }
    foreach (glob("$folder/$slug/*.php") ?: [] as $file) {
        if (header_of($file, 'Plugin Name') !== null) {
            return $slug . '/' . basename($file);
        }
    }
    return null;
}

/** The theme whose templates this theme uses (itself, or its parent), or null if one is not there. */
function theme_template(string $folder, string $theme): ?string
{
    if (preg_match(SLUG, $theme) !== 1 || !is_file("$folder/$theme/style.css")) {
        return null;
    }
    $parent = header_of("$folder/$theme/style.css", 'Template');
    if ($parent === null || $parent === $theme) {
        return $theme;
    }
    return preg_match(SLUG, $parent) === 1 && is_file("$folder/$parent/style.css") ? $parent : null;
}

/** A header of a plugin's or theme's file, looked for where WordPress does: in the first 8 kB. */
function header_of(string $file, string $name): ?string
{
    $head = (string) file_get_contents($file, length: 8192);
    $found = preg_match('/^(?:[ \t]*<\?php)?[ \t\/*#@]*' . $name . ':(.*)$/mi', $head, $match);
    $value = $found === 1 ? trim((string) preg_replace('~\s*(?:\*/|\?>).*~', '', $match[1])) : '';
    return $value === '' ? null : $value;
}
