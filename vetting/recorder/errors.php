<?php
/**
 * PHP's own errors that the package causes, and from them the files that it could not write.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\Vetting;

const LEVELS = [
    E_WARNING => 'warning', E_USER_WARNING => 'warning', E_RECOVERABLE_ERROR => 'warning',
    E_NOTICE => 'notice', E_USER_NOTICE => 'notice',
    E_DEPRECATED => 'deprecated', E_USER_DEPRECATED => 'deprecated', E_USER_ERROR => 'fatal',
];
const FATAL = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;
/** Functions that write → which argument is the path. */
const WRITERS = ['file_put_contents' => 0, 'fopen' => 0, 'mkdir' => 0, 'touch' => 0, 'rename' => 1, 'copy' => 1,
    'unlink' => 0, 'rmdir' => 0, 'chmod' => 0, 'symlink' => 1, 'link' => 1, 'move_uploaded_file' => 1,
    'tempnam' => 0, 'error_log' => 2, '__construct' => 0, 'gzopen' => 0, 'imagepng' => 1, 'imagejpeg' => 1];
const DENIED = '/Read-only file system|Permission denied|Operation not permitted/';
/** fsockopen() and its like name the host that they cannot reach. */
const UNREACHED = '~(?:Unable|Failed) to connect to (?:\w+://)?(\[[0-9a-f:]+\]|[^\s:/]+):(\d+)~i';

function watch_errors(): void
{
    $before = set_error_handler(static function (int $number, string $text, string $file, int $line) use (&$before): bool {
        note_error($number, $text, $file, $line);
        return is_callable($before) ? (bool) $before($number, $text, $file, $line) : false;
    });
    foreach (['doing_it_wrong_run' => 'notice', 'deprecated_function_run' => 'deprecated',
        'deprecated_argument_run' => 'deprecated', 'deprecated_hook_run' => 'deprecated'] as $hook => $level) {
        // WordPress says these to nobody unless WP_DEBUG stands on.
        add_action($hook, static function (mixed $what) use ($level): void {
            $where = caller();
            if ($where !== null) {
                Record::add('errors', ['level' => $level, 'text' => "WordPress: wrong or outdated use of $what"] + $where);
            }
        });
    }
}

function note_error(int $number, string $text, string $file, int $line): void
{
    $where = own($file) !== null ? ['file' => own($file), 'line' => $line] : caller();
    if ($where === null) {
        return;
    }
    if (preg_match(UNREACHED, $text, $match) === 1) {
        Record::add('http', ['how' => 'socket', 'host' => trim($match[1], '[]')] + $where);
    }
    $path = preg_match(DENIED, $text) === 1 ? denied_path() : null;
    if ($path !== null) {
        Record::add('writes', ['path' => shown($path)] + $where);
    } elseif ((error_reporting() & $number) !== 0 || $number === E_DEPRECATED) {
        // With @ in front the author knows of it; a write that fails is worth knowing all the same.
        Record::add('errors', ['level' => LEVELS[$number] ?? 'warning', 'text' => plain($text)] + $where);
    }
}

/** The path that the function in the trace was to write, or null where it was to read. */
function denied_path(): ?string
{
    foreach (debug_backtrace(0, 8) as $frame) {
        $function = $frame['function'];
        $argument = WRITERS[$function] ?? null;
        if ($argument === null || !is_string($frame['args'][$argument] ?? null)) {
            continue;
        }
        $reads = in_array($function, ['fopen', 'gzopen', '__construct'], true)
            && preg_match('/^r[bt]?$/', (string) ($frame['args'][1] ?? 'r')) === 1;
        return $reads ? null : $frame['args'][$argument];
    }
    return null;
}

/** @return array{file: string, line: int, text: string}|null what ended the request, if it is the package's doing */
function fatal(): ?array
{
    $last = error_get_last();
    if ($last === null || ($last['type'] & FATAL) === 0) {
        return null;
    }
    $text = (string) strtok($last['message'], "\n");
    $file = own($last['file']);
    if ($file !== null) {
        return ['file' => $file, 'line' => $last['line'], 'text' => plain($text)];
    }
    // The error stands in WordPress's code; the trace says whether the package called it.
    $found = preg_match('~' . preg_quote(folder(), '~') . '([^():\s]+)[(:](\d+)~', $last['message'], $match);
    return $found === 1 ? ['file' => $match[1], 'line' => (int) $match[2], 'text' => plain($text)]
        : ['file' => '', 'line' => 1, 'text' => plain($text)];
}

/** A message without what differs from run to run. */
function plain(string $text): string
{
    $text = strip_tags(substr((string) preg_replace('/ in \/\S+:\d+$/', '', $text), 0, 300));
    return str_replace([folder(), '/usr/share/wpaas/wordpress/'], ['{package}/', '{wordpress}/'], $text);
}
