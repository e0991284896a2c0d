<?php
/**
 * Folders in a store that has none: a prefix of some object, or an object whose name ends with a
 * slash (made by mkdir). Upload folders by year and month exist without asking the store, since
 * WordPress looks at them on most pages.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

final class Folders
{
    private const ALWAYS = '~^uploads(/\d{4}(/\d{2})?)?$~D';

    /** @var array<string, true> folders that this request has seen or made */
    private array $known = [];

    public function __construct(private readonly Client $client)
    {
    }

    /** @throws StoreFailed */
    public function exists(string $key): bool
    {
        if ($key === '' || preg_match(self::ALWAYS, $key) === 1 || isset($this->known[$key])) {
            return true;
        }
        $below = $this->client->list("$key/", 1);
        if ($below['files'] === [] && $below['folders'] === []) {
            return false;
        }
        $this->known[$key] = true;
        return true;
    }

    /** @throws StoreFailed */
    public function make(string $key): void
    {
        $empty = Copies::blank();
        try {
            $this->client->put("$key/", $empty, 'application/x-directory');
        } finally {
            unlink($empty);
        }
        $this->known[$key] = true;
    }

    /** @throws StoreFailed */
    public function remove(string $key): void
    {
        $this->client->delete("$key/");
        unset($this->known[$key]);
    }

    /** Names in a folder, sorted, without `.` and `..`. @return list<string> @throws StoreFailed */
    public function names(string $key): array
    {
        $names = $this->listed($key);
        if ($key === Place::OPEN) {
            array_push($names, ...$this->listed(Place::CLOSED));
        }
        // The folder's own object has the empty name.
        $names = array_values(array_unique(array_filter($names, static fn (string $name) => $name !== '')));
        sort($names, SORT_STRING);
        return $names;
    }

    /** @return list<string> @throws StoreFailed */
    private function listed(string $key): array
    {
        $names = [];
        $after = null;
        do {
            $page = $this->client->list($key === '' ? '' : "$key/", 1000, $after);
            array_push($names, ...$page['files'], ...$page['folders']);
            $after = $page['more'];
        } while ($after !== null);
        return $names;
    }
}
