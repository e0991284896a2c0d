<?php
/**
 * WordPress's connection to the database, which tells of errors and slow queries without their values.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

require_once '/usr/lib/wpaas/timed-database.php';

$wpdb = new \Wpaas\TimedDatabase(DB_USER, DB_PASSWORD, DB_NAME, DB_HOST);
