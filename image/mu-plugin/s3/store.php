<?php
/**
 * The object store as files, for the stream wrapper and the upload hooks: one per request.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

require_once __DIR__ . '/client.php';
require_once __DIR__ . '/copies.php';
require_once __DIR__ . '/folders.php';
require_once __DIR__ . '/place.php';
require_once __DIR__ . '/window.php';

final class Store
{
    public readonly Copies $copies;
    public readonly Folders $folders;

    /**
     * @param \Closure(string): string $type_of media type of a file name
     * @param \Closure(string): mixed $changed told the key of what was overwritten or deleted
     */
    public function __construct(
        public readonly Client $client,
        private readonly \Closure $type_of,
        private readonly \Closure $changed,
    ) {
        $this->copies = new Copies();
        $this->folders = new Folders($client);
    }

    /** @throws StoreFailed */
    public function found(string $key): ?Found
    {
        $found = $this->copies->found($key);
        if ($found === null && $key !== '' && ($found = $this->client->head($key)) !== null) {
            $this->copies->saw($key, $found);
        }
        return $found;
    }

    /**
     * A local copy that nobody may change, a window on an object that is too large for one, or null
     * where there is no such object.
     *
     * @throws StoreFailed
     */
    public function open(string $key): string|Window|null
    {
        $file = $this->copies->file($key);
        $found = $file === null ? $this->found($key) : null;
        // What was written a moment ago is known by size alone: the tag is the store's.
        if ($found !== null && $found->size > Copies::LARGEST) {
            $found = $found->tag === '' ? $this->client->head($key) : $found;
        }
        return match (true) {
            $file !== null => $file,
            $found === null => null,
            $found->size > Copies::LARGEST => new Window($this->client, $key, $found),
            default => $this->read($key),
        };
    }

    /** The content in a local file of the caller's; false where there is no such object. @throws StoreFailed */
    public function load(string $key, string $file): bool
    {
        $copy = $this->copies->file($key);
        if ($copy === null) {
            return $this->client->get($key, $file) !== null;
        }
        return copy($copy, $file) ?: throw new StoreFailed("no room in /tmp for $key", 0);
    }

    /** A local copy that nobody may change, or null where there is no such object. @throws StoreFailed */
    public function read(string $key): ?string
    {
        $file = $this->copies->file($key);
        if ($file !== null) {
            return $file;
        }
        $file = Copies::blank();
        try {
            $found = $this->client->get($key, $file);
        } catch (StoreFailed $failed) {
            unlink($file);
            throw $failed;
        }
        if ($found === null) {
            unlink($file);
            return null;
        }
        $this->copies->keep($key, $file, $found->changed_at);
        return $this->copies->file($key) ?? throw new StoreFailed("$key is too large to be read here", 0);
    }

    /** Stores a local file and takes it over as the copy. @throws StoreFailed */
    public function write(string $key, string $file): void
    {
        $this->copies->forget($key);
        $this->client->put($key, $file, ($this->type_of)($key));
        $this->copies->keep($key, $file, time());
        ($this->changed)($key);
    }

    /** As write, but false and nothing changed where there is such an object. @throws StoreFailed */
    public function write_new(string $key, string $file): bool
    {
        if (!$this->client->put_new($key, $file, ($this->type_of)($key))) {
            return false;
        }
        $this->copies->keep($key, $file, time());
        return true;
    }

    /** @throws StoreFailed */
    public function delete(string $key): void
    {
        $this->copies->forget($key);
        $this->client->delete($key);
        ($this->changed)($key);
    }

    /** One object, or a folder with all below it; not at once: each object for itself. @throws StoreFailed */
    public function rename(string $from, string $to): void
    {
        if ($this->found($from) !== null) {
            $this->client->copy($from, $to);
            $this->delete($from);
            $this->copies->forget($to);
            ($this->changed)($to);
            return;
        }
        $this->folders->make($to);
        foreach ($this->folders->names($from) as $name) {
            $this->rename("$from/$name", "$to/$name");
        }
        $this->folders->remove($from);
    }
}
