"""A site's language and its time. Behaviours 53 and 54."""

from collections.abc import Iterator

import pytest
import requests
from lab import Lab, own_site
from newest_wordpress import Release

from demo.engines import sql
from demo.stage import Stage

pytestmark = pytest.mark.e2e
ZONE, OFFSET = "Asia/Kolkata", "+05:30"


@pytest.fixture(scope="module")
def german(stage: Stage) -> Iterator[Lab]:
    """A site in German, far from UTC."""
    with own_site(stage, "sprach-lab", title="Sprache", locale="de_DE", timezone=ZONE) as made:
        yield made


def page(site: Lab, path: str) -> str:
    """A page as a visitor's browser gets it."""
    answer = requests.get(site.stage.http + path, headers={"Host": site.host}, timeout=30)
    assert answer.status_code == 200
    return answer.text


def test_53_a_german_site_is_german_from_its_first_page_without_a_download(
    german: Lab, release: Release | None
) -> None:
    # Webheads have no way out, so what is German came with the image; each is asked its first log-in form.
    for webhead in german.webheads():
        form = german.ask(webhead, "/wp-login.php").text
        if (
            release is None
        ):  # a release has no language packs (ARCHITECTURE.md), Debian's WordPress has
            assert "Passwort vergessen?" in form
            assert "Anmelden" in form
        assert 'lang="de-DE"' in form
    front = page(german, "/")
    assert 'lang="de-DE"' in front


def test_54_the_sites_clock_is_its_own_and_everything_below_is_utc(german: Lab) -> None:
    for webhead in german.webheads():
        assert german.php(webhead, "echo wp_date('P'), ' ', date('P');") == f"{OFFSET} +00:00"
        assert german.run(webhead, "date", "+%z").strip() == "+0000"
    assert (
        sql(german.stage.engines, "SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP())").strip() == "00:00:00"
    )
    number = german.php(
        german.webheads()[0],
        "echo wp_insert_post(['post_title' => 'x', 'post_status' => 'publish', 'post_content' => 'x']);",
    )
    dates = f"SELECT TIMEDIFF(post_date, post_date_gmt) FROM wp_posts WHERE ID = {int(number)}"
    assert german.sql(dates).strip() == "05:30:00"
