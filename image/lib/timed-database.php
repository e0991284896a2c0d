<?php
/**
 * WordPress's database class with a clock: the slowest query of a slow request is told, and a failed one,
 * both without the values in them. Two readings of a clock for each query; WordPress's own way
 * (SAVEQUERIES) keeps every query with a trace.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Milliseconds from which on a request, and a query for which we look who asked, is slow. */
const SLOW_REQUEST_MS = 1000;
const SLOW_QUERY_MS = 100;
/** So much of a query is told. */
const QUERY_CHARACTERS = 1000;

/**
 * Errors of a database that cannot just now: 1021, 1030, 1114: no room; 1040, 1203, 1226: too many
 * connections; 1053, 1927, 2006, 2013: it stops, or the connection is lost; 1205, 1213: locks; 1969,
 * 3024: a statement that took too long.
 */
const FOR_NOW = [1021, 1030, 1040, 1053, 1114, 1203, 1205, 1213, 1226, 1927, 1969, 2006, 2013, 3024];

/** A query or an error's text without what may be personal or secret: each value is a `?`. */
function without_values(string $text): string
{
    $text = substr($text, 0, 8 * QUERY_CHARACTERS);
    $text = preg_replace('/\'(?:[^\'\\\\]|\\\\.|\'\')*(?:\'|$)|"(?:[^"\\\\]|\\\\.|"")*(?:"|$)/s', '?', $text) ?? '';
    $text = preg_replace('/\b[0-9]+(?:\.[0-9]+)?\b|\b0x[0-9a-f]+\b/i', '?', $text) ?? '';
    return substr(trim(preg_replace('/\s+/', ' ', $text) ?? ''), 0, QUERY_CHARACTERS);
}

/** Remembers its slowest query. */
class TimedDatabase extends \wpdb
{
    private float $slowest_ms = 0.0;
    private string $slowest = '';
    /** @var array<string, string> */
    private array $asked_by = [];
    /** Whether the page lacks something that the database had, and would give at another time. */
    public private(set) bool $lacking = false;

    /** Called for each connection: in a visitor's page a statement ends before WordPress gives it up. */
    public function set_sql_mode($modes = [])
    {
        parent::set_sql_mode($modes);
        if ($modes === [] && defined('WPAAS_STATEMENT_MS') && $this->dbh instanceof \mysqli) {
            mysqli_query($this->dbh, str_contains($this->dbh->server_info, 'MariaDB')
                ? 'SET SESSION max_statement_time = ' . WPAAS_STATEMENT_MS / 1000
                : 'SET SESSION max_execution_time = ' . WPAAS_STATEMENT_MS);
        }
    }

    public function query($query)
    {
        $start = hrtime(true);
        $result = parent::query($query);
        $ms = (hrtime(true) - $start) / 1_000_000;
        if ($ms > $this->slowest_ms) {
            $this->slowest_ms = $ms;
            $this->slowest = (string) $query;
            $this->asked_by = $ms < SLOW_QUERY_MS ? [] : asked_by();
        }
        return $result;
    }

    /** As WordPress's own, but for the line. */
    public function print_error($str = '')
    {
        global $EZSQL_ERROR;
        $connection = $this->dbh instanceof \mysqli ? $this->dbh : null;
        $text = $str ?: (string) $connection?->error;
        $this->lacking = $this->lacking || in_array($connection?->errno, FOR_NOW, true);
        $EZSQL_ERROR[] = ['query' => $this->last_query, 'error_str' => $text];
        if (!$this->suppress_errors) {
            log_line('database error', ['code' => $connection?->errno, 'error' => without_values($text),
                'query' => without_values((string) $this->last_query)] + asked_by());
        }
        return false;
    }

    /** @return array<string, scalar> */
    public function slowest(): array
    {
        return $this->slowest === '' ? [] : ['queries' => $this->num_queries, 'query_ms' => (int) $this->slowest_ms,
            'query' => without_values($this->slowest)] + $this->asked_by;
    }
}

/** The plugin or theme that asks just now. @return array<string, string> */
function asked_by(): array
{
    foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, 30) as $call) {
        $owner = owner_of($call['file'] ?? '');
        if ($owner !== []) {
            return $owner;
        }
    }
    return [];
}

function tell_slow_request(): void
{
    $ms = (int) ((microtime(true) - $_SERVER['REQUEST_TIME_FLOAT']) * 1000);
    if (PHP_SAPI === 'cli' || $ms < SLOW_REQUEST_MS) {
        return;
    }
    global $wpdb;
    $path = (string) parse_url('http://site' . ($_SERVER['REQUEST_URI'] ?? ''), PHP_URL_PATH);
    log_line('slow request', ['ms' => $ms, 'path' => substr($path, 0, 500)]
        + ($wpdb instanceof TimedDatabase ? $wpdb->slowest() : []));
}

// Last of all, after what others do at the end.
register_shutdown_function(static fn () => register_shutdown_function(tell_slow_request(...)));
