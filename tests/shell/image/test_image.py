"""A webhead that is installed, healthy and read-only, as visitors and Swarm see it."""

from webheads import Webhead


def test_the_front_page_is_whole_and_shows_the_live_settings(webhead: Webhead) -> None:
    page = webhead.get("/")
    assert page.status_code == 200
    assert page.text.rstrip().endswith("</html>")
    assert "<title>Chess &amp; club" in page.text
