<?php
/**
 * Uploads in the object store. Their addresses stay the site's own, /wp-content/uploads/…, which nginx
 * fetches from the bucket; so no bucket name is in any post, and a store can be changed.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

use Wpaas\S3\Copies;
use Wpaas\S3\Store;
use Wpaas\S3\StoreFailed;
use Wpaas\S3\Stream;

/** How often a taken name is tried with a number behind it. */
const NAME_TRIES = 20;

/** The store of this request. */
function store(): Store
{
    static $store = null;
    return $store ??= new Store(
        S3\Client::of(configuration()),
        static fn (string $name) => wp_check_filetype($name)['type'] ?: 'application/octet-stream'
    );
}

/** `s3://uploads/2026/11/a.jpg`, 2 → `s3://uploads/2026/11/a-2.jpg`; 0 → unchanged */
function numbered(string $path, int $number): string
{
    $ending = pathinfo($path, PATHINFO_EXTENSION);
    $stem = $ending === '' ? $path : substr($path, 0, -strlen($ending) - 1);
    return $number === 0 ? $path : "$stem-$number" . ($ending === '' ? '' : ".$ending");
}

/**
 * Stores an uploaded file under the path or, where another webhead was faster, under the next free
 * name. Returns the path that it got.
 *
 * @throws StoreFailed
 */
function store_upload(string $file, string $path): string
{
    for ($number = 0; $number < NAME_TRIES; $number++) {
        $tried = numbered($path, $number);
        $copy = Copies::blank();
        if (!copy($file, $copy)) {
            unlink($copy);
            throw new StoreFailed('no room for a copy in /tmp', 0);
        }
        if (store()->write_new(Store::key($tried), $copy)) {
            return $tried;
        }
        unlink($copy);
    }
    throw new StoreFailed("no free name for $path", 0);
}

Stream::register(store());

add_filter('upload_dir', static function (array $folder): array {
    $disk = WP_CONTENT_DIR . '/uploads';
    foreach (['path', 'basedir'] as $name) {
        $folder[$name] = 's3://uploads' . substr($folder[$name], strlen($disk));
    }
    $folder['error'] = false;   // a folder of a bucket needs no making
    return $folder;
});

/** Paths that WordPress chose → the path where the file is, or the reason why it is nowhere. */
$moved = [];
$failed = [];

// WordPress's own way would not see that the store refused: PHP ignores what a stream's end returns.
add_filter('pre_move_uploaded_file', static function (mixed $done, array $file, string $path) use (&$moved, &$failed): mixed {
    if ($done !== null || !str_starts_with($path, 's3://')) {
        return $done;
    }
    try {
        $moved[$path] = store_upload($file['tmp_name'], $path);
    } catch (StoreFailed $problem) {
        log_line('upload not stored', ['cause' => $problem->getMessage()]);
        $failed[$path] = 'The file could not be stored. Please try again in a few minutes.';
    }
    if (is_file($file['tmp_name'])) {
        unlink($file['tmp_name']);
    }
    return true;
}, 10, 3);

add_filter('wp_handle_upload', static function (array $upload) use (&$moved, &$failed): array {
    $path = $upload['file'] ?? '';
    if (isset($failed[$path])) {
        return ['error' => $failed[$path]];
    }
    if (isset($moved[$path]) && $moved[$path] !== $path) {
        $upload['url'] = str_replace(wp_basename($path), wp_basename($moved[$path]), $upload['url']);
        $upload['file'] = $moved[$path];
    }
    return $upload;
});

// ImageMagick knows no streams, and GD is what the image has.
add_filter('wp_image_editors', static fn () => [\WP_Image_Editor_GD::class]);
// Reports about privacy are built as archives, which cannot be written to a stream.
add_filter('wp_privacy_exports_dir', static fn () => '/tmp/wp-personal-data-exports/');
