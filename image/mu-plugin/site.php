<?php
/**
 * Loads the platform's part of WordPress, one file a concern.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** The configuration that wp-config.php has read. */
function configuration(): Configuration
{
    return $GLOBALS['wpaas_configuration'];
}

require __DIR__ . '/packages.php';
require __DIR__ . '/live.php';
require __DIR__ . '/live-admin.php';
require __DIR__ . '/hardening.php';
require __DIR__ . '/outgoing.php';
require __DIR__ . '/events.php';
require __DIR__ . '/mail.php';
require __DIR__ . '/login.php';
require __DIR__ . '/login-limit.php';
require __DIR__ . '/sessions.php';
require __DIR__ . '/s3/client.php';
require __DIR__ . '/s3/stream.php';
require __DIR__ . '/uploads.php';
