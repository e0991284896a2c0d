"""Two versions of one plugin in an image: a site runs the one that it pins, or the default."""

from pathlib import Path

from webheads import Stand

CONTENT = "/usr/share/wpaas/wordpress/wp-content/plugins"


def plugin(folder: Path, name: str, text: str, main: str = "lists.php") -> str:
    """A mount of a plugin's folder, whose output is `text` and the address of a file of its own."""
    folder.joinpath(name).mkdir(mode=0o755)
    code = f"<?php\n/* Plugin Name: Lists */\nadd_action('wp_footer', function () {{ echo '{text} ' . plugins_url('a.css', __FILE__); }});\n"
    (folder / name / main).write_text(code)
    (folder / name / "a.css").write_text(f"/* {text} */")
    return f"--volume={folder / name}:{CONTENT}/{name}:ro"


def test_a_site_runs_the_version_that_it_pins(stand: Stand) -> None:
    site = stand.site("pins-club")
    assert stand.job(site)[0] == 0
    default = plugin(site.folder, "lists", "lists-two", main="main.php")
    pinned = plugin(site.folder, "lists@1.0", "lists-one")
    stand.live(site, title="Pins", plugins=["lists"], plugin_versions={"lists": "1.0"})
    webhead = stand.webhead(site, default, pinned)
    webhead.until_healthy()
    page = webhead.get("/").text
    assert "lists-one" in page
    assert "lists-two" not in page
    asset = "/wp-content/plugins/lists@1.0/a.css"
    assert asset in page
    assert webhead.get(asset).text == "/* lists-one */"

    stand.live(site, title="Pins", plugins=["lists"])
    page = webhead.get("/").text
    assert "lists-two" in page
    assert "lists-one" not in page
    assert "/wp-content/plugins/lists/a.css" in page

    # A version without a folder of its own is the default; what is no version opens nothing.
    for version in ("2.0", "../lists@1.0", "1.0/../../lists", 3, None):
        stand.live(site, title="Pins", plugins=["lists"], plugin_versions={"lists": version})
        assert "lists-two" in webhead.get("/").text, version
