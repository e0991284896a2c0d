<?php
/**
 * Mail through the platform's relay. Every mail comes from the site's own address at the platform's domain,
 * whatever a plugin writes: the relay may send for no other. An address that a plugin wanted is where answers
 * go. A mail that is not taken is a line in the log, never an error in a page.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Seconds for the connection and each answer of the relay: somebody waits for the page. */
const RELAY_SECONDS = 5;
/** A text without mail addresses. */
const ADDRESS = '/[^\s<>:,;"\']+@[^\s<>:,;"\']+/';

/** Points WordPress's mailer to the relay. */
function use_relay(\PHPMailer\PHPMailer\PHPMailer $mailer, array $relay): void
{
    $mailer->isSMTP();
    $mailer->Host = $relay['host'];
    $mailer->Port = $relay['port'];
    $mailer->SMTPSecure = ['starttls' => 'tls', 'tls' => 'ssl', 'none' => ''][$relay['tls']];
    $mailer->SMTPAutoTLS = false;
    $mailer->SMTPAuth = $relay['user'] !== '';
    $mailer->Username = $relay['user'];
    $mailer->Password = $relay['password'];
    $mailer->Timeout = RELAY_SECONDS;
    $mailer->getSMTPInstance()->Timelimit = RELAY_SECONDS;
    $mailer->SMTPOptions = ['ssl' => ['cafile' => configuration()->authorities('mail')]];
    $mailer->Hostname = configuration()->home()[1];
    $mailer->XMailer = ' ';   // else its version
}

/** Makes the site the sender. */
function sign_as_site(\PHPMailer\PHPMailer\PHPMailer $mailer, string $from): void
{
    $wanted = $mailer->From;
    $plain = str_starts_with($wanted, 'wordpress@');   // WordPress's own for want of another
    if (!$plain && $wanted !== $from && $mailer->getReplyToAddresses() === []) {
        $mailer->addReplyTo($wanted, $mailer->FromName);
    }
    $name = $mailer->FromName === 'WordPress' ? wp_specialchars_decode((string) get_option('blogname'), ENT_QUOTES) : $mailer->FromName;
    $mailer->setFrom($from, $name, false);
    $mailer->Sender = $from;
}

add_filter('pre_wp_mail', static function (mixed $done): mixed {
    if ($done !== null || configuration()->mail() !== null) {
        return $done;
    }
    log_line('mail not sent', ['cause' => 'platform.yaml names no relay']);
    return false;
}, PHP_INT_MAX);
// Last, so that no plugin changes the sender or the way after us.
add_action('phpmailer_init', static function (\PHPMailer\PHPMailer\PHPMailer $mailer): void {
    $relay = configuration()->mail();
    if ($relay !== null) {
        use_relay($mailer, $relay);
        sign_as_site($mailer, $relay['from']);
    }
}, PHP_INT_MAX);
add_action('wp_mail_failed', static function (\WP_Error $error): void {
    log_line('mail not sent', ['cause' => preg_replace(ADDRESS, '?', $error->get_error_message())]);
});
add_action('admin_notices', static function (): void {
    $pages = ['dashboard', 'users', 'user', 'options-general'];
    if (configuration()->mail() === null && in_array(get_current_screen()->id ?? '', $pages, true)
        && current_user_can('manage_options')) {
        echo '<div class="notice notice-warning"><p>This site sends no mail: password links, notices of comments and',
            ' the like do not arrive. Whoever runs the servers can name a mail relay in <code>platform.yaml</code>.</p></div>';
    }
});
