<?php
/**
 * Walks through a scratch site: reads steps from standard input, sends each, waits for its record,
 * and prints what was seen. Runs beside the watcher, out of the package's reach.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

require __DIR__ . '/snapshot.php';

const RECORD_SECONDS = 3.0;
const ANSWER_SECONDS = 24;
const MOST_HOSTS = 40;
const MOST_BYTES = 8_000_000;
/** How long a front page may be broken on a webhead that starts before it is taken for the package's doing. */
const BROKEN_SECONDS = 4.0;

ini_set('display_errors', 'stderr');   // standard output is the answer

/** One HTTP request as `who`; what came back. @param array<string, mixed> $step */
function ask(array $plan, array $step, int $id): array
{
    $jar = "/tmp/jar-{$plan['run']}-" . ($step['who'] ?? 'visitor');
    $wanted = http_build_query(['id' => $id] + ($step['wanted'] ?? []));
    $headers = ["Host: {$plan['host']}", "X-Wpaas-Vetting: $wanted"];
    if (isset($step['nonce'])) {
        $headers[] = "X-WP-Nonce: {$step['nonce']}";
    }
    $said = $body = '';
    $request = curl_init("http://{$plan['webhead']}:8080{$step['path']}");
    curl_setopt_array($request, [
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_COOKIEFILE => $jar,
        CURLOPT_COOKIEJAR => $jar,
        CURLOPT_WRITEFUNCTION => static function ($request, string $part) use (&$body): int {
            $body .= $part;
            return strlen($body) < MOST_BYTES ? strlen($part) : 0;   // a page without an end is broken
        },
        CURLOPT_TIMEOUT => ANSWER_SECONDS,
        CURLOPT_CONNECTTIMEOUT => 3,
        CURLOPT_USERAGENT => $step['agent'] ?? 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        CURLOPT_HEADERFUNCTION => static function ($request, string $line) use (&$said): int {
            if (stripos($line, 'x-wpaas-said:') === 0) {
                $said = rawurldecode(trim(substr($line, 13)));
            }
            return strlen($line);
        },
    ] + (isset($step['form']) ? [CURLOPT_POSTFIELDS => http_build_query($step['form'])] : []));
    curl_exec($request);
    $answer = [
        'status' => curl_getinfo($request, CURLINFO_RESPONSE_CODE),
        'whole' => str_contains($body, '</html>'),
        'type' => (string) curl_getinfo($request, CURLINFO_CONTENT_TYPE),
        'to' => (string) curl_getinfo($request, CURLINFO_REDIRECT_URL),
        'hosts' => hosts($body),
        'said' => $said,
        'says' => curl_getinfo($request, CURLINFO_RESPONSE_CODE) >= 500 ? words_of($body) : '',
        'body' => empty($step['keep']) ? '' : substr($body, 0, 4000),
    ];
    unset($request);   // writes the cookies
    return $answer;
}

/** What a page says to who reads it, in short. */
function words_of(string $page): string
{
    $text = strip_tags((string) preg_replace('~<(head|script|style)\b.*?</\1>~is', ' ', substr($page, 0, 20_000)));
    return substr(trim((string) preg_replace('/\s+/', ' ', html_entity_decode($text))), 0, 200);
}

/** Hosts to which a page leads or from which it loads. @return list<string> */
function hosts(string $page): array
{
    preg_match_all('~\b(href|src|action|data-src)\s*=\s*["\']?(?:https?:)?//([a-z0-9.-]+)~i', $page, $found, PREG_SET_ORDER);
    $hosts = array_map(static fn ($match) => strtolower($match[2]), $found);
    return array_slice(array_values(array_unique($hosts)), 0, MOST_HOSTS);
}

/** Lines that came since `from`, up to the record with this id. @return array{list<array>, ?array, int} */
function seen(string $file, int $from, int $id): array
{
    $end = microtime(true) + RECORD_SECONDS;
    do {
        clearstatcache();
        $text = is_file($file) ? (string) file_get_contents($file, offset: $from) : '';
        $lines = array_map(static fn ($line) => json_decode($line, true), array_filter(explode("\n", $text)));
        foreach ($lines as $line) {
            if ((int) ($line['id'] ?? 0) === $id) {
                return [$lines, $line, $from + strlen($text)];
            }
        }
        usleep(3_000);
    } while (microtime(true) < $end);
    return [$lines, null, $from + strlen($text)];
}

/**
 * Until the webhead says that it is healthy, or that nothing but its front page is amiss: that may be
 * the package's doing, and is then to be seen.
 */
function wait_for(array $plan, float $seconds): bool
{
    $end = microtime(true) + $seconds;
    $broken = null;
    do {
        $request = curl_init("http://{$plan['webhead']}:8080/healthz");
        curl_setopt_array($request, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 15, CURLOPT_CONNECTTIMEOUT => 2]);
        $told = json_decode((string) curl_exec($request), true);
        if (curl_getinfo($request, CURLINFO_RESPONSE_CODE) === 200) {
            return true;
        }
        $broken = str_starts_with((string) ($told['cause'] ?? ''), 'the front page') ? $broken ?? microtime(true) : null;
        if ($broken !== null && microtime(true) - $broken > BROKEN_SECONDS) {
            return true;
        }
        usleep(50_000);
    } while (microtime(true) < $end);
    return false;
}

$plan = json_decode((string) stream_get_contents(STDIN), true, 32, JSON_THROW_ON_ERROR);
$answers = [];
if ($plan['wait_s'] > 0 && !wait_for($plan, (float) $plan['wait_s'])) {
    fwrite(STDERR, "the webhead does not become healthy\n");
    exit(1);
}
$file = '/tmp/seen/' . gethostbyname($plan['webhead']);
$at = is_file($file) ? (int) filesize($file) : 0;
$database = new mysqli(...$plan['database']);
$id = random_int(1, 1 << 40);
$end = microtime(true) + (float) $plan['part_s'];
foreach ($plan['steps'] as $step) {
    if (isset($step['token'])) {
        give_token($database, $step['token']);
    }
    if (!empty($step['snapshot'])) {
        $answers[] = ['snapshot' => snapshot($database)];
        continue;
    }
    if (!isset($step['path']) || microtime(true) > $end) {
        $answers[] = new stdClass();
        continue;
    }
    $answer = ask($plan, $step, ++$id);
    [$lines, $record, $at] = seen($file, $at, $id);
    if (!empty($step['follow']) && $answer['to'] !== '') {
        $step['path'] = '/' . ltrim((string) preg_replace('~^https?://[^/]*~', '', $answer['to']), '/');
        $answer = ask($plan, $step, ++$id);
        [$more, $record, $at] = seen($file, $at, $id);
        $lines = [...$lines, ...$more];
    }
    $others = array_values(array_filter($lines, static fn ($line) => ($line['id'] ?? null) !== (string) $id));
    $answers[] = $answer + ['record' => $record, 'others' => $others];
}
echo json_encode($answers, JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
