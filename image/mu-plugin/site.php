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

require_once __DIR__ . '/whole.php';
require_once __DIR__ . '/packages.php';
require_once __DIR__ . '/live.php';
require_once __DIR__ . '/live-admin.php';
require_once __DIR__ . '/hardening.php';
require_once __DIR__ . '/outgoing.php';
require_once __DIR__ . '/events.php';
require_once __DIR__ . '/mail.php';
require_once __DIR__ . '/login.php';
require_once __DIR__ . '/cache.php';
require_once __DIR__ . '/cache-keys.php';
require_once __DIR__ . '/cache-changes.php';
require_once __DIR__ . '/login-limit.php';
require_once __DIR__ . '/sessions.php';
require_once __DIR__ . '/s3/client.php';
require_once __DIR__ . '/s3/stream.php';
require_once __DIR__ . '/uploads.php';
require_once __DIR__ . '/uploads-checks.php';
require_once __DIR__ . '/uploads-names.php';
require_once __DIR__ . '/uploads-private.php';
