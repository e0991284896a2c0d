"""The image stage in the whole product: tried before the fleet sees it, with what is in it beside it."""

import json

import pytest
import requests

from demo.engines import docker, inspect, versions
from demo.stage import Stage, wait_until
from demo.steps import FIRST_SITES, allow
from reconciler.core import sbom, smoke
from reconciler.core.image import IMAGE_REPOSITORY
from reconciler.core.names import service_name
from reconciler.shell.registry import Registry
from reconciler.shell.registry_artefacts import attached

pytestmark = pytest.mark.e2e
SITE, OTHER = FIRST_SITES
ALLOWLIST = "plugins-allowlist.yaml"
HEADER = "<?php\n/*\n * Plugin Name: {0}\n * Version: 1.0.0\n */\n"
GOOD = "add_action('wp_footer', function () {{ echo '{0} is here'; }});\n"


@pytest.fixture
def settled(stage: Stage) -> Stage:
    stage.until_applied(stage.repository.head(), 120)
    return stage


def done(stage: Stage, what: str) -> list[str]:
    """Operations of the journal that say `what` and went well."""
    text = (stage.context.state / "journal.jsonl").read_text()
    entries = [json.loads(line) for line in text.splitlines()]
    return [e["operation"] for e in entries if what in e.get("operation", "") and not e["error"]]


def write_plugin(stage: Stage, slug: str, code: str) -> None:
    stage.repository.write(f"image/plugins/{slug}/{slug}.php", HEADER.format(slug) + code)


def use(stage: Stage, site: str, *slugs: str) -> None:
    def change(document: dict[str, object]) -> None:
        document["plugins"] = [{"slug": slug} for slug in slugs]

    stage.repository.change_site(site, change)


def specs(engine: str) -> list[object]:
    """The specs of both sites' services."""
    return [inspect(engine, "service", service_name(site))["Spec"] for site in FIRST_SITES]


def error_of(stage: Stage, revision: str) -> str:
    """What the daemon says stopped a commit, once it has got there."""
    status = stage.status()
    revisions = status.get("revisions")
    attempted = isinstance(revisions, dict) and revisions.get("attempted") == revision
    return str(status["error"]) if attempted and status.get("stage") == "image" else ""


def test_a_plugin_that_breaks_pages_never_reaches_a_site(settled: Stage) -> None:
    engine = settled.context.engines[0]
    kept = (settled.repository.clone / ALLOWLIST).read_text()
    for slug, code in (
        ("quiet-one", GOOD.format("quiet-one")),
        ("breaks-pages", "no_such_function();\n"),
    ):
        write_plugin(settled, slug, code)
        allow(settled, slug)
    use(settled, SITE, "breaks-pages", "quiet-one")
    before = (versions(engine).keys(), specs(engine))
    owned = [f"--label={key}={value}" for key, value in smoke.labels().items()]
    docker(engine, "config", "create", *owned, "left-by-a-killed-loop", __file__)
    bad = settled.repository.commit("A plugin that breaks pages")
    error = wait_until("the image is refused", lambda: error_of(settled, bad), 120)
    assert "plugin breaks-pages" in error
    assert "no_such_function" in error
    assert SITE in error
    assert settled.is_up(SITE)
    # Not the services' versions: Swarm writes to them itself when it ends a roll-out of before.
    assert (versions(engine).keys(), specs(engine)) == before
    # Without it, the same commit's other plugin goes live, tried with what is left.
    settled.repository.write(ALLOWLIST, kept)
    settled.repository.remove(["image/plugins/breaks-pages/breaks-pages.php"])
    allow(settled, "quiet-one")
    use(settled, SITE, "quiet-one")
    good = settled.repository.commit("Without it")
    settled.until_applied(good, 180)
    assert "quiet-one is here" in settled.page(SITE)


def test_a_commit_that_changes_no_plugin_is_tried_with_nothing(settled: Stage) -> None:
    before = len(done(settled, ": run smoke "))
    settled.repository.change_site(OTHER, lambda document: document.update(tagline="Tried before"))
    settled.until_applied(settled.repository.commit("A tagline"), 60)
    assert len(done(settled, ": run smoke ")) == before


def test_a_set_that_breaks_on_a_good_image_holds_its_site_alone(settled: Stage) -> None:
    code = "if (defined('FIRST_HALF')) { throw new Error('together'); } define('FIRST_HALF', 1);\n"
    for slug in ("half-one", "half-two"):
        write_plugin(settled, slug, code)
        allow(settled, slug)
    settled.until_applied(settled.repository.commit("Two that quarrel, and nobody uses"), 180)
    before = (settled.repository.clone / f"sites/{SITE}.json").read_text()
    use(settled, SITE, "half-one", "half-two")
    settled.repository.change_site(OTHER, lambda document: document.update(title="Goes on alone"))
    bad = settled.repository.commit("Both at once")
    error = wait_until("the site is held", lambda: error_of(settled, bad), 60)
    assert "plugin half-two together with half-one" in error
    wait_until("the other goes on", lambda: "Goes on alone" in settled.page(OTHER), 30)
    assert settled.is_up(SITE)
    settled.repository.write(f"sites/{SITE}.json", before)
    settled.until_applied(settled.repository.commit("Put it back"), 60)


def test_the_image_that_runs_has_its_sbom_beside_it(settled: Stage) -> None:
    digest = settled.webheads(SITE)[0].image.partition("@")[2]
    registry = Registry(f"http://{settled.context.registry}")
    data = attached(registry, IMAGE_REPOSITORY, digest, sbom.MEDIA_TYPE)
    registry.close()
    assert data is not None
    names = {component["name"] for component in json.loads(data)["components"]}
    assert {"nginx", "php", "wordpress", "libc6", "quiet-one"} <= names


def test_images_that_nobody_needs_have_left_the_registry(settled: Stage) -> None:
    address = f"http://{settled.context.registry}"
    registry = Registry(address)
    tags = requests.get(f"{address}/v2/{IMAGE_REPOSITORY}/tags/list", timeout=10).json()["tags"]
    held = {registry.digest(IMAGE_REPOSITORY, tag) for tag in tags}
    registry.close()
    history = json.loads((settled.context.state / "images.json").read_text())["images"]
    kept = {made["digest"] for made in history}
    removed = {
        line.partition("@")[2].partition(",")[0] for line in done(settled, ": delete image ")
    }
    assert sum(made["healthy"] for made in history) == 3
    assert {webhead.image.partition("@")[2] for webhead in settled.webheads(SITE)} <= kept <= held
    assert removed - kept, "the image with the bad plugin was nobody's"
    assert not (removed - kept) & held
