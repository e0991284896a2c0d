<?php
/**
 * Says of a page that the edges may keep it, and under which keys: for answers that every visitor
 * without a cookie gets. What WordPress or a plugin marks itself stays as marked.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Seconds that an edge shows a page without asking; changes are told to it (cache-changes.php). */
const KEPT_S = 300;
const KEPT_SEARCH_S = 60;
const KEPT_MISSING_S = 30;
/** Beyond this much a page is sent as it is made, and not kept. */
const PAGE_BYTES = 1 << 20;
/** Routes of WordPress itself; what a plugin's give depends on things not known here. */
const KEPT_ROUTES = '~^/(wp/v2(/|$)|oembed/1\.0(/|$)|$)~';

/** Whether this answer is the same for everybody who asks. */
function shareable(string $content): bool
{
    return in_array($_SERVER['REQUEST_METHOD'] ?? '', ['GET', 'HEAD'], true)
        && $_COOKIE === []
        && !isset($_SERVER['HTTP_AUTHORIZATION'])
        && !is_user_logged_in()
        && session_status() !== PHP_SESSION_ACTIVE
        && !defined('DONOTCACHEPAGE')
        && kept_s() > 0
        && marks_nothing()
        && is_whole($content);
}

/** Neither a cookie nor a word of another about keeping it is in the answer; core's own for each 404 is none. */
function marks_nothing(): bool
{
    $marks = http_response_code() === 404 ? 'Set-Cookie' : 'Set-Cookie|Cache-Control|Expires|Pragma';
    return preg_grep("/^($marks):/i", headers_list()) === [];
}

/** A page that a fatal error or an exit() cut off can still be a 200. */
function is_whole(string $content): bool
{
    $html = preg_grep('~^Content-Type:\s*text/html~i', headers_list()) !== [];
    $status = http_response_code();
    return !$html || $status === 301 || str_contains(substr($content, -4096), '</html>');
}

/** Seconds for which this answer is kept; 0: not at all. */
function kept_s(): int
{
    $status = http_response_code();
    if (defined('REST_REQUEST')) {
        $route = (string) ($GLOBALS['wp']->query_vars['rest_route'] ?? '');
        return $status === 200 && preg_match(KEPT_ROUTES, untrailingslashit($route)) === 1 ? KEPT_S : 0;
    }
    if (!did_action('template_redirect') || isset($_GET['preview']) || is_customize_preview()
        || (is_singular() && get_queried_object() !== null && post_password_required(get_queried_object()))) {
        return 0;
    }
    return match (true) {
        $status === 404, $status === 410 => KEPT_MISSING_S,
        $status === 301 => KEPT_SEARCH_S,
        $status !== 200 => 0,
        is_search() => KEPT_SEARCH_S,
        default => KEPT_S,
    };
}

/** Sees the whole answer before its headers go out. Called by PHP; `$phase` is a set of bits. */
function finish_page(string $content, int $phase): string
{
    static $over = false;
    if ($over || headers_sent()) {
        return $content;
    }
    $over = true;
    $whole = ($phase & PHP_OUTPUT_HANDLER_FINAL) !== 0;
    // WordPress goes on without what a query did not give: "nothing found", for every visitor until the
    // page is old. As an error it is shown to this one alone, and only where no older page is kept.
    if ($GLOBALS['wpdb']->lacking ?? false) {
        header('HTTP/1.1 500 Internal Server Error', true, 500);   // over WordPress's own status line
        header('Cache-Control: no-store');
        return $content;
    }
    if ($whole && shareable($content)) {
        header_remove('Expires');
        header(sprintf(
            'Cache-Control: public, max-age=0, s-maxage=%d, stale-while-revalidate=60, stale-if-error=86400',
            kept_s()
        ));
        header('Xkey: ' . page_keys());
    }
    return $content;
}

// Every page and REST answer starts here, and nothing of the admin or the log-in does.
add_action('parse_request', static function (): void {
    if (!is_admin() && PHP_SAPI !== 'cli') {
        ob_start(finish_page(...), PAGE_BYTES);
    }
}, 0);
