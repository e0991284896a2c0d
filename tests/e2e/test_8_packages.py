"""A plugin's life: fetched, pinned and vetted, live on one site, bumped by one layer, blocked.

The public directory is a double: nothing here reaches the real one. Everything else is the product.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from wordpress_directory import WordPressOrg, serving

from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES
from reconciler.core.image import IMAGE_REPOSITORY
from reconciler.shell.registry import Registry

pytestmark = pytest.mark.e2e
OTHER, SITE = FIRST_SITES
SLUG = "event-list"
SIGNED = ("--reviewer", "kim", "--reason", "four communities asked for a calendar")

PLUGIN = """\
<?php
/**
 * Plugin Name: Event list
 * Version: {version}
 * License: GPL-2.0-or-later
 * Requires PHP: 8.1
 * Requires at least: 6.0
 * Author: Nils B.
 */
defined('ABSPATH') || exit;
add_action('wp_footer', static function (): void {{
    echo '<p>' . esc_html('Events by event-list {version}') . '</p>';
}});
"""
README = "=== Event list ===\nContributors: nilsb\nStable tag: {version}\nTested up to: 6.8\n"


def publish(directory: WordPressOrg, version: str) -> None:
    """A version with its archive; the last one is the newest."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ((f"{SLUG}.php", PLUGIN), ("readme.txt", README)):
            archive.writestr(zipfile.ZipInfo(f"{SLUG}/{name}"), text.format(version=version))
    directory.add("plugin", SLUG, version)
    directory.archives[f"/plugin/{SLUG}.{version}.zip"] = packed.getvalue()


@contextmanager
def led_to(stage: Stage, directory: WordPressOrg) -> Iterator[None]:
    """The cluster's context names the double for as long as the body runs."""
    path = stage.context.state / "context.json"
    before = path.read_text()
    led = {"places": {"wordpress.org": directory.address}, "directory": directory.address}
    stage.stop_daemon()
    path.write_text(json.dumps({**json.loads(before), **led}))
    stage.start_daemon()
    try:
        yield
    finally:
        stage.stop_daemon()
        path.write_text(before)
        stage.start_daemon()


def layers(stage: Stage) -> list[str]:
    """Digests of the layers that the site's webheads run, as the registry lists them."""
    image = wait_until("one image", lambda: _one_image(stage), 60)
    registry = Registry(f"http://{stage.context.registry}")
    manifest = registry.manifest(IMAGE_REPOSITORY, image)
    registry.close()
    return [layer["digest"] for layer in manifest.document["layers"]]


def _one_image(stage: Stage) -> str:
    images = {webhead.image.rpartition("@")[2] for webhead in stage.webheads(SITE)}
    return images.pop() if len(images) == 1 else ""


def show(stage: Stage, version: str) -> None:
    """Wait until the site shows the plugin's line."""
    line = f"Events by event-list {version}"
    wait_until(f"{line} is shown", lambda: line in stage.page(SITE), 120)
    stage.until_live(SITE, 120)


def blocked(allowlist: str) -> str:
    """The allowlist's text, with each version of this plugin blocked and everything else as it was."""
    before, at, entry = allowlist.partition(f"- slug: {SLUG}\n")
    entry, more, after = entry.partition("\n  - slug: ")
    return before + at + entry.replace("state: approved", "state: blocked") + more + after


def test_a_plugin_is_added_vetted_shipped_bumped_and_blocked(stage: Stage) -> None:
    fleet = ("--fleet", str(stage.repository.clone))
    allowlist = stage.repository.clone / "plugins-allowlist.yaml"
    shipped = allowlist.read_text()
    with serving() as directory, led_to(stage, directory):
        publish(directory, "1.0.0")
        report = stage.wpaas("plugin", "add", SLUG, *SIGNED, *fleet)
        assert "VERDICT  pass" in report
        assert (stage.repository.clone / f"reviews/{SLUG}/1.0.0.json").is_file()
        # The demo's own plugin has no review, which verify rightly says; it must say nothing of this.
        assert SLUG not in stage.wpaas("plugin", "verify", *fleet, codes=(0, 1))
        stage.repository.change_site(SITE, lambda doc: doc.update(plugins=[{"slug": SLUG}]))
        stage.until_applied(stage.repository.commit("The tea house shows events"), 120)
        show(stage, "1.0.0")
        assert "event-list" not in stage.page(OTHER)
        before = layers(stage)

        publish(directory, "1.1.0")
        report = stage.wpaas("plugin", "bump", SLUG, *SIGNED, *fleet)
        assert "1.0.0 → 1.1.0" in report
        stage.until_applied(stage.repository.commit("A newer event list"), 120)
        show(stage, "1.1.0")
        after = layers(stage)
        assert len(after) == len(before)
        assert len(set(after) - set(before)) == 1, "a bump ships one layer"

        stage.repository.write(allowlist.name, blocked(allowlist.read_text()))
        found = json.loads(
            stage.wpaas("validate", *fleet[1:], "--format", "json", codes=(1,))
        )["problems"]  # fmt: skip
        named = {(p["code"], p["file"]) for p in found if p["severity"] == "error"}
        assert named == {("plugin-blocked", f"sites/{SITE}.json")}, found

        stage.repository.write(allowlist.name, shipped)
        stage.repository.change_site(SITE, lambda doc: doc.pop("plugins"))
        stage.until_applied(stage.repository.commit("No events any more"), 120)
        wait_until("the line is gone", lambda: "Events by" not in stage.page(SITE), 60)
