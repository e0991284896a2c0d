<?php
/**
 * Plugin Name: Event List
 * Description: A list of events on any page.
 * Version: 3.9
 * Author: Nils B.
 * Author URI: https://nils.example/
 * License: GPL-2.0-or-later
 * Requires PHP: 8.1
 * Requires at least: 6.6
 * Text Domain: event-list
 */
defined('ABSPATH') || exit;
require __DIR__ . '/inc/list.php';
