<?php
/**
 * `s3://` as PHP knows files. An object is stored whole, when its stream is closed; until then the
 * bytes are in a local file. What cannot be stored is an error, never a local file left behind.
 *
 * Differs from a disk: a folder need not exist before a file is put into it; a new file is seen by
 * others only once it is closed; there are no rights and no times to set. PHP itself refuses, for any
 * stream, file_put_contents() with LOCK_EX, and rename() between a disk and here (copy() works).
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

require_once __DIR__ . '/store.php';
require_once __DIR__ . '/paths.php';

final class Stream
{
    use Paths;

    private static Store $store;

    /** @var resource|null given by PHP */
    public $context;
    /** @var resource|null the local file */
    private $local;
    /** In its place, for an object that is too large to be had here and is only read. */
    private ?Window $window = null;
    private string $file = '';
    private string $key = '';
    private bool $readable = false;
    private bool $writable = false;
    /** A read met the end: as on a disk, that is one read after the last byte. */
    private bool $ended = false;
    /** Whether each write goes to the end. */
    private bool $appends = false;
    /** Whether there is something that the store does not have yet. */
    private bool $unstored = false;
    /** Whether the file is a copy's twin, which must not change. */
    private bool $shared = false;
    /** Whether bytes were lost for want of room: then nothing is stored. */
    private bool $short = false;
    private bool $must_be_new = false;

    public static function register(Store $store): void
    {
        self::$store = $store;
        // As an address: allow_url_include=0 then refuses to run uploads as code.
        stream_wrapper_register('s3', self::class, STREAM_IS_URL);
    }

    public function stream_open(string $path, string $mode, int $options, ?string &$opened): bool
    {
        return self::guarded(function () use ($path, $mode, $options): bool {
            $this->key = Place::key($path);
            $kind = $mode[0];
            $both = str_contains($mode, '+');
            $this->readable = $kind === 'r' || $both;
            $this->writable = $kind !== 'r' || $both;
            $this->appends = $kind === 'a';
            if (!in_array($kind, ['r', 'w', 'a', 'x', 'c'], true) || $this->key === '') {
                return self::refuse($options, "mode $mode is not possible for $path");
            }
            if (!$this->writable) {
                return $this->open_to_read() ?: self::refuse($options, "No such file or directory: $path");
            }
            if ($kind === 'x' && self::$store->found($this->key) !== null) {
                return self::refuse($options, "File exists: $path");
            }
            if (self::may_be_folder($this->key) && self::$store->folders->exists($this->key)) {
                return self::refuse($options, "Is a directory: $path");
            }
            return $this->open_to_write($kind) ?: self::refuse($options, "No such file or directory: $path");
        }, $options);
    }

    /** @throws StoreFailed */
    private function open_to_read(): bool
    {
        $content = self::$store->open($this->key);
        if ($content instanceof Window) {
            $this->window = $content;
        } elseif ($content !== null) {
            $this->local = fopen($content, 'rb');   // stays readable when the copy is dropped
        }
        return $content !== null;
    }

    /** @throws StoreFailed */
    private function open_to_write(string $kind): bool
    {
        $file = Copies::blank();
        try {
            $there = in_array($kind, ['r', 'a', 'c'], true) && self::$store->load($this->key, $file);
        } catch (StoreFailed $failed) {
            unlink($file);
            throw $failed;
        }
        if (!$there && $kind === 'r') {
            unlink($file);
            return false;
        }
        $this->file = $file;
        $this->local = fopen($file, 'r+b');
        $this->must_be_new = $kind === 'x';
        $this->unstored = !$there;
        return true;
    }

    public function stream_read(int $count): string|false
    {
        if ($this->window !== null) {
            return self::guarded(fn () => $this->window->read(max(1, $count)));
        }
        if (!$this->readable) {
            return false;
        }
        $read = fread($this->local, max(1, $count));
        $this->ended = $read === '' || $read === false;
        return $read;
    }

    public function stream_write(string $data): int
    {
        if (!$this->writable) {
            return 0;
        }
        $this->unshare();
        if ($this->appends) {
            fseek($this->local, 0, SEEK_END);
        }
        $this->unstored = true;
        $written = (int) @fwrite($this->local, $data);
        $this->short = $this->short || $written < strlen($data);
        return $written;
    }

    public function stream_eof(): bool
    {
        return $this->window?->ended() ?? $this->ended;
    }

    public function stream_seek(int $offset, int $whence = SEEK_SET): bool
    {
        $this->ended = false;
        return $this->window?->seek($offset, $whence) ?? fseek($this->local, $offset, $whence) === 0;
    }

    public function stream_tell(): int
    {
        return $this->window?->tell() ?? (int) ftell($this->local);
    }

    public function stream_truncate(int $size): bool
    {
        $this->unstored = $this->writable;
        if (!$this->writable) {
            return false;
        }
        $this->unshare();
        return ftruncate($this->local, $size);
    }

    /** Before a change: a stream that goes on after a flush gets a file of its own. */
    private function unshare(): void
    {
        if (!$this->shared) {
            return;
        }
        $position = ftell($this->local);
        fclose($this->local);
        $own = Copies::blank();
        $this->short = !copy($this->file, $own) || $this->short;
        unlink($this->file);
        $this->file = $own;
        $this->local = fopen($own, 'r+b');
        fseek($this->local, $position);
        $this->shared = false;
    }

    /** PHP calls it for fflush() and before closing. */
    public function stream_flush(): bool
    {
        if (!$this->unstored) {
            return true;
        }
        fflush($this->local);
        return self::guarded(function (): bool {
            if ($this->short) {
                throw new StoreFailed("no room in /tmp for {$this->key}", 0);
            }
            $stored = Copies::twin($this->file);
            $this->shared = true;
            $done = false;
            try {
                $done = $this->must_be_new
                    ? self::$store->write_new($this->key, $stored)
                    : self::$store->write($this->key, $stored) === null;
            } finally {
                if (!$done && is_file($stored)) {
                    unlink($stored);
                }
            }
            $this->unstored = false;
            $this->must_be_new = false;
            clearstatcache();
            return $done ?: self::refuse(STREAM_REPORT_ERRORS, "File exists: s3://{$this->key}");
        });
    }

    public function stream_close(): void
    {
        // PHP flushes before closing only what was written to; an empty file is stored here.
        $this->stream_flush();
        if ($this->local !== null) {
            fclose($this->local);
        }
        if ($this->file !== '') {
            unlink($this->file);
        }
    }

    /** @return array<string, int> */
    public function stream_stat(): array
    {
        $size = $this->window?->size() ?? (int) (fstat($this->local)['size'] ?? 0);
        return self::status(0100666, $size, self::$store->copies->found($this->key)->changed_at ?? time());
    }

    /** Objects are stored whole, so that there is nothing to lock. */
    public function stream_lock(int $operation): bool
    {
        return true;
    }

    public function stream_set_option(int $option, int $first, int $second): bool
    {
        return false;
    }

    /** Runs one operation; a store that fails is a warning and false, as with a disk. */
    private static function guarded(\Closure $operation, int $options = STREAM_REPORT_ERRORS): mixed
    {
        try {
            return $operation();
        } catch (StoreFailed $failed) {
            \Wpaas\log_line('object store', ['cause' => $failed->getMessage()]);
            return self::refuse($options, $failed->getMessage());
        }
    }

    private static function refuse(int $options, string $why): false
    {
        if (($options & STREAM_REPORT_ERRORS) !== 0) {
            trigger_error($why, E_USER_WARNING);
        }
        return false;
    }

    /** @return array<string, int> as stat() has it; PHP reads the names only */
    private static function status(int $mode, int $size, int $changed_at): array
    {
        return ['dev' => 0, 'ino' => 0, 'mode' => $mode, 'nlink' => 1, 'uid' => 33, 'gid' => 33, 'rdev' => 0,
            'size' => $size, 'atime' => $changed_at, 'mtime' => $changed_at, 'ctime' => $changed_at];
    }
}
