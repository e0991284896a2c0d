<?php
/**
 * What must hold before a webhead may serve for the first time.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/configuration.php';
require_once __DIR__ . '/database.php';
require_once __DIR__ . '/mu-plugin/packages.php';

const CODE = '/usr/share/wpaas/wordpress';

/** Why the database is not ready for this code, or null. */
function database_problem(\mysqli $database): ?string
{
    if (first_value($database, 'SELECT 1') !== '1') {
        return 'the database does not answer SELECT 1';
    }
    $found = first_value($database, "SELECT option_value FROM wp_options WHERE option_name = 'db_version'");
    if ($found === null) {
        return 'WordPress is not installed in the database';
    }
    $needed = code_db_version();
    // Ahead is allowed: a webhead that goes back to older code meets a newer schema.
    return (int) $found < $needed ? "the database has schema $found, this code needs $needed" : null;
}

/**
 * What the site asks for and this image lacks, by name.
 *
 * @return list<string>
 */
function missing_packages(\mysqli $database): array
{
    $text = first_value($database, 'SELECT document FROM wpaas_live WHERE id = 1');
    $live = $text === null ? [] : (json_decode($text, true) ?: []);
    $missing = [];
    foreach (plugin_files(CODE . '/wp-content/plugins', $live) as $slug => $file) {
        if ($file === null) {
            $missing[] = "plugin $slug";
        }
    }
    $theme = $live['theme'] ?? null;
    if (is_string($theme) && theme_template(CODE . '/wp-content/themes', $theme) === null) {
        $missing[] = "theme $theme";
    }
    return $missing;
}

/** Why the front page is not whole, or null. Rendered through nginx and the main pool, as a visitor's. */
function page_problem(Configuration $configuration, int $seconds): ?string
{
    $request = curl_init('http://127.0.0.1:8080/');
    curl_setopt_array($request, [
        CURLOPT_HTTPHEADER => ['Host: ' . $configuration->home()[1]],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => $seconds,
        CURLOPT_PROXY => '',
    ]);
    $page = curl_exec($request);
    $status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
    if ($page === false || $status !== 200) {
        return "the front page answers $status";
    }
    // A page that a fatal error cut off can still be a 200.
    return str_contains((string) $page, '</html>') ? null : 'the front page has no end';
}

/** Everything together: the first problem found, or null. */
function start_problem(): ?string
{
    try {
        $configuration = Configuration::load();
        $database = connect($configuration, 2);
        $problem = database_problem($database);
        if ($problem === null && ($missing = missing_packages($database)) !== []) {
            $problem = 'not in this image: ' . implode(', ', $missing);
        }
        return $problem ?? page_problem($configuration, 9);
    } catch (ConfigurationMissing $missing) {
        return $missing->getMessage();
    } catch (\mysqli_sql_exception $exception) {
        return 'database error ' . $exception->getCode();   // the text may name the user
    }
}
