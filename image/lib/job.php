<?php
/**
 * One run of the install job: its lock, what it is asked for, and how it ends. However it ends, one line
 * `wpaas-migrate {"end": …}` says so:
 *
 * - `done`: the database is as asked for
 * - `restored`: a step failed, and the database is as it was before (exit 1)
 * - `held`: a step failed, and others have written since, so nothing was put back (exit 1)
 * - `undone`, `kept`: the last migration was taken back, or could not be
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/rows.php';
require_once __DIR__ . '/dump.php';
require_once __DIR__ . '/reasons.php';

/** Seconds to wait for the database to answer, for another job to end, and for one statement. */
const DATABASE_SECONDS = 60;
const LOCK_SECONDS = 90;
const STATEMENT_SECONDS = 1800;

final class InstallFailed extends \RuntimeException
{
}

final class Job
{
    /** What is done at the moment, for whoever reads why it failed: `plugin forms: activation`. */
    public string $stage = 'begin';
    public string $error = '';
    public bool $ended = false;
    /** Whether the process may end here without more: what comes is a courtesy to plugins. */
    public bool $through = false;
    public ?Ledger $ledger = null;
    /** The schema's version before the first write, also of a run that was killed. */
    public int $schema = 0;
    /** @var array<string, mixed> what was found in the database: ROW_BROUGHT */
    public array $brought;
    /** @var list<string> what was done, for the report */
    public array $steps = [];
    /** @var array<string, mixed> see ROW_JOURNAL */
    private array $journal = [];

    /**
     * @param array<string, mixed> $settings live settings that the site is to have
     * @param array<string, string> $versions slug → version of its plugins, as the allowlist has them
     */
    private function __construct(
        public readonly Configuration $configuration,
        public readonly \mysqli $database,
        public readonly string $lock,
        public readonly array $settings,
        public readonly array $versions,
        public readonly bool $undo,
        public readonly bool $fresh,
    ) {
        $this->brought = row($database, ROW_BROUGHT) ?? [];
    }

