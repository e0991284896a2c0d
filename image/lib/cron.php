<?php
/**
 * One look for events that are due, started by the init of every webhead about once a minute. One
 * query tells whether there are any, before WordPress is loaded; a database lock lets one webhead of
 * a site work. The lock is its connection's: where the process or its node dies, it is free at once.
 *
 * An event is taken off the list before it runs, as WordPress's own runner does: it runs once or, where
 * it is killed in the middle, not to its end.
 *
 * Exit 0: nothing due, somebody else at work, or all done. 75: an event ended the process, and the init
 * looks again at once for the others. Else 1. One JSON line says why.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas {
    require __DIR__ . '/configuration.php';
    require __DIR__ . '/database.php';
    require __DIR__ . '/purge.php';

    /** Seconds for the connection and for each answer to the two questions. */
    const ANSWER_SECONDS = 5;
    /** Known to the init. */
    const LOOK_AGAIN = 75;

    /** GET_LOCK is server-wide, so its name holds the database's. */
    function cron_lock(Configuration $configuration): string
    {
        return 'wpaas_cron:' . md5($configuration->text('database.name'));
    }

    /** The connection that holds the lock, or null where there is nothing to do here. */
    function work_to_do(Configuration $configuration): ?\mysqli
    {
        $database = connect($configuration, ANSWER_SECONDS);
        purge_due($database, $configuration);   // where no visitor's request tells the edges
        if ((first_due($database) ?? PHP_INT_MAX) > time()) {
            return null;
        }
        $lock = cron_lock($configuration);
        // Longer than the longest look, which the init ends.
        $database->query('SET SESSION wait_timeout = 3600');
        if (first_value($database, "SELECT GET_LOCK('$lock', 0)") !== '1') {
            return null;
        }
        sweep($database);
        // Whoever held it just now may have run what we saw.
        return (first_due($database) ?? PHP_INT_MAX) > time() ? null : $database;
    }

    function still_ours(\mysqli $database, Configuration $configuration): bool
    {
        $lock = cron_lock($configuration);
        try {
            return first_value($database, "SELECT IS_USED_LOCK('$lock') = CONNECTION_ID()") === '1';
        } catch (\Throwable) {   // WordPress has switched mysqli's exceptions off
            return false;
        }
    }

    /** Runs one event: planned again or taken off first. */
    function run_event(int $due, string $hook, array $event): void
    {
        if ($event['schedule']) {
            wp_reschedule_event($due, $event['schedule'], $hook, $event['args']);
        }
        wp_unschedule_event($due, $hook, $event['args']);
        $start = hrtime(true);
        $error = [];
        try {
            do_action_ref_array($hook, $event['args']);
        } catch (\Throwable $thrown) {
            $error = [
                'error' => $thrown::class . ': ' . $thrown->getMessage(), 'line' => $thrown->getLine(),
                ...owner_of($thrown->getFile()),
            ];
        }
        $late = max(0, time() - $due);
        $ms = intdiv(hrtime(true) - $start, 1_000_000);
        log_line('cron event', ['hook' => $hook, 'late_s' => $late, 'ms' => $ms]
            + $error);
    }

    /** Runs everything that is due, as long as the lock is ours. */
    function run_due_events(\mysqli $database, Configuration $configuration): void
    {
        $running = null;
        register_shutdown_function(static function () use (&$running): void {
            if ($running !== null) {
                log_line('cron event ended the process', ['hook' => $running]);
                exit(LOOK_AGAIN);
            }
        });
        foreach (wp_get_ready_cron_jobs() as $due => $hooks) {
            foreach ($hooks as $hook => $events) {
                foreach ($events as $key => $event) {
                    if (!still_ours($database, $configuration)) {
                        log_line('cron stopped', ['cause' => 'the lock was lost on the way']);
                        return;
                    }
                    if (!isset(planned($database)[$due][$hook][$key])) {
                        continue;   // somebody took it off the list meanwhile
                    }
                    $running = (string) $hook;
                    run_event((int) $due, $running, $event);
                    $running = null;
                }
            }
        }
    }
}

namespace {
    try {
        $wpaas_site = \Wpaas\Configuration::load();
        $wpaas_database = \Wpaas\work_to_do($wpaas_site);
        if ($wpaas_database === null) {
            exit(0);
        }
        define('DOING_CRON', true);
        $_SERVER = ['HTTP_HOST' => $wpaas_site->home()[1], 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/wp-cron.php',
            'SERVER_PROTOCOL' => 'HTTP/1.1', 'HTTPS' => $wpaas_site->home()[0] === 'https' ? 'on' : ''] + $_SERVER;
        // Here and not in a function: WordPress's global variables are made by this line.
        require '/usr/share/wpaas/wordpress/wp-load.php';
        \Wpaas\run_due_events($wpaas_database, $wpaas_site);
    } catch (\Wpaas\ConfigurationMissing $missing) {
        \Wpaas\log_line('cron failed', ['cause' => $missing->getMessage()]);
        exit(1);
    } catch (\mysqli_sql_exception $exception) {
        \Wpaas\log_line('cron failed', ['cause' => 'database error ' . $exception->getCode()]);
        exit(1);
    }
}
