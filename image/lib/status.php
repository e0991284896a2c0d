<?php
/**
 * /-/status, from inside the container only (`healthcheck /-/status`): how the parts are that the
 * health check leaves out on purpose.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require __DIR__ . '/checks.php';
require __DIR__ . '/mu-plugin/s3/client.php';

/** @return array{ok: bool, ms: int, error?: string} */
function timed(callable $check): array
{
    $start = hrtime(true);
    try {
        $error = $check();
    } catch (\Throwable $thrown) {
        $error = $thrown::class . ' ' . $thrown->getCode();
    }
    return ['ok' => $error === null, 'ms' => intdiv(hrtime(true) - $start, 1_000_000)]
        + ($error === null ? [] : ['error' => $error]);
}

/** @return array<string, mixed> */
function status(): array
{
    $configuration = Configuration::load();
    $missing = [];
    $due = null;
    $database = timed(static function () use ($configuration, &$missing, &$due): ?string {
        $connection = connect($configuration, 2);
        $due = first_due($connection);
        $missing = missing_packages($connection);
        return database_problem($connection);
    });
    $store = timed(static function () use ($configuration): ?string {
        S3\Client::of($configuration)->list('uploads/', 1);
        return null;
    });
    return [
        'site' => $configuration->text('site'),
        'healthy_once' => is_file('/run/wpaas/healthy'),
        'wordpress' => json_decode((string) file_get_contents('/usr/share/wpaas/wordpress-source.json'), true),
        'database' => $database,
        'store' => $store,
        'missing' => $missing,
        'cron' => ['overdue_s' => max(0, time() - ($due ?? PHP_INT_MAX))],
    ];
}

header('Content-Type: application/json');
try {
    echo json_encode(status(), JSON_UNESCAPED_SLASHES);
} catch (ConfigurationMissing $missing) {
    http_response_code(503);
    echo json_encode(['error' => $missing->getMessage()]);
}
