<?php
/**
 * The install job: one task of the image with another command. Brings the site's database to what this
 * code and the wanted settings need: tables and first administrator, WordPress's own routines, plugins
 * that come, change or leave, the theme. May run twice at once, and again after a kill at any point: a
 * database lock lets one work, and rows say how far it came (rows.php). How it ends: job.php.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require __DIR__ . '/configuration.php';
require __DIR__ . '/job.php';

// Statements may take long here, and nobody waits for a page.
ini_set('mysqlnd.net_read_timeout', (string) STATEMENT_SECONDS);
set_time_limit(0);

try {
    $wpaas_job = Job::begin();
    // WordPress and plugins end a process where they like, with exit code 0.
    register_shutdown_function(static function () use ($wpaas_job): void {
        ini_set('memory_limit', '320M');
        $wpaas_job->end();
    });
    if ($wpaas_job->undo) {
        $wpaas_job->undo();
        exit(0);
    }
    if (!$wpaas_job->fresh) {
        if (!$wpaas_job->due()) {
            $wpaas_job->finish();
            exit(0);
        }
        $wpaas_job->secure();
    }
    $_SERVER = ['HTTP_HOST' => $wpaas_job->configuration->home()[1], 'REQUEST_METHOD' => 'GET',
        'REQUEST_URI' => '/wp-admin/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1'] + $_SERVER;
    // Here and not in a function: WordPress's global variables are made by these lines.
    require __DIR__ . '/install-wordpress.php';
    require __DIR__ . '/migrate-packages.php';
    require __DIR__ . '/moved.php';
    $wpaas_job->fresh ? install_wordpress($wpaas_job) : upgrade_wordpress($wpaas_job);
    move_home($wpaas_job);
    migrate_packages($wpaas_job);
    $wpaas_job->finish();
    greet_plugins($wpaas_job);
} catch (\Throwable $thrown) {
    if (isset($wpaas_job)) {
        $wpaas_job->error = reason($thrown);
    } else {
        log_line('install failed', ['cause' => reason($thrown)]);
    }
    exit(1);
}
