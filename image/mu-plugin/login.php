<?php
/**
 * One-time log-in: `wp-login.php?wpaas-login=TOKEN`. The reconciler stores the token's hash; the row
 * is deleted by the request that uses it, so that of two requests one wins.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Whether the token was good; it is not any more. */
function spend_token(string $token): bool
{
    global $wpdb;
    $shown = $wpdb->suppress_errors(true);   // no such table until the first link was made
    $deleted = $wpdb->query($wpdb->prepare(
        'DELETE FROM wpaas_login WHERE token_hash = %s AND expires_at > UTC_TIMESTAMP()',
        hash('sha256', $token)
    ));
    $wpdb->suppress_errors($shown);
    return $deleted === 1;
}

function first_administrator(): ?\WP_User
{
    $found = get_users(['role' => 'administrator', 'orderby' => 'ID', 'order' => 'ASC', 'number' => 1]);
    return $found[0] ?? null;
}

add_action('login_init', static function (): void {
    $token = $_GET['wpaas-login'] ?? null;
    if ($token === null) {
        return;
    }
    nocache_headers();
    $user = is_string($token) && spend_token($token) ? first_administrator() : null;
    if ($user === null) {
        wp_die(
            'This link has been used already, or its time is over. Ask for a new one: <code>wpaas site login '
            . esc_html(configuration()->text('site')) . '</code>',
            'Link not valid',
            ['response' => 403, 'exit' => true]
        );
    }
    wp_set_current_user($user->ID);
    wp_set_auth_cookie($user->ID);
    do_action('wp_login', $user->user_login, $user);
    log_line('one-time log-in used', ['user' => $user->user_login]);
    wp_safe_redirect(admin_url());
    exit;
});
