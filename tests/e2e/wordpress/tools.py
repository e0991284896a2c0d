"""A plugin of the suite's own: pages that take their time or have no end, on a webhead that runs as any other."""

from lab import Lab, new_site

from demo.stage import Stage
from demo.steps import allow

SLUG = "lab-tools"
MAIN = """\
<?php
/**
 * Plugin Name: Lab tools
 * Version: 1.0.0
 * License: GPL-2.0-or-later
 * Requires PHP: 8.1
 * Requires at least: 6.0
 * Author: The tests
 */
defined('ABSPATH') || exit;
add_action('init', static function (): void {
    if (isset($_GET['lab-nap'])) {
        touch('/tmp/nap-' . getmypid());
        sleep((int) $_GET['lab-nap']);
    }
});
add_action('wp_footer', static function (): void {
    if (get_option('lab_cut')) {
        exit;
    }
});
"""


def allow_tools(stage: Stage) -> None:
    """Have the plugin in the allowlist, without a commit."""
    allowlist = (stage.repository.clone / "plugins-allowlist.yaml").read_text(encoding="utf-8")
    if f"slug: {SLUG}\n" not in allowlist:
        stage.repository.write(f"image/plugins/{SLUG}/{SLUG}.php", MAIN)
        allow(stage, SLUG)


def site_with_tools(stage: Stage, name: str) -> Lab:
    """A live site that uses the plugin."""
    allow_tools(stage)
    return new_site(stage, name, plugins=[{"slug": SLUG}])