    /** Takes the lock and finds out what there is to do. @throws InstallFailed|ConfigurationMissing */
    public static function begin(): self
    {
        $configuration = Configuration::load();
        $database = wait_for_database($configuration);
        // GET_LOCK is the whole server's: another site must not be able to name it. It ends with its connection.
        $lock = 'wpaas:' . substr(hash_hmac('sha256', 'install', $configuration->secret('database_password')), 0, 48);
        $database->query('SET SESSION wait_timeout = ' . STATEMENT_SECONDS);
        if (first_value($database, "SELECT GET_LOCK('$lock', " . LOCK_SECONDS . ')') !== '1') {
            throw new InstallFailed('another install job holds the lock');
        }
        $database->query('CREATE TABLE IF NOT EXISTS wpaas_live (id TINYINT NOT NULL PRIMARY KEY,
            document LONGTEXT NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
        drop_unfinished($database);
        $next = row($database, ROW_NEXT) ?? ['settings' => row($database, ROW_LIVE) ?? []];
        $fresh = !installed($database);
        if ($fresh) {
            $database->query('DELETE FROM wpaas_live WHERE id IN (' . ROW_BROUGHT . ', ' . ROW_JOURNAL . ')');
            remember($database, 'started');
        }
        return new self($configuration, $database, $lock, (array) ($next['settings'] ?? []),
            (array) ($next['versions'] ?? []), ($next['do'] ?? '') === 'undo', $fresh);
    }

    /** Whether the database is not yet as wanted. */
    public function due(): bool
    {
        $journal = row($this->database, ROW_JOURNAL);
        $found = $this->schema();
        $versions = array_intersect_key($this->versions, array_flip((array) ($this->settings['plugins'] ?? [])));
        $known = (array) ($this->brought['plugins'] ?? []);
        $home = $this->configuration->text('home');
        return ($journal !== null && !$journal['done']) || ($this->brought['home'] ?? $home) !== $home
            || $found < code_db_version() || ($this->brought['schema'] ?? null) !== $found
            || (is_array($this->settings['plugins'] ?? null)
                && (array_diff_assoc($versions, $known) !== []
                    || array_diff(array_keys($known), $this->settings['plugins']) !== []
                    || array_diff($this->settings['plugins'], array_keys($known)) !== []))
            || (is_string($this->settings['theme'] ?? null) && $this->settings['theme'] !== ($this->brought['theme'] ?? null));
    }

    /** Before the first write: the dump, or that of a run that was killed. @throws InstallFailed */
    public function secure(): void
    {
        $this->stage = 'dump';
        $this->journal = row($this->database, ROW_JOURNAL) ?? [];
        try {
            $open = $this->journal !== [] && !$this->journal['done'] && $this->dump()->exists();
            if (!$open) {
                $dump = Dump::fresh($this->database, S3\Client::of($this->configuration));
                $this->journal = ['done' => false, 'dump' => $dump->name, 'base' => $dump->take(),
                    'before' => $this->brought, 'ledger' => [], 'schema' => $this->schema()];
                put_row($this->database, ROW_JOURNAL, $this->journal);
            }
        } catch (S3\StoreFailed $failed) {
            throw new InstallFailed($failed->getMessage());
        }
        $this->schema = $this->journal['schema'];
        $this->ledger = new Ledger($this->database, $this->journal['base'], $this->journal['ledger']);
    }

    private function schema(): int
    {
        return (int) first_value($this->database, "SELECT option_value FROM wp_options WHERE option_name = 'db_version'");
    }

    /** A step was carried out: never again, also where the process ends now. @param array<string, mixed> $brought */
    public function did(string $what, array $brought): void
    {
        $this->brought = $brought + $this->brought;
        $this->steps[] = $what;
        strictly(function (): void {
            put_row($this->database, ROW_BROUGHT, ['format' => 1] + $this->brought);
            $this->keep();
        });
    }

    /** @throws InstallFailed when the lock's connection broke, so that another job may have started */
    public function finish(): void
    {
        $this->stage = 'end';
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        $this->hold();
        if (!$this->fresh) {
            $this->journal['done'] = true;
            $this->keep();
        }
        remember($this->database, 'done');
        mysqli_report(MYSQLI_REPORT_OFF);
        log_line($this->fresh ? 'installed' : 'was installed already');
        $this->through = true;
    }

    /** The last line, and the exit code; puts the dump back where a step failed. */
    public function end(): void
    {
        if ($this->ended) {
            return;
        }
        $this->ended = true;
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        if ($this->through) {
            $this->keep();   // what plugins wrote after the last step
            $this->say(['end' => 'done', 'steps' => $this->steps, 'dump' => $this->journal['dump'] ?? null]);
            exit(0);
        }
        $error = $this->error !== '' ? $this->error : last_error();
        log_line('install failed', ['stage' => $this->stage, 'cause' => $error]);
        $said = ['stage' => $this->stage, 'error' => $error, 'dump' => $this->journal['dump'] ?? null];
        try {
            $conflict = $this->put_back();
        } catch (\Throwable $thrown) {
            $conflict = 'the dump could not be put back: ' . reason($thrown);
        }
        $this->say(['end' => $conflict === '' ? 'restored' : 'held', 'conflict' => $conflict] + $said);
        exit(1);
    }

    /** Takes the last migration back, if nobody else wrote to what it wrote to. */
    public function undo(): void
    {
        $this->journal = row($this->database, ROW_JOURNAL) ?? [];
        $this->stage = 'undo';
        $why = 'its dump is gone';
        if ($this->journal !== [] && $this->dump()->exists()) {
            $this->ledger = new Ledger($this->database, $this->journal['base'], $this->journal['ledger']);
            $why = $this->journal['done'] ? $this->put_back() : 'it did not end';
        }
        $this->ended = true;
        $this->say(['end' => $why === '' ? 'undone' : 'kept', 'conflict' => $why,
            'dump' => $this->journal['dump'] ?? null]);
    }

    /** '' once all is as it was, else why it was left. */
    private function put_back(): string
    {
        if ($this->ledger === null || $this->ledger->own() === []) {
            return '';   // nothing was written
        }
        $this->hold();
        $conflict = $this->ledger->conflict();
        if ($conflict !== '') {
            $this->keep();
            return $conflict;
        }
        // First, so that a job that is killed here does its steps again on whatever it finds.
        put_row($this->database, ROW_BROUGHT, $this->journal['before']);
        if (!$this->dump()->restore($this->ledger->own(), $this->journal['base'])) {
            put_row($this->database, ROW_BROUGHT, $this->brought);
            return 'somebody wrote at this moment';
        }
        $this->database->query('DELETE FROM wpaas_live WHERE id = ' . ROW_JOURNAL);
        return '';
    }

    private function dump(): Dump
    {
        return new Dump($this->database, S3\Client::of($this->configuration), $this->journal['dump']);
    }

    private function keep(): void
    {
        if ($this->ledger !== null) {
            $this->journal['ledger'] = $this->ledger->kept();
            put_row($this->database, ROW_JOURNAL, $this->journal);
        }
    }

    private function hold(): void
    {
        if (first_value($this->database, "SELECT IS_USED_LOCK('{$this->lock}') = CONNECTION_ID()") !== '1') {
            throw new InstallFailed('the lock was lost on the way; run the job again');
        }
    }

    /** @param array<string, mixed> $what */
    private function say(array $what): void
    {
        fwrite(STDOUT, 'wpaas-migrate ' . json_encode($what,
            JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR) . "\n");
    }
}

/** @throws InstallFailed when the database does not answer in time */
function wait_for_database(Configuration $configuration): \mysqli
{
    $deadline = time() + DATABASE_SECONDS;
    do {
        try {
            return connect($configuration, 5, STATEMENT_SECONDS);
        } catch (\mysqli_sql_exception $exception) {
            // Access denied and unknown database too: their creation may still be on its way.
            $code = $exception->getCode();
            usleep(500_000);
        }
    } while (time() < $deadline);
    throw new InstallFailed("no database within " . DATABASE_SECONDS . " s, last error $code");
}

/**
 * Throws away what a job left that was killed before its end. Only what such a job began in an
 * empty database: no visitor was ever served from it, and nothing else is ever dropped.
 */
function drop_unfinished(\mysqli $database): void
{
    if (first_value($database, 'SELECT state FROM wpaas_install WHERE id = 1') !== 'started') {
        return;
    }
    foreach (tables($database) as $table) {
        $database->query("DROP TABLE `$table`");
    }
}

/** Whether WordPress's tables are there, from us or from elsewhere. */
function installed(\mysqli $database): bool
{
    return first_value($database, "SELECT option_value FROM wp_options WHERE option_name = 'siteurl'") !== null;
}

function remember(\mysqli $database, string $state): void
{
    $database->query('CREATE TABLE IF NOT EXISTS wpaas_install
        (id TINYINT PRIMARY KEY, state VARCHAR(16) NOT NULL, changed_at TIMESTAMP NOT NULL)');
    $database->query("REPLACE INTO wpaas_install VALUES (1, '$state', UTC_TIMESTAMP())");
}
