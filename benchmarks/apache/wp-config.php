<?php
/**
 * The peer's configuration: the database and the keys of the webhead that it is compared with.
 *
 * @license GPL-2.0-or-later
 */

$config = json_decode(file_get_contents('/etc/wpaas/config.json'), true);
$secret = json_decode(file_get_contents('/etc/wpaas/secret.json'), true);
define('DB_HOST', $config['database']['host']);
define('DB_NAME', $config['database']['name']);
define('DB_USER', $config['database']['user']);
define('DB_PASSWORD', $secret['database_password']);
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach ($secret['salts'] as $name => $value) {
    define($name, $value);
}
define('WP_HOME', $config['home']);
define('WP_SITEURL', $config['home']);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
