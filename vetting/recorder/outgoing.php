<?php
/**
 * Requests that WordPress sends for the package, answered here where the run wants to see what the
 * package does with an answer; and mails, which go nowhere.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\Vetting;

add_filter('pre_http_request', static function (mixed $answer, array $arguments, string $url): mixed {
    $host = strtolower((string) parse_url($url, PHP_URL_HOST));
    $where = caller();
    if ($where !== null && $host !== '') {
        $method = strtoupper((string) ($arguments['method'] ?? 'GET'));
        Record::add('http', ['how' => 'wordpress', 'host' => $host, 'method' => $method,
            'url' => substr((string) strtok($url, '?'), 0, 200)] + $where);
    }
    $granted = in_array($host, subject()['answers'], true);
    return $answer === false && $granted && isset(Record::$wanted['answers']) ? invented() : $answer;
}, -1000, 3);

/**
 * An answer that says yes to whatever the package may ask it for: every word that its code uses as a
 * key is there, and true.
 *
 * @return array<string, mixed>
 */
function invented(): array
{
    $body = (string) json_encode(array_fill_keys(words(), '1'));
    return ['headers' => ['content-type' => 'application/json'], 'body' => $body,
        'response' => ['code' => 200, 'message' => 'OK'], 'cookies' => [], 'filename' => null];
}

/** @return list<string> short words in quotes, and names of properties, in the package's PHP */
function words(): array
{
    $words = [];
    $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(folder(), \FilesystemIterator::SKIP_DOTS));
    foreach ($files as $file) {
        if (strtolower($file->getExtension()) !== 'php' || $file->getSize() > 500_000 || count($words) > 2000) {
            continue;
        }
        foreach (\PhpToken::tokenize((string) file_get_contents($file->getPathname())) as $token) {
            $word = trim($token->text, '\'"');
            if ($token->is([T_CONSTANT_ENCAPSED_STRING, T_STRING]) && preg_match('/^[A-Za-z_][\w-]{1,31}$/D', $word) === 1) {
                $words[$word] = true;
            }
        }
    }
    return array_map('strval', array_keys($words));
}

add_filter('pre_wp_mail', static function (mixed $sent): mixed {
    $where = caller();
    if ($where !== null) {
        Record::add('mails', $where);
    }
    return $sent ?? true;   // as if it had been sent: there is no mail server here
}, 1000);
