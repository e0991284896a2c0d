<?php
/**
 * A site's content after its primary domain changed: every address of the old one becomes one of the
 * new one, in serialised values too, where each text carries its length.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Rows of one reading; a value may be as long as the server takes. */
const MOVED_ROWS = 200;
/** An address that feeds know a post by: readers would take every post for new. */
const MOVED_NEVER = ['wp_posts.guid'];

/** Addresses of one home become those of another. `$old`, `$new`: SCHEME://HOST[:PORT]. */
final class Moved
{
    private readonly string $pattern;
    private readonly string $scheme;
    private readonly string $host;

    public function __construct(string $old, string $new)
    {
        [, $host] = explode('://', $old, 2);
        [$this->scheme, $this->host] = explode('://', $new, 2);
        // Also without a scheme, and with the slashes that JSON escapes; not `old.example.org`,
        // nor the same host at another port.
        $this->pattern = '~(https?:)?(\\\\?/\\\\?/)' . preg_quote($host, '~') . '(?![a-z0-9-]|\.[a-z0-9]|:\d)~i';
    }

    /** A stored value with its addresses changed. A value that is not whole stays as it is. */
    public function text(string $value): string
    {
        if (preg_match('/^(?:a|O|s|C):\d+:/', $value) === 1) {
            $at = 0;
            $changed = $this->serialized($value, $at);
            // A text that only looks like one is a text.
            if ($changed !== null && $at === strlen($value)) {
                return $changed;
            }
        }
        return (string) preg_replace_callback(
            $this->pattern,
            fn (array $found) => ($found[1] === '' ? '' : $this->scheme . ':') . $found[2] . $this->host,
            $value
        );
    }

    /** One value of PHP's serialize() from `$at` on, which moves behind it; null where there is none. */
    private function serialized(string $value, int &$at): ?string
    {
        if (preg_match('/\G(?:N|[bidrR]:[^;]*);|\GE:\d+:"[^"]*";/A', $value, $found, 0, $at) === 1) {
            $at += strlen($found[0]);
            return $found[0];
        }
        if (preg_match('/\Gs:(\d+):"/A', $value, $found, 0, $at) === 1) {
            $start = $at + strlen($found[0]);
            $at = $start + (int) $found[1] + 2;
            if (substr($value, $at - 2, 2) !== '";') {
                return null;
            }
            $text = $this->text(substr($value, $start, (int) $found[1]));
            return 's:' . strlen($text) . ":\"$text\";";
        }
        if (preg_match('/\GC:\d+:"[^"]*":(\d+):\{/A', $value, $found, 0, $at) === 1) {
            $whole = substr($value, $at, strlen($found[0]) + (int) $found[1] + 1);   // a class's own format
            $at += strlen($whole);
            return str_ends_with($whole, '}') ? $whole : null;
        }
        if (preg_match('/\G(?:a|O:\d+:"[^"]*"):(\d+):\{/A', $value, $found, 0, $at) !== 1) {
            return null;
        }
        $at += strlen($found[0]);
        $parts = $found[0];
        for ($count = 2 * (int) $found[1]; $count > 0; $count--) {
            $start = $at;
            $part = $this->serialized($value, $at);
            if ($part === null) {
                return null;
            }
            $parts .= $count % 2 === 0 ? substr($value, $start, $at - $start) : $part;   // keys are no addresses
        }
        return ($value[$at++] ?? '') === '}' ? "$parts}" : null;
    }
}

/** The step of the install job: content follows the site's address. */
function move_home(Job $job): void
{
    $new = $job->configuration->text('home');
    $old = $job->brought['home'] ?? null;
    if ($old === $new) {
        return;
    }
    $job->stage = "address $new";
    if ($old === null || $job->fresh) {
        $job->did("address $new", ['home' => $new]);
        return;
    }
    $count = strictly(static fn () => move_content($job->database, $old, $new, $job->ledger));
    wp_cache_flush();
    $job->did("address $old → $new in $count values", ['home' => $new]);
}

/** The site's tables, rewritten; how many values changed. May run again after a kill at any point. */
function move_content(\mysqli $database, string $old, string $new, ?Ledger $ledger = null): int
{
    $moved = new Moved($old, $new);
    [, $host] = explode('://', $old, 2);
    $changed = 0;
    $columns = [];
    $texts = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()
        AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext')
        AND table_name NOT LIKE 'wpaas\\_%'";
    foreach ($database->query($texts)->fetch_all() as [$table, $column]) {
        if (!in_array("$table.$column", MOVED_NEVER, true)) {
            $columns[$table][] = $column;
        }
    }
    foreach ($columns as $table => $names) {
        $keys = array_column($database->query("SHOW KEYS FROM `$table` WHERE Key_name = 'PRIMARY'")
            ->fetch_all(MYSQLI_ASSOC), 'Column_name');
        $ledger?->before("UPDATE `$table`");
        foreach ($keys === [] ? [] : $names as $name) {
            $changed += move_column($database, $moved, $host, [$table, $name, $keys]);
        }
        $ledger?->after("UPDATE `$table`");
    }
    return $changed;
}

/** @param array{string, string, list<string>} $where table, column, columns of its primary key */
function move_column(\mysqli $database, Moved $moved, string $host, array $where): int
{
    [$table, $name, $keys] = $where;
    $list = implode(', ', array_map(static fn ($key) => "`$key`", $keys));
    $same = implode(' AND ', array_map(static fn ($key) => "`$key` = ?", $keys));
    $as_read = "CONVERT(`$name` USING utf8mb4) COLLATE utf8mb4_bin = ?";
    $like = '%' . addcslashes($host, '%_\\') . '%';
    $changed = 0;
    $offset = 0;
    do {
        $rows = $database->execute_query("SELECT $list, `$name` AS wpaas_value FROM `$table` WHERE `$name` LIKE ?"
            . " ORDER BY $list LIMIT " . MOVED_ROWS . " OFFSET $offset", [$like])->fetch_all(MYSQLI_ASSOC);
        foreach ($rows as $row) {
            $value = $row['wpaas_value'];
            $text = $moved->text($value);
            while ($text !== $value) {
                $keys_of = array_map(static fn ($key) => $row[$key], $keys);
                $database->execute_query("UPDATE `$table` SET `$name` = ? WHERE $same AND $as_read",
                    [$text, ...$keys_of, $value]);
                if ($database->affected_rows > 0) {
                    $changed++;
                    break;
                }
                // An author's save, on a webhead of before, came in between.
                $now = $database->execute_query("SELECT `$name` FROM `$table` WHERE $same", $keys_of)->fetch_column();
                if (!is_string($now) || $now === $value) {
                    break;
                }
                [$value, $text] = [$now, $moved->text($now)];
            }
            // What still is like the host is met again in its place: the database takes é for e.
            $offset += $text === $value || stripos($text, $host) !== false ? 1 : 0;
        }
    } while ($rows !== []);
    return $changed;
}
