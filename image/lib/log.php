<?php
/**
 * One JSON object a line on standard error, which the init passes on unchanged.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/**
 * @param array<string, scalar|null> $more never secrets: the log is read by many
 */
function log_line(string $message, array $more = []): void
{
    $line = json_encode(
        ['from' => 'wordpress', 'message' => $message] + $more,
        JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR
    );
    // Not error_log(): it would put a date before the object.
    file_put_contents('php://stderr', $line . "\n");
}
