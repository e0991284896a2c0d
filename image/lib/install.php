<?php
/**
 * The install job: one task of the image with another command. Makes the site's tables and its first
 * administrator, or brings an older schema up to this code. May run twice at once, and again after
 * a kill at any point: a database lock lets one work, and a row says how far it came.
 *
 * Exit 0: the site is installed. Else 1, and one JSON line says why.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require __DIR__ . '/configuration.php';
require __DIR__ . '/database.php';

/** Seconds to wait for the database to answer, and for another job to end. */
const DATABASE_SECONDS = 60;
const LOCK_SECONDS = 90;

final class InstallFailed extends \RuntimeException
{
}

/** @throws InstallFailed when the database does not answer in time */
function wait_for_database(Configuration $configuration): \mysqli
{
    $deadline = time() + DATABASE_SECONDS;
    do {
        try {
            // The same connection waits for the lock later, hence the long time for an answer.
            return connect($configuration, 5, LOCK_SECONDS + 10);
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
    foreach ($database->query("SHOW TABLES LIKE 'wp\\_%'")->fetch_all() as [$table]) {
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

/** What the steps of the job hand on. */
final class Job
{
    public bool $ended = false;

    public function __construct(
        public readonly Configuration $configuration,
        public readonly \mysqli $database,
        public readonly string $lock,
        public readonly bool $fresh,
    ) {
    }
}

/** Takes the lock and finds out what there is to do. @throws InstallFailed|ConfigurationMissing */
function begin(): Job
{
    $configuration = Configuration::load();
    $database = wait_for_database($configuration);
    // GET_LOCK is server-wide, so it carries the database's name; it ends with its connection.
    $lock = 'wpaas_install:' . md5($configuration->text('database.name'));
    $database->query('SET SESSION wait_timeout = 600');
    if (first_value($database, "SELECT GET_LOCK('$lock', " . LOCK_SECONDS . ')') !== '1') {
        throw new InstallFailed('another install job holds the lock');
    }
    drop_unfinished($database);
    $fresh = !installed($database);
    if ($fresh) {
        remember($database, 'started');
    }
    return new Job($configuration, $database, $lock, $fresh);
}

/** @throws InstallFailed when the lock's connection broke, so that another job may have started */
function finish(Job $job): void
{
    if (first_value($job->database, "SELECT IS_USED_LOCK('{$job->lock}') = CONNECTION_ID()") !== '1') {
        throw new InstallFailed('the lock was lost on the way; run the job again');
    }
    remember($job->database, 'done');
    $job->ended = true;
    log_line($job->fresh ? 'installed' : 'was installed already');
}

try {
    $wpaas_job = begin();
    // WordPress ends a process with exit code 0 when it gives up.
    register_shutdown_function(static function () use ($wpaas_job): void {
        if (!$wpaas_job->ended) {
            log_line('install failed', ['cause' => 'WordPress ended the job; see the lines above']);
            exit(1);
        }
    });
    define('WP_INSTALLING', true);
    $_SERVER = ['HTTP_HOST' => $wpaas_job->configuration->home()[1], 'REQUEST_METHOD' => 'GET',
        'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1'] + $_SERVER;
    // Here and not in a function: WordPress's global variables are made by this line.
    require __DIR__ . '/install-wordpress.php';
    $wpaas_job->fresh ? install_wordpress($wpaas_job->configuration) : migrate_wordpress();
    finish($wpaas_job);
} catch (ConfigurationMissing | InstallFailed $failed) {
    log_line('install failed', ['cause' => $failed->getMessage()]);
    exit(1);
} catch (\mysqli_sql_exception $exception) {
    log_line('install failed', ['cause' => 'database error ' . $exception->getCode()]);
    exit(1);
}
