<?php
/**
 * One JSON object a line on standard error, which the init passes on unchanged to standard output.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/**
 * Where a line belongs: the site, once its configuration is read, and nginx's name for the request.
 *
 * @return array<string, string>
 */
function log_context(): array
{
    $site = $GLOBALS['wpaas_configuration'] ?? null;
    $request = PHP_SAPI === 'cli' ? null : $_SERVER['HTTP_X_REQUEST_ID'] ?? null;
    return ($site === null ? [] : ['site' => $site->text('site')])
        + (is_string($request) ? ['request' => $request] : []);
}

/**
 * @param array<string, scalar|null> $more never secrets: the log is read by many
 */
function log_line(string $message, array $more = []): void
{
    $line = json_encode(
        ['from' => 'wordpress', 'message' => $message] + $more + log_context(),
        JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR
    );
    // Not error_log(): it would put a date before the object.
    file_put_contents('php://stderr', $line . "\n");
}
