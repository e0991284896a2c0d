<?php
/**
 * WordPress takes its database from here.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

require_once '/usr/lib/wpaas/whole-database.php';

$wpdb = new \Wpaas\WholeDatabase(DB_USER, DB_PASSWORD, DB_NAME, DB_HOST);
