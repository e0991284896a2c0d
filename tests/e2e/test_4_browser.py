"""An author and a visitor in headless Chromium: log in by the link, publish, see it logged out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from demo.author import picture
from demo.browser import Visitor, chromium
from demo.stage import Stage
from demo.steps import FIRST_SITES

pytestmark = pytest.mark.e2e
SITE = FIRST_SITES[0]
TITLE = "An evening of endgames"
TEXT = "Bring a board if you have one."
WIDTH = 480


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_post_with_a_picture_is_published_and_seen_logged_out(
    stage: Stage, browser: Browser
) -> None:
    stage.until_live(SITE, 120)
    address = f"http://{stage.host(SITE)}:{stage.port}"
    author = Visitor(browser, address)
    author.log_in(stage.wpaas("site", "login", SITE).strip())
    post = author.publish(TITLE, TEXT, "endgame.png", picture(WIDTH, 300))
    assert author.troubles == []

    visitor = Visitor(browser, address)
    visitor.open(post.removeprefix(address))
    assert visitor.page.url.startswith(address + "/")
    assert visitor.page.locator("#wpadminbar").count() == 0
    assert visitor.page.get_by_role("heading", name=TITLE, level=1).is_visible()
    assert visitor.page.get_by_text(TEXT).is_visible()
    pictures = visitor.pictures()
    assert list(pictures.values()) == [WIDTH]
    assert all(url.startswith(address + "/") for url in pictures)
    visitor.open("/")
    assert visitor.page.get_by_role("link", name=TITLE).first.is_visible()
    assert visitor.troubles == []
    assert visitor.foreign == set()


def test_a_login_link_works_once(stage: Stage, browser: Browser) -> None:
    link = stage.wpaas("site", "login", SITE).strip()
    address = f"http://{stage.host(SITE)}:{stage.port}"
    Visitor(browser, address).log_in(link)
    late = Visitor(browser, address)
    late.open(link.removeprefix(address))
    assert "/wp-admin/" not in late.page.url
    assert late.page.locator("#wpadminbar").count() == 0
