<?php
/**
 * Who wrote what since a dump: before and after each statement of the job, the table that it writes to
 * is looked at. A table that changed in between was written to by somebody else: a visitor, an author.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/database.php';

const NO_WRITE = '/^[\s(]*(?:SELECT|SHOW|DESC|DESCRIBE|EXPLAIN|SET|START|BEGIN|COMMIT|ROLLBACK|USE|CHECK)\b/i';
const CHANGES_TABLES = '/^\s*(?:CREATE|DROP|ALTER|RENAME)\b/i';

/** Seconds in all for looking at one table; a bigger one is not watched, and so never put back. */
const WATCH_SECONDS = 20.0;

/** @return list<string> the site's tables, ours excepted */
function tables(\mysqli $database): array
{
    $rows = $database->query("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")->fetch_all();
    $names = array_map(static fn ($row) => (string) $row[0], $rows);
    return array_values(array_filter($names, static fn ($name) => !str_starts_with($name, 'wpaas_')));
}

/**
 * A short word for all that is in a table, or null where there is no such table. What WordPress itself
 * calls transient does not count. `$as`: the table that it was, if it was renamed.
 */
function table_state(\mysqli $database, string $table, ?string $as = null): ?string
{
    try {
        $columns = $database->query("SHOW COLUMNS FROM `$table`")->fetch_all();
    } catch (\mysqli_sql_exception $exception) {
        if ($exception->getCode() !== 1146) {   // ER_NO_SUCH_TABLE
            throw $exception;
        }
        return null;
    }
    $cells = array_map(static fn ($column) => "COALESCE(CAST(`$column[0]` AS BINARY), 0x00)", $columns);
    $where = ($as ?? $table) === 'wp_options' ? " WHERE option_name NOT LIKE '\\_transient\\_%'"
        . " AND option_name NOT LIKE '\\_site\\_transient\\_%'" : '';
    $sum = 'COALESCE(SUM(CRC32(CONCAT_WS(0x1F, ' . implode(', ', $cells) . '))), 0)';
    $found = $database->query("SELECT COUNT(*), $sum FROM `$table`$where")->fetch_row();
    return count($columns) . ":$found[0]:$found[1]";
}

final class Ledger
{
    /** @var array<string, ?string> tables that the job wrote to → as they were after its last statement */
    private array $own;
    /** @var array<string, string> tables that cannot be put back → why */
    private array $others;
    /** @var array<string, float> seconds that looking at a table took */
    private array $spent = [];
    /** @var list<string> */
    private array $tables;
    /** @var list<string> tables of the statement that runs now */
    private array $open = [];

    /**
     * @param array<string, string> $base tables of the dump → as they were then
     * @param array{own?: array<string, ?string>, others?: array<string, string>} $kept see kept()
     */
    public function __construct(private readonly \mysqli $database, private readonly array $base, array $kept = [])
    {
        $this->own = $kept['own'] ?? [];
        $this->others = $kept['others'] ?? [];
        $this->tables = tables($database);
    }

    public function before(string $sql): void
    {
        $this->open = [];
        strictly(fn () => $this->open($sql));
    }

    public function after(string $sql): void
    {
        strictly(fn () => $this->note($sql));
    }

    /** Tables that the job wrote to → their state after that. @return array<string, ?string> */
    public function own(): array
    {
        return $this->own;
    }

    /** Why the dump cannot be put back, '' where it can: nobody else wrote to what the job wrote to. */
    public function conflict(): string
    {
        foreach (array_keys($this->own) as $table) {
            $this->compare($table);
        }
        $found = array_intersect_key($this->others, $this->own);
        ksort($found);
        return implode(', ', array_map(static fn ($name, $why) => "$name $why", array_keys($found), $found));
    }

    /** What another run needs to go on. @return array{own: array<string, ?string>, others: array<string, string>} */
    public function kept(): array
    {
        return ['own' => $this->own, 'others' => $this->others];
    }

    private function open(string $sql): void
    {
        if (preg_match(NO_WRITE, $sql) === 1) {
            return;
        }
        // The names stand before the first value or bracket; a word too many does no harm.
        preg_match_all('/[A-Za-z0-9_$]+/', substr($sql, 0, strcspn($sql, "'\"(")), $words);
        $this->open = array_values(array_intersect($this->tables, $words[0]));
        foreach ($this->open as $table) {
            $this->compare($table);
        }
    }

    private function note(string $sql): void
    {
        $open = $this->open;
        $this->open = [];
        if (preg_match(CHANGES_TABLES, $sql) === 1) {
            $before = $this->tables;
            $this->tables = tables($this->database);
            $open = array_unique([...$open, ...array_diff($this->tables, $before), ...array_diff($before, $this->tables)]);
        }
        foreach ($open as $table) {
            $this->own[$table] = isset($this->others[$table]) ? null : $this->look($table);
        }
    }

    private function compare(string $table): void
    {
        if (isset($this->others[$table])) {
            return;
        }
        $known = array_key_exists($table, $this->own) ? $this->own[$table] : $this->base[$table] ?? null;
        if ($this->look($table) !== $known) {
            $this->others[$table] ??= 'was written to by others since';
        }
    }

    private function look(string $table): ?string
    {
        $start = microtime(true);
        $state = table_state($this->database, $table);
        $this->spent[$table] = ($this->spent[$table] ?? 0) + microtime(true) - $start;
        if ($this->spent[$table] > WATCH_SECONDS) {
            $this->others[$table] = 'is too big to be watched';
        }
        return $state;
    }
}
