<?php
/**
 * A copy of the site's tables in its bucket, under `private/`, which nobody reads without the site's key.
 * Each table is a few objects of SQL, one statement a line: `zcat TABLE.*.sql.gz | mariadb` reads it too.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/ledger.php';
require_once __DIR__ . '/mu-plugin/s3/client.php';

final class Dump
{
    private const FOLDER = 'private/dumps/';
    private const KEPT = 3;
    /** Bytes: of one object before it is compressed, and of one statement. */
    private const PART = 32 << 20;
    private const STATEMENT = 256 << 10;
    /** Types of MySQL's protocol that are no text: BIT, and what may be BLOB or BINARY (character set 63). */
    private const BIT = 16;
    private const BYTES = [249, 250, 251, 252, 253, 254];

    public function __construct(
        private readonly \mysqli $database,
        private readonly S3\Client $store,
        public readonly string $name,
    ) {
    }

    public static function fresh(\mysqli $database, S3\Client $store): self
    {
        return new self($database, $store, gmdate('Ymd\THis\Z') . '-' . bin2hex(random_bytes(8)));
    }

    /** Whether take() ended. @throws S3\StoreFailed */
    public function exists(): bool
    {
        return $this->store->head($this->key('dump.json')) !== null;
    }

    /**
     * Takes it, of one moment. Returns each table's state (table_state) at that moment.
     *
     * @return array<string, string>
     * @throws S3\StoreFailed
     */
    public function take(): array
    {
        $this->prepare();
        $this->database->query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        $this->database->query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
        $states = [];
        foreach (tables($this->database) as $table) {
            $states[$table] = (string) table_state($this->database, $table);
            $this->write($table);
        }
        $this->database->query('COMMIT');
        $file = $this->file();
        file_put_contents($file, json_encode(['format' => 1, 'tables' => $states], JSON_THROW_ON_ERROR));
        $this->store->put($this->key('dump.json'), $file, 'application/json');
        unlink($file);
        $this->prune();
        return $states;
    }

    /**
     * Puts tables back as they were, all in one step, unless one is not as told any more.
     *
     * @param array<string, ?string> $tables each with its state now, null where it is gone
     * @param array<string, string> $dumped what take() returned
     * @return bool false: nothing was changed, since somebody wrote to one
     */
    public function restore(array $tables, array $dumped): bool
    {
        $this->prepare();
        $this->forget_sides();
        $moves = [];
        foreach ($tables as $table => $state) {
            if ($state !== null) {
                $moves[$table] = $this->side('gone', $table);
            }
            if (isset($dumped[$table])) {
                $this->read($table, $this->side('back', $table));
                $moves[$this->side('back', $table)] = $table;
            }
        }
        if ($moves === []) {
            return true;
        }
        // No lock can be held over a RENAME. It waits for whoever writes, so what was written before it is
        // seen in the tables that it took away; then it goes back the same way.
        $this->rename($moves);
        foreach (array_keys(array_filter($tables, is_string(...))) as $table) {
            if (table_state($this->database, $this->side('gone', $table), $table) !== $tables[$table]) {
                $this->rename(array_reverse(array_flip($moves)));
                $this->forget_sides();
                return false;
            }
        }
        $this->forget_sides();
        return true;
    }

    /** All in one step. @param array<string, string> $moves */
    private function rename(array $moves): void
    {
        $each = array_map(static fn ($from, $to) => "`$from` TO `$to`", array_keys($moves), $moves);
        $this->database->query('RENAME TABLE ' . implode(', ', $each));
    }

    private function prepare(): void
    {
        // Dates of all zeros are WordPress's own; an id of 0 is one.
        $this->database->query("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00',"
            . ' foreign_key_checks = 0');
    }

    private function key(string $file): string
    {
        return self::FOLDER . "{$this->name}/$file";
    }

    private function file(): string
    {
        return (string) tempnam('/tmp', 'wpaas-dump-');
    }

    private function side(string $which, string $table): string
    {
        return "wpaas_{$which}_" . substr(md5($table), 0, 16);
    }

    /** What a run left that was killed while it put tables back. */
    private function forget_sides(): void
    {
        foreach ($this->database->query("SHOW TABLES LIKE 'wpaas\\_%'")->fetch_all() as [$table]) {
            if (preg_match('/^wpaas_(back|gone)_/', $table) === 1) {
                $this->database->query("DROP TABLE `$table`");
            }
        }
    }

    private function write(string $table): void
    {
        $made = $this->database->query("SHOW CREATE TABLE `$table`")->fetch_row()[1];
        $this->store_parts($table, (function () use ($table, $made): iterable {
            yield "DROP TABLE IF EXISTS `$table`;";
            yield str_replace("\n", ' ', $made) . ';';
            yield from $this->inserts($table);
        })());
    }

    /** @return iterable<string> */
    private function inserts(string $table): iterable
    {
        $result = $this->database->query("SELECT * FROM `$table`", MYSQLI_USE_RESULT);
        $fields = $result->fetch_fields();
        $rows = [];
        $size = 0;
        while ($row = $result->fetch_row()) {
            $rows[] = $text = '(' . implode(',', array_map($this->literal(...), $row, $fields)) . ')';
            $size += strlen($text);
            if ($size > self::STATEMENT) {
                yield "INSERT INTO `$table` VALUES " . implode(',', $rows) . ';';
                [$rows, $size] = [[], 0];
            }
        }
        if ($rows !== []) {
            yield "INSERT INTO `$table` VALUES " . implode(',', $rows) . ';';
        }
    }

    private function literal(mixed $value, object $field): string
    {
        if ($value === null) {
            return 'NULL';
        }
        if ($field->type === self::BIT) {
            return (string) (int) $value;
        }
        if ($field->charsetnr === 63 && in_array($field->type, self::BYTES, true)) {
            return $value === '' ? "''" : '0x' . bin2hex((string) $value);
        }
        return "'" . $this->database->real_escape_string((string) $value) . "'";
    }

    /** @param iterable<string> $lines */
    private function store_parts(string $table, iterable $lines): void
    {
        [$file, $number, $size] = [$this->file(), 0, 0];
        $target = gzopen($file, 'wb6');
        foreach ($lines as $line) {
            if ($size > self::PART) {
                gzclose($target);
                $this->store->put($this->part($table, $number++), $file, 'application/gzip');
                [$target, $size] = [gzopen($file, 'wb6'), 0];
            }
            gzwrite($target, "$line\n");
            $size += strlen($line);
        }
        gzclose($target);
        $this->store->put($this->part($table, $number), $file, 'application/gzip');
        unlink($file);
    }

    private function part(string $table, int $number): string
    {
        return $this->key(sprintf('%s.%04d.sql.gz', $table, $number));
    }

    /** Reads a table of the dump into one of another name. @throws S3\StoreFailed */
    private function read(string $table, string $into): void
    {
        $file = $this->file();
        for ($number = 0; $this->store->get($this->part($table, $number), $file) !== null; $number++) {
            $source = gzopen($file, 'rb');
            while (($line = gzgets($source)) !== false) {
                if (!str_starts_with($line, 'DROP ')) {
                    $named = strpos($line, "`$table`");
                    $this->database->query(substr_replace($line, "`$into`", $named, strlen($table) + 2));
                }
            }
            gzclose($source);
        }
        unlink($file);
        if ($number === 0) {
            throw new S3\StoreFailed("the dump has no table $table", 0);
        }
    }

    /** Removes all but the newest. @throws S3\StoreFailed */
    private function prune(): void
    {
        $names = $this->store->list(self::FOLDER, 1000)['folders'];
        rsort($names);
        foreach (array_slice($names, self::KEPT) as $name) {
            foreach ($this->store->list(self::FOLDER . "$name/", 1000)['files'] as $file) {
                $this->store->delete(self::FOLDER . "$name/$file");
            }
        }
    }
}
