"""The smoke test's job in a real container: good sets pass, and a bad plugin is named."""

import pytest
from webheads import Site, Stand, docker

from reconciler.core.smoke import OPTIONS, Broken, PluginSet, answered, sets_document

CONTENT = "/usr/share/wpaas/wordpress/wp-content/plugins"
GOOD = "add_action('wp_footer', function () {});"
FATAL = "function_that_is_nowhere();"
EXITS = "add_action('template_redirect', function () { echo 'half'; exit; });"
PLUGINS = {
    "alpha": GOOD, "bravo": GOOD, "charlie": GOOD + " define('CHARLIE', 1);", "delta": GOOD,
    "fatal": FATAL, "exits": EXITS,
    "quarrels": "if (defined('CHARLIE')) { throw new Error('not with charlie'); }",
    "addon": "add_action('init', function () { \\Shop\\not_there(); });",
    "shop": "namespace Shop; function not_there() {}",
    "zulu": GOOD,
}  # fmt: skip


def job(
    stand: Stand, site: Site, sets: list[PluginSet], *more: str
) -> tuple[int, tuple[Broken, ...] | None, str]:
    """Exit code, what it found, and its log."""
    (site.folder / "smoke.json").write_bytes(sets_document(sets))
    (site.folder / "smoke.json").chmod(0o444)
    mounts = [f"--volume={site.folder}/smoke.json:/etc/wpaas/smoke.json:ro"]
    for slug, code in PLUGINS.items():
        folder = site.folder / "plugins" / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{slug}.php").write_text(f"<?php\n/* Plugin Name: {slug} */\n{code}\n")
        mounts.append(f"--volume={folder}:{CONTENT}/{slug}:ro")
    stand.live(site)  # as in the database that each job has for itself
    command = ("php", *OPTIONS, "/usr/lib/wpaas/smoke.php")
    made = stand.webhead(site, "--no-healthcheck", *mounts, *more, command=command)
    ended = int(docker("wait", made.name))
    log = "\n".join(made.logs())
    return ended, answered(log, len(sets)), log


@pytest.fixture(scope="module")
def scratch(stand: Stand) -> Site:
    """A site with our tables and nothing else, as the reconciler makes it."""
    site = stand.site("smoke-club")
    stand.live(site)
    return site


def test_sets_that_give_a_page_are_good(stand: Stand, scratch: Site) -> None:
    sets = [PluginSet(()), PluginSet(("alpha", "bravo")), PluginSet((), theme="twentytwentyfive")]
    code, broken, log = job(stand, scratch, sets)
    assert (code, broken) == (0, ()), log


@pytest.mark.parametrize(
    ("plugins", "culprits", "said"),
    [
        (("alpha", "bravo", "charlie", "delta", "fatal", "zulu"), ("fatal",), "function_that_is_nowhere"),
        (("alpha", "exits", "zulu"), ("exits",), "no end"),
        (("alpha", "charlie", "delta", "quarrels", "zulu"), ("quarrels", "charlie"), "not with charlie"),
        (("alpha", "missing"), ("missing",), "not in this image: plugin missing"),
        (("addon", "fatal", "shop"), ("fatal",), "function_that_is_nowhere"),
        (("addon", "alpha"), ("addon",), r"Shop\not_there() in plugins/addon/addon.php"),
    ],
)  # fmt: skip
def test_the_plugin_that_breaks_a_set_is_named(
    stand: Stand, scratch: Site, plugins: tuple[str, ...], culprits: tuple[str, ...], said: str
) -> None:
    bad, good = PluginSet(plugins), PluginSet(("bravo",))
    code, broken, log = job(stand, scratch, [bad, good])
    assert code == 0, log
    assert broken is not None, log
    assert [(one.key, one.plugins) for one in broken] == [(bad.key, culprits)]
    assert said in broken[0].error


def test_a_theme_that_is_not_there_needs_no_plugin(stand: Stand, scratch: Site) -> None:
    _, broken, log = job(stand, scratch, [PluginSet(("alpha",), theme="nowhere")])
    assert broken is not None, log
    assert [one.plugins for one in broken] == [()]


def test_sets_that_one_plugin_breaks_each_name_it(stand: Stand, scratch: Site) -> None:
    sets = [PluginSet(("alpha", "exits")), PluginSet(("bravo",)), PluginSet(("bravo", "exits", "zulu"))]  # fmt: skip
    _, broken, log = job(stand, scratch, sets)
    assert broken is not None, log
    assert [(one.key, one.plugins) for one in broken] == [
        (sets[0].key, ("exits",)), (sets[2].key, ("exits",)),
    ]  # fmt: skip


def test_an_image_whose_webhead_gets_never_healthy_says_why(stand: Stand, scratch: Site) -> None:
    bad = scratch.folder / "nginx.conf"
    bad.write_text("no_such_directive on;\n")
    bad.chmod(0o444)
    mount = f"--volume={bad}:/etc/nginx/nginx.conf:ro"
    code, broken, log = job(stand, scratch, [PluginSet(())], mount)
    assert (code, broken) == (1, None), log
    assert "does not get healthy" in log
    assert "no_such_directive" in log


def test_a_scratch_site_that_cannot_be_installed_is_no_answer(stand: Stand, scratch: Site) -> None:
    bad = scratch.folder / "install.php"
    bad.write_text("<?php exit(1);")
    bad.chmod(0o444)
    mount = f"--volume={bad}:/usr/lib/wpaas/install.php:ro"
    code, broken, log = job(stand, scratch, [PluginSet(())], mount)
    assert (code, broken) == (1, None), log
    assert "cannot be installed" in log
