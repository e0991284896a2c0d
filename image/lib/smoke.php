<?php
/**
 * The smoke test of a new image: one task of it that installs a scratch site, boots a webhead as init
 * does, and asks it for a page with each set of plugins that some site runs. Where a set gives no whole
 * page, the plugin is found by halving.
 *
 * Its last line is `wpaas-smoke {"broken": […]}`. Exit 0: it said so. Else 1: it could not.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require __DIR__ . '/checks.php';

const INIT_LOG = '/tmp/init.log';
const BOOT_SECONDS = 40;
const PAGE_SECONDS = 20;

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
    $init = proc_open([__DIR__ . '/init'], [1 => $log, 2 => $log], $pipes);
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
    $said = is_string($answer ?? null) ? $answer : '';
    throw new SmokeFailed('a webhead of this image does not get healthy: ' . substr($said . last_fatal(0), 0, 300));
}

/** The last fatal error in what init wrote from an offset on, without the paths above the content. */
function last_fatal(int $offset): string
{
    $text = (string) @file_get_contents(INIT_LOG, offset: min($offset, (int) @filesize(INIT_LOG)));
    preg_match_all('/PHP (?:Fatal|Parse) error:\s*([^\n"\\\\]{1,300})/', $text, $found);
    return str_replace(CODE . '/wp-content/', '', (string) end($found[1]));
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
    clearstatcache();
    $before = (int) @filesize(INIT_LOG);
    $problem = page_problem($configuration, PAGE_SECONDS);
    $fatal = $problem === null ? '' : last_fatal($before);
    return $problem === null || $fatal === '' ? $problem : "$problem: $fatal";
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

/** @return list<array{key: string, error: string, plugins: list<string>}> */
function broken_sets(Configuration $configuration, array $sets): array
{
    $broken = [];
    foreach ($sets as ['key' => $key, 'live' => $live]) {
        $problem = set_problem($configuration, $live, $live['plugins']);
        if ($problem !== null) {
            $breaks = static fn (array $some) => set_problem($configuration, $live, $some) !== null;
            $broken[] = ['key' => $key, 'error' => $problem, 'plugins' => culprits($live['plugins'], $breaks)];
        }
    }
    return $broken;
}

if (realpath((string) ($_SERVER['SCRIPT_FILENAME'] ?? '')) === __FILE__) {
    try {
        $configuration = Configuration::load();
        $wanted = json_decode((string) file_get_contents('/etc/wpaas/smoke.json'), true, 16, JSON_THROW_ON_ERROR);
        install_scratch();
        $init = boot();
        $answer = ['broken' => array_slice(broken_sets($configuration, $wanted['sets']), 0, 20)];
        // Before the webhead stops: nothing that it says comes after.
        fwrite(STDOUT, 'wpaas-smoke ' . json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
        exit(0);
    } catch (SmokeFailed | ConfigurationMissing | \JsonException | \mysqli_sql_exception $failure) {
        log_line('smoke test failed', ['cause' => $failure->getMessage()]);
        exit(1);
    }
}
