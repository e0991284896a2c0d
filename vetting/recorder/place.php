<?php
/**
 * Which code is the package's, and which of its lines is to be named for what happens.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\Vetting;

/** @return array{kind: string, slug: string, answers: list<string>} what the run is about */
function subject(): array
{
    static $subject = null;
    $file = '/usr/lib/wpaas-vetting/subject.json';
    $none = ['kind' => 'plugin', 'slug' => '-', 'answers' => []];   // while the scratch site is installed
    return $subject ??= is_file($file) ? json_decode((string) file_get_contents($file), true) : $none;
}

/** The package's folder, with a slash at its end. */
function folder(): string
{
    ['kind' => $kind, 'slug' => $slug] = subject();
    return "/usr/share/wpaas/wordpress/wp-content/{$kind}s/$slug/";
}

/** A file below the package's folder as the package names it, or null for others. eval()'d code counts. */
function own(string $file): ?string
{
    $folder = folder();
    if (!str_starts_with($file, $folder)) {
        return null;
    }
    return preg_replace('/\(\d+\) : .*$/', '', substr($file, strlen($folder)));
}

/**
 * The innermost line of the package that led here, or null where none did.
 *
 * @return array{file: string, line: int}|null
 */
function caller(): ?array
{
    foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, 60) as $frame) {
        $file = own($frame['file'] ?? '');
        if ($file !== null) {
            return ['file' => $file, 'line' => (int) ($frame['line'] ?? 1)];
        }
    }
    return null;
}

/** A path as the report shows it: folders that everybody knows by name. */
function shown(string $path): string
{
    $names = [folder() => '{package}/', '/usr/share/wpaas/wordpress/' => '{wordpress}/', '/tmp/' => '{temp}/',
        's3://uploads/' => '{uploads}/'];
    foreach ($names as $folder => $name) {
        if (str_starts_with($path, $folder)) {
            return $name . substr($path, strlen($folder));
        }
    }
    return $path;
}
