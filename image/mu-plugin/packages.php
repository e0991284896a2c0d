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
/** A version, as the allowlist has it. */
const VERSION = '/^[0-9A-Za-z][0-9A-Za-z.+_-]*$/D';

/**
 * The main file of a plugin as WordPress names it (`SLUG/FILE.php`), or null if it is not there.
 * Nearly always `SLUG/SLUG.php`; else the file of the folder that has the header.
 */
function plugin_file(string $folder, string $slug, ?string $version = null): ?string
{
    if (preg_match(SLUG, $slug) !== 1) {
        return null;
    }
    $name = plugin_folder($folder, $slug, $version);
    if (is_file("$folder/$name/$slug.php")) {
        return "$name/$slug.php";
    }
    foreach (glob("$folder/$name/*.php") ?: [] as $file) {
        if (header_of($file, 'Plugin Name') !== null) {
            return $name . '/' . basename($file);
        }
    }
    return null;
}

/**
 * The folder of a plugin at the version that the site pins. The image keeps the default version as
 * SLUG and others as SLUG@VERSION; where a pinned one has no folder of its own, it is the default.
 */
function plugin_folder(string $folder, string $slug, ?string $version): string
{
    $pinned = $version !== null && preg_match(VERSION, $version) === 1 ? "$slug@$version" : $slug;
    return is_dir("$folder/$pinned") ? $pinned : $slug;
}

/**
 * Slug → main file (null where it is not in this image) of the plugins that live settings want.
 *
 * @param array<string, mixed> $live
 * @return array<string, ?string>
 */
function plugin_files(string $folder, array $live): array
{
    $versions = is_array($live['plugin_versions'] ?? null) ? $live['plugin_versions'] : [];
    $files = [];
    foreach (is_array($live['plugins'] ?? null) ? $live['plugins'] : [] as $slug) {
        $version = $versions[$slug] ?? null;
        $files[(string) $slug] = plugin_file($folder, (string) $slug, is_string($version) ? $version : null);
    }
    return $files;
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
