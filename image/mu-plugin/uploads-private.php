<?php
/**
 * Files that not everybody may read. nginx sends their addresses here with the path below uploads; who may,
 * gets an answer without content, and nginx fetches the file by an address that works for a minute.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

use Wpaas\S3\Place;

const PRESIGNED_S = 60;

/**
 * Whether this visitor may have a file. Members' files are for whoever is logged in; a report about a
 * person is for whoever has its link, as in WordPress: it goes by mail to people without an account,
 * holds 32 random characters, and ends after three days. What plugins keep, they hand out themselves.
 */
function may_read(string $path): bool
{
    $may = match (strtok($path, '/')) {
        Place::MEMBERS => is_user_logged_in() && current_user_can('read'),
        Place::REPORTS => preg_match('~/wp-personal-data-file-[A-Za-z0-9]{32}\.zip$~D', $path) === 1,
        default => current_user_can('manage_options'),
    };
    /** For plugins: whether the visitor may read the file, path below the uploads folder. */
    return (bool) apply_filters('wpaas_may_read_private_file', $may, $path);
}

add_action('wp_loaded', static function (): void {
    $path = (string) ($_SERVER['WPAAS_PRIVATE_FILE'] ?? '');
    if ($path === '') {
        return;
    }
    $key = Place::key("s3://uploads/$path");
    $method = (string) $_SERVER['REQUEST_METHOD'];
    if (!in_array($method, ['GET', 'HEAD'], true)) {
        wp_die('A file can only be read.', '', ['response' => 405]);
    }
    if (!may_read($path) || !str_starts_with($key, Place::CLOSED . '/')) {
        wp_die('This file is not public. Please log in with an account that may see it.', '', ['response' => 403]);
    }
    header_remove('Cache-Control');
    header('X-Wpaas-Object: ' . store()->client->presigned($method, $key, PRESIGNED_S));
    header('X-Accel-Redirect: /-/private');
    exit;
});

// Reports are archives, which cannot be written to a stream: built in /tmp, then stored.
$building = null;
add_filter('wp_privacy_exports_dir', static function () use (&$building): string {
    return $building ?? 's3://uploads/' . Place::REPORTS . '/';
});
add_action('wp_privacy_personal_data_export_file', static function () use (&$building): void {
    $building = '/tmp/report-' . getmypid() . '/';
}, 1);
add_action('wp_privacy_personal_data_export_file_created', static function (string $archive) use (&$building): void {
    if ($building === null || !str_starts_with($archive, $building)) {
        return;
    }
    $stored = 's3://uploads/' . Place::REPORTS . '/' . basename($archive);
    $done = copy($archive, $stored) && is_stored($stored);
    unlink($archive);
    if (!$done) {
        wp_send_json_error('The report could not be stored. Please try again in a few minutes.');
    }
});
add_action('wp_privacy_personal_data_export_file', static function () use (&$building): void {
    @unlink($building . 'index.php');
    @rmdir((string) $building);
    $building = null;
}, 99);
