<?php
/**
 * The part of the stream wrapper that works on names instead of content.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

trait Paths
{
    /** @var list<string> what is left to be read of an open folder */
    private array $names = [];

    /** touch() makes an empty object; rights and owners are accepted and mean nothing. */
    public function stream_metadata(string $path, int $option, mixed $value): bool
    {
        return self::guarded(function () use ($path, $option): bool {
            $key = Place::key($path);
            $there = self::$store->found($key) !== null || self::$store->folders->exists($key);
            if ($there || $option !== STREAM_META_TOUCH) {
                return $there;
            }
            self::$store->write($key, Copies::blank());
            return true;
        });
    }

    /** @return array<string, int>|false */
    public function url_stat(string $path, int $flags): array|false
    {
        return self::guarded(function () use ($path): array|false {
            $key = Place::key($path);
            $first = self::may_be_folder($key) && self::$store->folders->exists($key);
            $found = $first ? null : self::$store->found($key);
            if ($found !== null) {
                return self::status(0100666, $found->size, $found->changed_at);
            }
            return $first || self::$store->folders->exists($key) ? self::status(0040777, 0, time()) : false;
        }, ($flags & STREAM_URL_STAT_QUIET) === 0 ? STREAM_REPORT_ERRORS : 0);
    }

    public function unlink(string $path): bool
    {
        return self::guarded(function () use ($path): bool {
            $key = Place::key($path);
            if (self::$store->found($key) === null) {
                return self::refuse(STREAM_REPORT_ERRORS, "unlink($path): No such file or directory");
            }
            self::$store->delete($key);
            clearstatcache();
            return true;
        });
    }

    public function rename(string $from, string $to): bool
    {
        return self::guarded(function () use ($from, $to): bool {
            [$old, $new] = [Place::key($from), Place::key($to)];
            $problem = self::rename_problem($old, $new);
            if ($problem !== null) {
                return self::refuse(STREAM_REPORT_ERRORS, "rename($from,$to): $problem");
            }
            if ($old !== $new) {
                self::$store->rename($old, $new);
                clearstatcache();
            }
            return true;
        });
    }

    /** @throws StoreFailed */
    private static function rename_problem(string $old, string $new): ?string
    {
        $folders = self::$store->folders;
        $is_file = self::$store->found($old) !== null;
        if (!$is_file && !$folders->exists($old)) {
            return 'No such file or directory';
        }
        if ($is_file) {
            return self::may_be_folder($new) && $folders->exists($new) ? 'Is a directory' : null;
        }
        if (self::$store->found($new) !== null) {
            return 'Not a directory';
        }
        return $old !== $new && $folders->exists($new) && $folders->names($new) !== [] ? 'Directory not empty' : null;
    }

    /** A name without an ending is most likely a folder, one with an ending most likely none: questions less. */
    private static function may_be_folder(string $key): bool
    {
        return pathinfo($key, PATHINFO_EXTENSION) === '';
    }

    public function mkdir(string $path, int $mode, int $options): bool
    {
        return self::guarded(function () use ($path): bool {
            $key = Place::key($path);
            if (self::$store->folders->exists($key) || self::$store->found($key) !== null) {
                return self::refuse(STREAM_REPORT_ERRORS, "mkdir($path): File exists");
            }
            self::$store->folders->make($key);
            clearstatcache();
            return true;
        });
    }

    public function rmdir(string $path, int $options): bool
    {
        return self::guarded(function () use ($path): bool {
            $key = Place::key($path);
            if (!self::$store->folders->exists($key)) {
                return self::refuse(STREAM_REPORT_ERRORS, "rmdir($path): No such file or directory");
            }
            if (self::$store->folders->names($key) !== []) {
                return self::refuse(STREAM_REPORT_ERRORS, "rmdir($path): Directory not empty");
            }
            self::$store->folders->remove($key);
            clearstatcache();   // here and below: PHP does so for its own files only
            return true;
        });
    }

    public function dir_opendir(string $path, int $options): bool
    {
        return self::guarded(function () use ($path): bool {
            $key = Place::key($path);
            if (!self::$store->folders->exists($key)) {
                return self::refuse(STREAM_REPORT_ERRORS, "opendir($path): No such file or directory");
            }
            // As on a disk, so that loops written for it skip the first two.
            $this->names = ['.', '..', ...self::$store->folders->names($key)];
            return true;
        });
    }

    public function dir_readdir(): string|false
    {
        $name = current($this->names);
        next($this->names);
        return $name;
    }

    public function dir_rewinddir(): bool
    {
        reset($this->names);
        return true;
    }

    public function dir_closedir(): bool
    {
        $this->names = [];
        return true;
    }
}
