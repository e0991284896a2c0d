<?php
/**
 * Which requests are one transaction (lib/whole-database.php): all that a browser sends with an edge's id.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

(static function (): void {
    global $wpdb;
    $request = $_SERVER['HTTP_X_REQUEST_ID'] ?? '';
    if (PHP_SAPI === 'cli' || in_array($_SERVER['REQUEST_METHOD'] ?? 'GET', ['GET', 'HEAD', 'OPTIONS'], true)
        || preg_match('/^[0-9a-f-]{16,36}$/D', $request) !== 1) {
        return;
    }
    ob_start();   // no byte of the answer leaves before the commit
    $wpdb->whole($request);
    add_action('shutdown', $wpdb->commit(...), PHP_INT_MIN);
    // A mail and an order to another service cannot be taken back, and may take their time. Last of all, for
    // what somebody else answers instead, or the platform refuses, does not leave.
    add_filter('pre_wp_mail', static function (mixed $done) use ($wpdb): mixed {
        if ($done === null && configuration()->mail() !== null) {
            $wpdb->settle();
        }
        return $done;
    }, PHP_INT_MAX);
    add_filter('pre_http_request', static function (mixed $answer, array $arguments) use ($wpdb): mixed {
        if ($answer === false && !in_array(strtoupper((string) ($arguments['method'] ?? 'GET')), ['GET', 'HEAD'], true)) {
            $wpdb->settle();
        }
        return $answer;
    }, PHP_INT_MAX, 2);
})();
