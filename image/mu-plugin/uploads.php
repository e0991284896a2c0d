<?php
/**
 * Uploads in the object store: where they go, and that they got there. Their addresses stay the site's own, /wp-content/uploads/…, which nginx
 * fetches from the bucket; so no bucket name is in any post, and a store can be changed.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

use Wpaas\S3\Copies;
use Wpaas\S3\Place;
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
        static fn (string $name) => wp_check_filetype($name)['type'] ?: 'application/octet-stream',
        // For caches in front: an object's key, `uploads/…` as in its address.
        static fn (string $key) => do_action('wpaas_upload_changed', $key),
    );
}

/** Whether a path `s3://…` is there. No answer counts as no. */
function is_stored(string $path): bool
{
    try {
        return store()->found(Place::key($path)) !== null;
    } catch (StoreFailed) {
        return false;
    }
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
 * name. Takes the file over. Returns the path that it got.
 *
 * @throws StoreFailed
 */
function store_upload(string $file, string $path): string
{
    $taken = Copies::blank();
    if (!rename($file, $taken)) {
        unlink($taken);
        throw new StoreFailed("$file cannot be taken", 0);
    }
    try {
        for ($number = 0; $number < NAME_TRIES; $number++) {
            $tried = numbered($path, $number);
            if (store()->write_new(Place::key($tried), $taken)) {
                return $tried;
            }
        }
    } catch (StoreFailed $failed) {
        unlink($taken);
        throw $failed;
    }
    unlink($taken);
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

const NOT_STORED = 'The file could not be stored. Please try again in a few minutes.';

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
        $failed[$path] = NOT_STORED;
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
    } elseif (!isset($moved[$path]) && str_starts_with($path, 's3://') && !is_stored($path)) {
        return ['error' => NOT_STORED];   // wp_upload_bits() writes to the stream by itself
    }
    return $upload;
});

// ImageMagick knows no streams, and GD is what the image has.
add_filter('wp_image_editors', static function (): array {
    require_once __DIR__ . '/picture.php';
    return [Picture::class];
});
