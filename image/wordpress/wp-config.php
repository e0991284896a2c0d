<?php
/**
 * The same for every site and never edited: all that differs is in /etc/wpaas.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

require_once '/usr/lib/wpaas/configuration.php';

// php-fpm's master forks a child for a connection that finds none idle. Connections that come within a
// millisecond or two are one event to it, or find the child idle that was just forked for another: they
// wait for that one's page, whatever it takes. With this child at work, one more connection, closed at
// once, has the master look again (fpm_pctl_on_socket_accept() in php-src).
if (PHP_SAPI === 'fpm-fcgi') {
    @stream_socket_client(
        'unix:///run/wpaas/php.sock',
        flags: STREAM_CLIENT_CONNECT | STREAM_CLIENT_ASYNC_CONNECT,
    );
}

(static function (): void {
    try {
        $site = \Wpaas\Configuration::load();
    } catch (\Wpaas\ConfigurationMissing $missing) {
        \Wpaas\log_line('cannot start', ['cause' => $missing->getMessage()]);
        if (PHP_SAPI !== 'cli') {
            http_response_code(503);
        }
        exit(1);
    }
    $GLOBALS['wpaas_configuration'] = $site;
    require_once '/usr/lib/wpaas/errors.php';
    define('WP_HOME', $site->text('home'));
    define('WP_SITEURL', $site->text('home'));
    define('FORCE_SSL_ADMIN', $site->home()[0] === 'https');
    define('DB_HOST', $site->text('database.host') . ':' . $site->number('database.port'));
    if ($site->on('database.tls')) {
        // WordPress names no authority: openssl.cafile does (prepare.php, and the install job's options).
        define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
    }
    define('DB_NAME', $site->text('database.name'));
    define('DB_USER', $site->text('database.user'));
    define('DB_PASSWORD', $site->secret('database_password'));
    foreach (\Wpaas\Configuration::SALTS as $name) {
        define($name, $site->salt($name));
    }
    $egress = $site->egress();
    if ($egress !== null) {
        define('WP_PROXY_HOST', $egress[0]);
        define('WP_PROXY_PORT', (string) $egress[1]);
        if ($egress[2] !== null) {
            define('WP_PROXY_USERNAME', $site->text('site'));
            define('WP_PROXY_PASSWORD', $egress[2]);
        }
        define('WP_PROXY_BYPASS_HOSTS', 'localhost, 127.0.0.1');
    }
})();

// The edge gives a visitor's page up after 3.7 s and asks another webhead. A database that takes
// connections and says nothing ends the page before, as 503, and leaves the child free.
if (PHP_SAPI !== 'cli' && in_array($_SERVER['REQUEST_METHOD'] ?? '', ['GET', 'HEAD'], true)
    && preg_match('#^/(wp-admin/|wp-json/|wp-cron\.php)#', $_SERVER['REQUEST_URI'] ?? '') === 0
    && preg_match('/wordpress_logged_in_/', $_SERVER['HTTP_COOKIE'] ?? '') === 0) {
    ini_set('mysqlnd.net_read_timeout', '3');
    define('WPAAS_STATEMENT_MS', 2500);   // else WordPress connects anew and asks again, and both go on
}
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

// Code is the image's: nothing is installed, edited or updated from inside.
define('DISALLOW_FILE_MODS', true);
define('DISALLOW_FILE_EDIT', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('FS_METHOD', 'direct');
define('DISABLE_WP_CRON', true);
define('WP_CACHE', false);
define('CONCATENATE_SCRIPTS', false);
define('WP_DEBUG', false);
define('WP_DEBUG_LOG', false);
define('WP_DEBUG_DISPLAY', false);
define('WP_ENVIRONMENT_TYPE', 'production');
define('WP_DEFAULT_THEME', 'twentytwentyfive');
define('WP_MEMORY_LIMIT', '128M');
define('WP_MAX_MEMORY_LIMIT', '256M');
define('WP_POST_REVISIONS', 20);
define('EMPTY_TRASH_DAYS', 30);
// Each edit of a picture gets a name of its own: browsers keep the old one.
define('IMAGE_EDIT_OVERWRITE', false);
define('WP_TEMP_DIR', '/tmp');

if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
