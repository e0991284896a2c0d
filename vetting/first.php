<?php
/**
 * Plugin Name: Recorder
 * Description: Tells a vetting run what each request did. Not part of the product's image.
 * License: GPL-2.0-or-later
 */

declare(strict_types=1);

// By its name before the platform's own must-use plugin, so that nothing runs unseen.
require '/usr/lib/wpaas-vetting/recorder/recorder.php';
