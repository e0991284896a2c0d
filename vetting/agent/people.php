<?php
/**
 * Once for each scratch server, after the install: an author beside the administrator, whose password
 * everybody may know, since nothing but the run can reach the site.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

$_SERVER += ['HTTP_HOST' => 'localhost', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
require '/usr/share/wpaas/wordpress/wp-load.php';
$made = wp_insert_user(['user_login' => 'author', 'user_pass' => 'vetting-author', 'role' => 'author',
    'user_email' => 'author@localhost.localdomain']);
if (is_wp_error($made)) {
    fwrite(STDERR, $made->get_error_message() . "\n");
    exit(1);
}
