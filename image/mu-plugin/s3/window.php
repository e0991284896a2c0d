<?php
/**
 * Reads a large object piece by piece, so that neither memory nor /tmp ever holds the whole.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

final class Window
{
    /** Bytes fetched at once. */
    private const SIZE = 2 * 1024 * 1024;

    private string $part = '';
    /** Where the part begins in the object. */
    private int $start = 0;
    private int $position = 0;
    /** A read met the end, as feof() wants it. */
    private bool $ended = false;

    public function __construct(
        private readonly Client $client,
        private readonly string $key,
        private readonly Found $found,
    ) {
    }

    /** @throws StoreFailed also when the object was changed meanwhile */
    public function read(int $count): string
    {
        $size = $this->found->size;
        if ($this->position >= $size) {
            $this->ended = true;
            return '';
        }
        $offset = $this->position - $this->start;
        if ($offset < 0 || $offset >= strlen($this->part)) {
            $this->part = '';   // before the next one comes
            $this->start = $this->position;
            $wanted = min(self::SIZE, $size - $this->position);
            $this->part = $this->client->part($this->key, $this->start, $wanted, $this->found->tag);
            $offset = 0;
        }
        $read = substr($this->part, $offset, $count);
        $this->position += strlen($read);
        return $read;
    }

    public function seek(int $offset, int $whence): bool
    {
        $target = $offset + match ($whence) {
            SEEK_CUR => $this->position,
            SEEK_END => $this->found->size,
            default => 0,
        };
        if ($target < 0) {
            return false;
        }
        $this->position = $target;
        $this->ended = false;
        return true;
    }

    public function tell(): int
    {
        return $this->position;
    }

    public function ended(): bool
    {
        return $this->ended;
    }

    public function size(): int
    {
        return $this->found->size;
    }
}
