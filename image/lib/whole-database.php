<?php
/**
 * What an author sends happens whole or not at all, so that an edge may send it again to another
 * webhead when the first one dies over it.
 *
 * The first write of a request opens a transaction and puts the request's id into it; the end of the
 * request, before a byte of its answer leaves, commits both. A webhead that dies leaves nothing
 * behind (the database rolls back what a lost connection has not committed), and the same id a
 * second time finds nothing, or is told that it was done.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/timed-database.php';

/** WordPress's database, with one transaction around what a request writes. */
final class WholeDatabase extends TimedDatabase
{
    /** Seconds; what takes longer would keep others waiting for its locks. */
    private const LONGEST = 3;
    private const WAIT = 5;
    private const WRITE = '/^\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b/i';
    /** Ends a transaction by itself, or begins a plugin's own. */
    private const ENDS = '/^\s*(?:CREATE|ALTER|DROP|TRUNCATE|RENAME|START|BEGIN|COMMIT|ROLLBACK|LOCK|UNLOCK|SET\s+autocommit)\b/i';
    private const DEADLOCK = 1213;
    private const LOCK_WAIT = 1205;
    private const NO_TABLE = 1146;
    private const DUPLICATE = 1062;

    private bool $held = false;
    /** The id of a request whose writes belong together, until they were begun. */
    private ?string $request = null;
    /** When an open transaction has to end, by hrtime(); null where none is open. */
    private ?int $until = null;

    /** From the next write on, all that this request writes is one. */
    public function whole(string $request): void
    {
        $this->request = $request;
    }

    /** What is read with FOR UPDATE stays as it is until the next write, or `release`. */
    public function hold(): void
    {
        // The ledger of a job looks at tables from a connection of its own, after each statement.
        if (defined('WPAAS_JOB')) {
            return;
        }
        if ($this->request !== null) {
            $this->begin();
        }
        if ($this->until === null) {
            $this->held = parent::query('START TRANSACTION') !== false;
        }
    }

    /** There will be no write. */
    public function release(): void
    {
        if ($this->held) {
            $this->held = false;
            parent::query('COMMIT');
        }
    }

    /**
     * Something small of its own, with a transaction of its own, before a request's.
     *
     * @template T
     * @param callable(): T $do
     * @return T
     */
    public function apart(callable $do): mixed
    {
        [$request, $this->request] = [$this->request, null];
        try {
            return $do();
        } finally {
            $this->request = $this->until === null ? $request : null;
        }
    }

    /** Everything that was written holds from here on. */
    public function commit(): void
    {
        $this->request = null;
        if ($this->until !== null) {
            $this->until = null;
            if (!mysqli_query($this->dbh, 'COMMIT')) {
                $this->again();
            }
        }
    }

    /**
     * What was written so far holds before something leaves that cannot be taken back, and no lock waits
     * for the world outside. A request that wrote nothing yet may still be sent again.
     */
    public function settle(): void
    {
        if ($this->until !== null) {
            $this->commit();
        }
    }

    /**
     * @param string $query
     * @return int|bool
     */
    public function query($query)
    {
        if ($this->request !== null && preg_match(self::WRITE, $query) === 1) {
            $this->begin();
        } elseif ($this->until !== null
            && (hrtime(true) > $this->until || preg_match(self::ENDS, $query) === 1)) {
            $this->commit();
        }
        $answer = parent::query($query);
        if ($this->held && preg_match(self::WRITE, $query) === 1) {
            $this->release();
        }
        if ($answer === false && $this->until !== null
            && in_array(mysqli_errno($this->dbh), [self::DEADLOCK, self::LOCK_WAIT], true)) {
            $this->again();
        }
        return $answer;
    }

    /**
     * WordPress connects anew in the middle of a request, and would write the second half alone.
     *
     * @param bool $allow_bail
     * @return bool|void
     */
    public function check_connection($allow_bail = true)
    {
        if ($this->until !== null && !@mysqli_query($this->dbh, 'DO 1')) {
            $this->again();
        }
        return parent::check_connection($allow_bail);
    }

    private function begin(): void
    {
        $request = (string) $this->request;
        $this->request = null;
        mysqli_query($this->dbh, 'SET SESSION innodb_lock_wait_timeout = ' . self::WAIT);
        mysqli_query($this->dbh, 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
        for ($tries = 2; $tries > 0; $tries--) {
            mysqli_query($this->dbh, 'START TRANSACTION');
            try {
                if (mysqli_query($this->dbh, "INSERT INTO wpaas_request (id) VALUES ('$request')")) {
                    $this->until = hrtime(true) + self::LONGEST * 1_000_000_000;
                    return;
                }
                $error = mysqli_errno($this->dbh);
            } catch (\mysqli_sql_exception $exception) {
                $error = $exception->getCode();
            }
            if ($error === self::DUPLICATE) {
                self::done_before();
            }
            if ($error !== self::NO_TABLE) {
                break;
            }
            mysqli_query($this->dbh, 'CREATE TABLE IF NOT EXISTS wpaas_request (id CHAR(36) PRIMARY KEY,'
                . ' at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY at (at)) ENGINE=InnoDB');
        }
        mysqli_query($this->dbh, 'ROLLBACK');   // without it, as WordPress always did
    }

    /** Nothing was written: nginx ends the connection without a word, and the edge asks again. */
    private function again(): never
    {
        $this->until = null;
        @mysqli_query($this->dbh, 'ROLLBACK');
        log_line('request taken back, to be sent again');
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        header('X-Accel-Redirect: /-/again');
        exit;
    }

    /** The first attempt was committed, and its webhead died before it could say so. */
    private static function done_before(): never
    {
        $back = (string) wp_get_raw_referer();
        if ($back !== '' && str_starts_with($back, WP_HOME . '/') && !wp_is_json_request() && !wp_doing_ajax()) {
            header("Location: $back", true, 303);
            exit;
        }
        http_response_code(409);
        header('Content-Type: application/json');
        echo '{"code":"done_before","message":"This was saved just before a server went away. Please reload."}';
        exit;
    }
}
