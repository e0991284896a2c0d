<?php
/**
 * Plugin Name:       Site Notice
 * Description:       Shows one short notice at the top of every page: the text of the option "site_notice_text", or the tagline.
 * Version:           1.0.0
 * Requires at least: 6.0
 * Requires PHP:      8.1
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       site-notice
 *
 * It writes nothing, asks nobody outside and adds no page to the admin.
 */

declare(strict_types=1);

namespace SiteNotice;

defined('ABSPATH') || exit;

const OPTION = 'site_notice_text';

/** The notice as plain text; empty where there is nothing to say. */
function text(): string
{
    $text = get_option(OPTION, '');
    if (!is_string($text) || trim($text) === '') {
        $text = (string) get_bloginfo('description', 'raw');
    }
    return trim(wp_strip_all_tags($text));
}

/** Print the notice. role="note" makes it a landmark's aside for screen readers, never an alarm. */
function show(): void
{
    $text = text();
    if ($text === '') {
        return;
    }
    printf(
        '<div class="wpaas-site-notice" role="note" aria-label="%s">%s</div>',
        esc_attr__('Notice', 'site-notice'),
        esc_html($text)
    );
}

/** A few rules beside the markup: no file to fetch. Contrast 12:1, well above WCAG's 4.5:1. */
function style(): void
{
    echo '<style id="site-notice">'
        . '.wpaas-site-notice{padding:.75rem 1rem;text-align:center;background:#fff4d6;color:#3a2a00;'
        . 'border-bottom:1px solid #d9b44a}'
        . '</style>' . "\n";
}

add_action('wp_head', __NAMESPACE__ . '\\style');
add_action('wp_body_open', __NAMESPACE__ . '\\show', 5);
