<?php
/**
 * The smoke test of a new image: one task of it that installs a scratch site, boots a webhead as init
 * does, and asks it for a page with each set of plugins that some site runs. Where a set gives no whole
 * page, the plugin is found by halving.
 *
 * A line `wpaas-smoke {"key": …, "error": …, "plugins": […]}` for each broken set, and
 * `wpaas-smoke {"tried": COUNT}` at the end. Exit 0: it got there. Else 1: it could not.
 *
 * Needs `-d disable_functions=`: it starts the install job, and then the image's init.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require __DIR__ . '/checks.php';

const INIT_LOG = '/tmp/init.log';
const BOOT_SECONDS = 40;
const PAGE_SECONDS = 10;
/** A page's fatal error comes to init's log through two pipes, a moment after the page. */
const LOG_SECONDS = 1;
const FATAL = '/PHP (?:Fatal|Parse) error:\s*(.{1,300})/';

final class SmokeFailed extends \RuntimeException
{
}

/** @throws SmokeFailed */
function install_scratch(): void
{
    $authorities = (string) ini_get('openssl.cafile');
    $options = $authorities === '' ? [] : ['-d', "openssl.cafile=$authorities"];
    $job = proc_open([PHP_BINARY, ...$options, __DIR__ . '/install.php'], [2 => STDERR, 1 => STDERR], $pipes);
    if ($job === false || proc_close($job) !== 0) {
        throw new SmokeFailed('the scratch site cannot be installed');
    }
}

/** Starts nginx and php-fpm as a webhead does, and waits until it is healthy. @throws SmokeFailed */
function boot(): mixed
{
    $log = ['file', INIT_LOG, 'w'];
    $init = proc_open([__DIR__ . '/init', '--no-events'], [1 => $log, 2 => $log], $pipes);
    $deadline = microtime(true) + BOOT_SECONDS;
    while (microtime(true) < $deadline && proc_get_status($init)['running']) {
        $request = curl_init('http://127.0.0.1:8080/healthz');
        curl_setopt_array($request, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10, CURLOPT_PROXY => '']);
        $answer = curl_exec($request);
        if (curl_getinfo($request, CURLINFO_RESPONSE_CODE) === 200) {
            return $init;
        }
        usleep(50_000);
    }
    $said = (string) ($answer ?? '') . last_fatal(0);
    if ($said === '') {
        $said = implode('; ', array_slice(messages(0), -3));
    }
    throw new SmokeFailed('a webhead of this image does not get healthy: ' . substr($said, 0, 300));
}

/** What init wrote from an offset on. @return list<string> */
function messages(int $offset): array
{
    $lines = explode("\n", (string) @file_get_contents(INIT_LOG, offset: $offset));
    $messages = array_map(static fn ($line) => json_decode($line, true)['message'] ?? null, $lines);
    return array_values(array_filter($messages, is_string(...)));
}

/** The last fatal error that init wrote from an offset on, without the paths above the content. */
function last_fatal(int $offset): string
{
    $fatal = '';
    foreach (messages($offset) as $message) {
        if (preg_match(FATAL, $message, $found) === 1) {
            $fatal = $found[1];
        }
    }
    return str_replace(CODE . '/wp-content/', '', $fatal);
}

/**
 * Why there is no whole page with these plugins, or null.
 *
 * @param array<string, mixed> $live
 * @param list<string> $plugins
 */
function set_problem(Configuration $configuration, array $live, array $plugins): ?string
{
    $database = connect($configuration, 5, 30);
    $document = json_encode(['plugins' => $plugins] + $live, JSON_THROW_ON_ERROR);
    $database->execute_query('REPLACE INTO wpaas_live (id, document) VALUES (1, ?)', [$document]);
    $missing = missing_packages($database);
    $database->close();
    if ($missing !== []) {
        return 'not in this image: ' . implode(', ', $missing);
    }
    return page_problem($configuration, PAGE_SECONDS);
}

