<?php
/**
 * Plugin Name: Site platform
 * Description: Settings from the fleet repository, uploads in the object store, one-time log-in.
 * License: GPL-2.0-or-later
 */

declare(strict_types=1);

// Before any plugin: they ask for the upload folder as early as they like.
require '/usr/lib/wpaas/mu-plugin/site.php';
