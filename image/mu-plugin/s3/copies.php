<?php
/**
 * Local copies of objects for the length of one request, so that an image which has just been
 * uploaded is not fetched again for each of its sizes. In /tmp, that is in memory: only a few.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

final class Copies
{
    /** Copies kept at once, and bytes of the largest kept. */
    private const KEPT = 4;
    public const LARGEST = 32 * 1024 * 1024;

    /** @var array<string, string> key → local file, oldest first; the files are never changed */
    private array $files = [];
    /** @var array<string, Found> what is known of objects that this request has seen or written */
    private array $found = [];

    public function __construct()
    {
        register_shutdown_function(fn () => array_map($this->forget(...), array_keys($this->files)));
    }

    /** A new empty file in /tmp. */
    public static function blank(): string
    {
        return (string) tempnam('/tmp', 's3-');
    }

    /** A second name for a file: its content is in memory once. */
    public static function twin(string $file): string
    {
        $name = self::blank();
        unlink($name);
        link($file, $name);
        return $name;
    }

    public function file(string $key): ?string
    {
        return $this->files[$key] ?? null;
    }

    public function found(string $key): ?Found
    {
        return $this->found[$key] ?? null;
    }

    public function saw(string $key, Found $found): void
    {
        $this->found[$key] = $found;
    }

    /** Takes the file over: it is kept or deleted. */
    public function keep(string $key, string $file, int $changed_at): void
    {
        $this->forget($key);
        $size = (int) filesize($file);
        $this->found[$key] = new Found($size, $changed_at);
        if ($size > self::LARGEST) {
            unlink($file);
            return;
        }
        $this->files[$key] = $file;
        if (count($this->files) > self::KEPT) {
            $oldest = (string) array_key_first($this->files);
            unlink($this->files[$oldest]);
            unset($this->files[$oldest]);
        }
    }

    public function forget(string $key): void
    {
        if (isset($this->files[$key])) {
            unlink($this->files[$key]);
        }
        unset($this->files[$key], $this->found[$key]);
    }
}