/** The problem, and the fatal error behind it if there is one. */
function explained(string $problem, int $offset): string
{
    $deadline = microtime(true) + LOG_SECONDS;
    while (($fatal = last_fatal($offset)) === '' && microtime(true) < $deadline) {
        usleep(50_000);
    }
    return $fatal === '' ? $problem : "$problem: $fatal";
}

/**
 * The plugin that breaks a set, and after it those that it needs for that; none where the page is
 * broken without any.
 *
 * @param list<string> $plugins
 * @param callable(list<string>): bool $breaks
 * @return list<string>
 */
function culprits(array $plugins, callable $breaks): array
{
    if ($breaks([])) {
        return [];
    }
    $good = 0;
    $bad = count($plugins);
    while ($bad - $good > 1) {
        $middle = intdiv($good + $bad, 2);
        $breaks(array_slice($plugins, 0, $middle)) ? $bad = $middle : $good = $middle;
    }
    $last = $plugins[$bad - 1];
    // A plugin that lacks another one breaks pages too, and that one may only come after it.
    $repairs = static fn (string $one) => !$breaks(without($plugins, $one));
    if (!$repairs($last)) {
        foreach (without($plugins, $last) as $other) {
            if ($repairs($other)) {
                return [$other];
            }
        }
    }
    if ($bad === 1 || $breaks([$last])) {
        return [$last];
    }
    // Not alone: one of those before it is needed too.
    $before = array_slice($plugins, 0, $bad - 1);
    foreach ($before as $other) {
        if ($breaks([$other, $last])) {
            return [$last, $other];
        }
    }
    return [$last, ...$before];
}

/**
 * @param list<string> $plugins
 * @return list<string>
 */
function without(array $plugins, string $one): array
{
    return array_values(array_diff($plugins, [$one]));
}

/**
 * Each set that gives no whole page.
 *
 * @param list<array{key: string, live: array<string, mixed>}> $sets
 * @return iterable<array{key: string, error: string, plugins: list<string>}>
 */
function broken_sets(Configuration $configuration, array $sets): iterable
{
    $found = [];
    foreach ($sets as ['key' => $key, 'live' => $live]) {
        clearstatcache();
        $offset = (int) @filesize(INIT_LOG);
        $problem = set_problem($configuration, $live, $live['plugins']);
        if ($problem !== null) {
            $error = explained($problem, $offset);
            $breaks = static fn (array $some) => set_problem($configuration, $live, $some) !== null;
            // Mostly it is one that broke a set before; a plugin that hangs costs 10 s a page.
            $again = array_filter($found, static fn ($one) => in_array($one, $live['plugins'], true)
                && !$breaks(without($live['plugins'], $one)));
            $plugins = $again === [] ? culprits($live['plugins'], $breaks) : [reset($again)];
            $found = array_unique([...$found, ...array_slice($plugins, 0, 1)]);
            yield ['key' => $key, 'error' => $error, 'plugins' => $plugins];
        }
    }
}

/** One line of the answer, at once: the reader may run out of time before the end. */
function say(array $what): void
{
    fwrite(STDOUT, 'wpaas-smoke ' . json_encode($what, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
}

if (realpath((string) ($_SERVER['SCRIPT_FILENAME'] ?? '')) === __FILE__) {
    try {
        $configuration = Configuration::load();
        $wanted = json_decode((string) file_get_contents('/etc/wpaas/smoke.json'), true, 16, JSON_THROW_ON_ERROR);
        install_scratch();
        $init = boot();
        foreach (broken_sets($configuration, $wanted['sets']) as $broken) {
            say($broken);
        }
        say(['tried' => count($wanted['sets'])]);
        exit(0);
    } catch (SmokeFailed | ConfigurationMissing | \JsonException | \mysqli_sql_exception $failure) {
        log_line('smoke test failed', ['cause' => $failure->getMessage()]);
        exit(1);
    }
}
