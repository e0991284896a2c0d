<?php
/**
 * GD for pictures in the store: read from a local file instead of from a text that holds all of it, large
 * ones one after another, and a size that was not stored is an error.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

use Wpaas\S3\Copies;
use Wpaas\S3\Place;
use Wpaas\S3\StoreFailed;

final class Picture extends \WP_Image_Editor_GD
{
    /** Pictures of more pixels wait for each other: GD's memory is the container's, not PHP's. */
    private const LARGE = 8_000_000;
    private const WAIT_S = 14;

    /** @var resource|null held by a request that works on a large picture to its end; free at once when it dies */
    private static $turn = null;

    /** @return true|\WP_Error */
    public function load()
    {
        if ($this->image) {
            return true;
        }
        $copied = null;
        try {
            $local = $this->file;
            if (wp_is_stream($this->file)) {
                $key = Place::key($this->file);
                $local = store()->copies->file($key) ?? ($copied = Copies::blank());
                if ($copied !== null && !store()->load($key, $copied)) {
                    return new \WP_Error('error_loading_image', __('File does not exist?'), $this->file);
                }
            }
            return $this->decode($local);
        } catch (StoreFailed $failed) {
            log_line('picture not read', ['cause' => $failed->getMessage()]);
            return new \WP_Error('error_loading_image', 'The picture could not be read. Please try again in a few minutes.');
        } finally {
            if ($copied !== null) {
                unlink($copied);
            }
        }
    }

    /** @return true|\WP_Error */
    private function decode(string $file)
    {
        $problem = pixel_problem($file);
        if ($problem !== null) {
            return new \WP_Error('invalid_image', $problem, $this->file);
        }
        $size = wp_getimagesize($file);
        if ($size === false) {
            return new \WP_Error('invalid_image', __('File is not an image.'), $this->file);
        }
        if ($size[0] * $size[1] > self::LARGE && !self::wait()) {
            return new \WP_Error('invalid_image', 'Other large pictures are being worked on. Please try again in a minute.');
        }
        wp_raise_memory_limit('image');
        $image = match ($size['mime']) {
            'image/jpeg' => @imagecreatefromjpeg($file),
            'image/png' => @imagecreatefrompng($file),
            'image/gif' => @imagecreatefromgif($file),
            'image/webp' => @imagecreatefromwebp($file),
            'image/avif' => @imagecreatefromavif($file),
            'image/bmp', 'image/x-ms-bmp' => @imagecreatefrombmp($file),
            default => false,
        };
        if (!$image instanceof \GdImage) {
            return new \WP_Error('invalid_image', __('File is not an image.'), $this->file);
        }
        imagealphablending($image, false);
        imagesavealpha($image, true);
        $this->image = $image;
        $this->update_size($size[0], $size[1]);
        $this->mime_type = $size['mime'];
        return $this->set_quality();
    }

    private static function wait(): bool
    {
        if (self::$turn !== null) {
            return true;
        }
        $turn = fopen('/tmp/.wpaas', 'c');
        for ($end = microtime(true) + self::WAIT_S; !flock($turn, LOCK_EX | LOCK_NB); usleep(50_000)) {
            if (microtime(true) > $end) {
                return false;
            }
        }
        self::$turn = $turn;
        return true;
    }

    /**
     * @param \GdImage $image
     * @param string|null $filename
     * @param string|null $mime_type
     * @return array<string, mixed>|\WP_Error
     */
    protected function _save($image, $filename = null, $mime_type = null)
    {
        $saved = parent::_save($image, $filename, $mime_type);
        return is_wp_error($saved) || !wp_is_stream($saved['path']) || is_stored($saved['path'])
            ? $saved
            : new \WP_Error('image_save_error', NOT_STORED);
    }
}
