<?php
/**
 * HTTP that WordPress sends. To the site itself it goes to the nginx beside it: a webhead may not be
 * able to reach its own public address. To WordPress.org nothing goes: nothing there is of use to a
 * site whose code comes with the image. The rest takes the platform's proxy (wp-config.php).
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

add_filter('pre_http_request', static function (mixed $answer, array $arguments, string $url): mixed {
    $host = strtolower((string) parse_url($url, PHP_URL_HOST));
    if ($host === 'wordpress.org' || str_ends_with($host, '.wordpress.org')) {
        return new \WP_Error('http_request_not_executed', 'This platform does not ask WordPress.org.');
    }
    $home = configuration()->text('home');
    if ($answer !== false || !str_starts_with("$url/", "$home/")) {
        return $answer;
    }
    $arguments['headers'] = (array) ($arguments['headers'] ?? []);
    $arguments['headers']['Host'] = configuration()->home()[1];
    $arguments['reject_unsafe_urls'] = false;
    $path = substr($url, strlen($home));
    // Where Site Health asks whether the site reaches itself. No visit starts events here, so that
    // door is closed; the front page tells as much.
    $path = preg_match('~^/wp-cron\.php(?:\?|$)~', $path) === 1 ? '/' : $path;
    return wp_remote_request('http://127.0.0.1:8080' . $path, $arguments);
}, 10, 3);
