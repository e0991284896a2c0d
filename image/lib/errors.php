<?php
/**
 * PHP's errors as JSON lines that name the plugin, the file and the request. PHP's own lines stop once
 * this is loaded; those of before, of a file that cannot be parsed, say, still come as they are.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

const ERROR_NAMES = [E_WARNING => 'Warning', E_USER_WARNING => 'Warning', E_NOTICE => 'Notice', E_USER_NOTICE => 'Notice',
    E_DEPRECATED => 'Deprecated', E_USER_DEPRECATED => 'Deprecated', E_PARSE => 'Parse error'];
/** After these PHP ends the request, and asks no handler. */
const FATAL_ERRORS = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;

/**
 * Whose file it is: the plugin or theme by its name in the allowlist, and the path below wp-content.
 *
 * @return array<string, string>
 */
function owner_of(string $file): array
{
    if (preg_match('~/wp-content/((plugins|themes)/([^/@]+).*)$~', $file, $found) !== 1) {
        return [];
    }
    return [rtrim($found[2], 's') => basename($found[3], '.php'), 'file' => $found[1]];
}

function log_error_line(int $kind, string $text, string $file, int $line): void
{
    // The trace may hold values that were passed, and the text says where already.
    $text = preg_replace('/\nStack trace:.*/s', '', $text) ?? '';
    log_line('PHP ' . (ERROR_NAMES[$kind] ?? 'Fatal error') . ": $text",
        owner_of($file) + ['file' => str_replace('/usr/share/wpaas/wordpress/', '', $file), 'line' => $line]);
}

set_error_handler(static function (int $kind, string $text, string $file, int $line): bool {
    // Not for what is silenced (@) or below WordPress's level. PHP itself remembers it for error_get_last().
    if ((error_reporting() & $kind & ~FATAL_ERRORS) !== 0) {
        log_error_line($kind, $text, $file, $line);
    }
    return false;
});
register_shutdown_function(static function (): void {
    $last = error_get_last();
    if ($last !== null && ($last['type'] & FATAL_ERRORS) !== 0) {
        log_error_line($last['type'], $last['message'], $last['file'], $last['line']);
    }
});
ini_set('log_errors', '0');
