"""WordPress of Debian's stable release and the newest that Debian has: each by itself, and from one to the other.

The subset of the image's tests that a version could break: front page, admin, a post, an upload with its
sizes, the log. All other tests run with the first one alone.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from newest_wordpress import build, newest
from webheads import IMAGE, Stand, Webhead, docker

from demo.author import picture

NEWEST = IMAGE + "-newest"
VERSION = "SELECT option_value FROM wp_options WHERE option_name = 'db_version'"


@pytest.fixture(scope="module")
def images(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Version → image, the older one first."""
    folder: Path = tmp_path_factory.mktemp("newest")
    with newest(folder) as release:
        build(release, NEWEST)
        older = json.loads(
            docker("run", "--rm", IMAGE, "cat", "/usr/share/wpaas/wordpress-source.json")
        )["version"]
        assert older.split(".")[:2] < release.version.split(".")[:2], (older, release.version)
        try:
            yield {older: IMAGE, release.version: NEWEST}
        finally:
            docker("rmi", NEWEST, check=False)


def works(webhead: Webhead) -> str:
    """Front page, admin, a post and an upload; returns the post's path."""
    front = webhead.get("/")
    assert (front.status_code, "</html>" in front.text) == (200, True)
    webhead.log_in()
    for path in ("/wp-admin/", "/wp-admin/edit.php", "/wp-admin/upload.php", "/wp-admin/plugins.php",
                 "/wp-admin/options-general.php", "/wp-admin/post-new.php", "/wp-admin/site-health.php"):  # fmt: skip
        page = webhead.get(path)
        assert page.status_code == 200, path
        assert "wpbody" in page.text, path
    assert webhead.get("/wp-admin/upgrade.php").status_code == 404
    assert webhead.get("/wp-admin/install.php").status_code == 404
    made = webhead.upload("gradient.png", picture(900, 600))
    sizes = made["media_details"]["sizes"]
    assert {"medium", "large", "thumbnail"} <= sizes.keys() | {"large"}
    for size in sizes.values():
        assert webhead.get("/" + size["source_url"].split("/", 3)[3]).status_code == 200
    post = webhead.ask(
        "POST", "/wp-json/wp/v2/posts", headers=webhead.rest(),
        json={"title": "Written here", "content": "On this version.", "status": "publish"},
    )  # fmt: skip
    assert post.status_code == 201, post.text
    link: str = post.json()["link"]
    path = "/" + link.split("/", 3)[3]
    assert "On this version." in webhead.get(path).text
    for line in webhead.logs():
        said = json.loads(line)
        assert "PHP " not in str(said.get("message", "")), line
    return path


@pytest.mark.parametrize("which", [0, 1])
def test_a_new_site_works_with_either_version(
    stand: Stand, images: dict[str, str], which: int
) -> None:
    version, image = list(images.items())[which]
    site = stand.site(f"either-{which}")
    code, log = stand.job(site, image)
    assert code == 0, log
    webhead = stand.webhead(site, image=image)
    webhead.until_healthy()
    works(webhead)
    assert version not in webhead.get("/").text
    assert webhead.php("echo wp_get_wp_version();") == version


def test_20_a_site_goes_to_the_newer_version_and_back_with_its_posts(
    stand: Stand, images: dict[str, str]
) -> None:
    older, newer = images.values()
    site = stand.site("there-and-back")
    database = site.config["database"]["name"]
    assert stand.job(site, older)[0] == 0
    old = stand.webhead(site, image=older)
    old.until_healthy()
    posts = [works(old)]
    before = stand.sql(VERSION, database)
    # Ahead of the tables: it never gets healthy, and writes nothing even where it is asked.
    ahead = stand.webhead(site, image=newer)
    admin(ahead)
    assert f"schema {before}" in ahead.health()[1]["cause"]
    assert stand.sql(VERSION, database) == before
    code, log = stand.job(site, newer)
    assert code == 0, log
    after = stand.sql(VERSION, database)
    assert int(after) > int(before)
    ahead.until_healthy()
    posts.append(works(ahead))
    # Behind them: the webhead of before goes on serving, and so does one that starts now.
    admin(old)
    posts.append(works(old))
    back = stand.webhead(site, image=older)
    back.until_healthy()
    posts.append(works(back))
    code, log = stand.job(site, older)
    assert code == 0, log
    assert stand.sql(VERSION, database) == after, "the older code put the tables' version back"
    for webhead in (old, ahead, back):
        assert [webhead.get(path).status_code for path in posts] == [200] * 4


def admin(webhead: Webhead) -> None:
    """The admin opens and sends nobody to the page that upgrades."""
    webhead.log_in()
    page = webhead.get("/wp-admin/")
    assert page.status_code == 200
    assert "wpadminbar" in page.text
    assert "upgrade.php" not in page.text
