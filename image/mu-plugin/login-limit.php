<?php
/**
 * Guessing passwords: five posts to the log-in form in a minute and address, and twenty failures in ten
 * minutes for one account, counted in the site's database, so that all webheads count together. Looked at
 * before any password is hashed. One-time links are no posts, and work all the time.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

const ADDRESS_LIMIT = ['posts' => 5, 'seconds' => 60];
/** The password of a single post, which a whole school may type at once. */
const POST_LIMIT = ['posts' => 30, 'seconds' => 60];
const ACCOUNT_LIMIT = ['posts' => 20, 'seconds' => 600];

/**
 * Who is counted: an address, for IPv6 its network, of which a visitor has all of; kept as a hash that
 * nobody can look up without the site's keys.
 */
function address_key(string $address, string $what = 'address'): string
{
    $bytes = (string) @inet_pton($address);
    return hash_hmac('sha256', "$what " . (strlen($bytes) === 16 ? substr($bytes, 0, 8) : $bytes), AUTH_SALT);
}

/** An account by name or mail address: both count together. One that does not exist counts as well. */
function account_key(string $name): string
{
    $user = get_user_by('login', $name) ?: get_user_by('email', $name);
    return hash_hmac('sha256', 'account ' . ($user ? $user->ID : strtolower($name)), AUTH_SALT);
}

/** Seconds for which an account is closed to passwords; 0 for what is no name. */
function account_wait(mixed $name): int
{
    return is_string($name) && $name !== ''
        ? $GLOBALS['wpdb']->apart(static fn () => login_wait(account_key($name), ACCOUNT_LIMIT, false)) : 0;
}

function create_login_counts(): void
{
    global $wpdb;
    $wpdb->query('CREATE TABLE IF NOT EXISTS wpaas_login_count
        (who CHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY, times TEXT CHARACTER SET ascii NOT NULL,
         changed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY (changed_at)) ENGINE=InnoDB');
}

/**
 * Seconds until the next try is free, 0 for now. `$count`: add this one, if it is free. One row is locked
 * meanwhile, and the database's clock counts, so that the limit is exact whatever the number of webheads.
 *
 * @param array{posts: int, seconds: int} $limit
 */
function login_wait(string $who, array $limit, bool $count): int
{
    global $wpdb;
    $shown = $wpdb->suppress_errors(true);
    $wpdb->query('START TRANSACTION');
    $made = $wpdb->prepare("INSERT INTO wpaas_login_count (who, times) VALUES (%s, '') ON DUPLICATE KEY UPDATE who = who", $who);
    if ($wpdb->query($made) === false) {   // the first time ever
        create_login_counts();
        $wpdb->query('START TRANSACTION');
        $wpdb->query($made);
    }
    $row = $wpdb->get_row($wpdb->prepare(
        'SELECT times, UNIX_TIMESTAMP(NOW(3)) AS now FROM wpaas_login_count WHERE who = %s FOR UPDATE',
        $who
    ));
    $wait = 0;
    if ($row === null) {
        log_line('log-ins are not counted', ['cause' => without_values($wpdb->last_error)]);
    } else {
        [$wait, $times] = login_times($row->times, (float) $row->now, $limit, $count);
        $wpdb->query($wpdb->prepare('UPDATE wpaas_login_count SET times = %s, changed_at = NOW() WHERE who = %s', $times, $who));
    }
    $wpdb->query('COMMIT');
    $wpdb->suppress_errors($shown);
    return $wait;
}

/**
 * The wait, and the times that still count, with this one if it is free.
 *
 * @param array{posts: int, seconds: int} $limit
 * @return array{int, string}
 */
function login_times(string $stored, float $now, array $limit, bool $count): array
{
    $times = array_filter(array_map(floatval(...), explode(' ', $stored)), static fn ($at) => $at > $now - $limit['seconds']);
    $wait = 0;
    if (count($times) >= $limit['posts']) {
        $wait = max(1, (int) ceil(min($times) + $limit['seconds'] - $now));
    } elseif ($count) {
        $times[] = $now;
    }
    return [$wait, implode(' ', array_map(static fn ($at) => sprintf('%.3f', $at), $times))];
}

function refuse_login(int $seconds, string $why): never
{
    header("Retry-After: $seconds");
    nocache_headers();
    wp_die(
        esc_html("$why Please wait $seconds seconds, and then try again. Whoever runs this site's servers can also"
            . ' give you a link that logs you in once.'),
        'Too many attempts',
        ['response' => 429, 'exit' => true, 'back_link' => true]
    );
}

add_action('login_init', static function (): void {
    if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST') {
        return;
    }
    global $wpdb;
    $address = (string) $_SERVER['REMOTE_ADDR'];
    [$key, $limit, $attempts] = ($_REQUEST['action'] ?? '') === 'postpass'
        ? [address_key($address, 'post'), POST_LIMIT, 'thirty passwords']
        : [address_key($address), ADDRESS_LIMIT, 'five log-in attempts'];
    $wait = $wpdb->apart(static fn () => login_wait($key, $limit, true));
    if ($wait > 0) {
        refuse_login($wait, "There were $attempts from your address within a minute.");
    }
    $wait = account_wait(wp_unslash($_POST['log'] ?? null));
    if ($wait > 0) {
        log_line('log-ins refused: too many failures for one account');
        refuse_login($wait, 'There were many failed attempts to log in to this account.');
    }
}, 1);
// Forms of plugins and XML-RPC, which come by no login_init: there the answer is no, whatever the password.
add_filter('authenticate', static function (mixed $user, mixed $name): mixed {
    $wait = account_wait($name);
    return $wait === 0 ? $user : new \WP_Error(
        'too_many_attempts',
        esc_html("There were many failed attempts to log in to this account. Please wait $wait seconds.")
    );
}, PHP_INT_MAX, 2);
add_action('wp_login_failed', static function (mixed $name): void {
    if (is_string($name) && $name !== '') {
        login_wait(account_key($name), ACCOUNT_LIMIT, true);
    }
});
