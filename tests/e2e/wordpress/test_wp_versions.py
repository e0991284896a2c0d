"""A whole fleet goes to the newest WordPress and back, and one site's roll-out fails after its migration."""

from collections.abc import Iterator

import pytest
import requests
from lab import Lab, own_site, word
from newest_wordpress import Release, name_release, newest

from demo.author import Author, picture
from demo.stage import Stage, wait_until

pytestmark = pytest.mark.e2e
SITE = f"ages-{word()[:6]}"  # not known to the databases of an earlier run
WITHIN_S = 400.0
START = "function start_problem(): ?string\n{\n"
SICK = (
    f"    if (Configuration::load()->text('site') === '{SITE}') {{ return 'sick for a test'; }}\n"
)
CHECKS = "image/lib/checks.php"
SCHEMA = "SELECT option_value FROM wp_options WHERE option_name = 'db_version'"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    with newest(tmp_path_factory.mktemp("newest")) as made:
        yield made


@pytest.fixture(scope="module")
def ages(stage: Stage) -> Iterator[Lab]:
    with own_site(stage, SITE) as made:
        yield made


def sick(stage: Stage, what: str) -> None:
    """Write `what` at the start of the check that a webhead must pass before it serves."""
    text = (stage.repository.clone / CHECKS).read_text().replace(SICK, "")
    assert START in text
    stage.repository.write(CHECKS, text.replace(START, START + what))


def write(lab: Lab, author: Author) -> tuple[str, str, str]:
    """A post with a picture, and a visitor's comment on it; returns path, picture's path, comment."""
    made = author.upload(f"{word()}.png", picture())
    image = "/" + str(made["source_url"]).split("/", 3)[3]
    path = author.publish(word(), f'<img src="{image}">')
    said, front = word(), lab.stage.http
    number = lab.sql(
        "SELECT MAX(ID) FROM wp_posts WHERE post_type = 'post' AND post_status = 'publish'"
    )
    form = {"comment_post_ID": number, "author": "Kim", "email": "kim@example.org", "comment": said}

    def taken() -> bool:
        answer = requests.post(
            f"{front}/wp-comments-post.php", data=form, headers={"Host": lab.host}, timeout=30, allow_redirects=False
        )  # fmt: skip
        assert answer.status_code in {302, 429}, answer.text[:300]
        return answer.status_code == 302

    wait_until("the comment is taken", taken, 30)  # WordPress takes one in 15 s of an address
    return path, image, said


def all_there(lab: Lab, written: list[tuple[str, str, str]]) -> None:
    for path, image, said in written:
        assert image in lab.stage.page(lab.site, path), path
        answer = requests.get(lab.stage.http + image, headers={"Host": lab.host}, timeout=30)
        assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
        assert lab.sql(f"SELECT COUNT(*) FROM wp_comments WHERE comment_content = '{said}'") == "1"


def version(lab: Lab) -> set[str]:
    """What every webhead runs, once none of before is left."""
    return {lab.php(webhead, "echo wp_get_wp_version();") for webhead in lab.until_live()}


def failure(lab: Lab) -> str:
    sites = lab.stage.status().get("sites") or {}
    return str(sites.get(lab.site, "")) if isinstance(sites, dict) else ""


def test_a_fleet_goes_there_and_back_and_a_failed_roll_out_loses_nothing(
    ages: Lab, newer: Release
) -> None:
    stage, author = ages.stage, ages.author()
    before, schema = version(ages), ages.sql(SCHEMA)
    written = [write(ages, author)]
    old = {webhead.id for webhead in ages.webheads()}

    name_release(stage.repository, newer)
    sick(stage, SICK)
    stage.repository.commit("The newest WordPress, and one site that does not get healthy with it")
    wait_until("its tables are migrated", lambda: ages.sql(SCHEMA) != schema, WITHIN_S)
    migrated = ages.sql(SCHEMA)
    written.append(write(ages, author))
    said = wait_until("the roll-out failed", lambda: failure(ages), WITHIN_S)
    assert "the new webheads are not healthy" in said
    assert "the code went back, the newer database stays and serves: " in said
    assert "was written to by others since" in said
    assert ages.sql(SCHEMA) == migrated
    # It is tried again before long, so the webheads of before are looked at from outside alone.
    assert old & {webhead.id for webhead in ages.webheads() if webhead.healthy}
    all_there(ages, written)
    assert author.is_logged_in()

    sick(stage, "")
    stage.until_applied(stage.repository.commit("It is well again"), WITHIN_S)
    assert version(ages) == {newer.version}
    written.append(write(ages, author))
    all_there(ages, written)

    name_release(stage.repository, None)
    stage.until_applied(stage.repository.commit("Back to the WordPress of before"), WITHIN_S)
    assert version(ages) == before
    written.append(write(ages, author))
    all_there(ages, written)
    assert ages.sql(SCHEMA) == migrated
    for webhead in ages.until_live():
        page = ages.ask(webhead, "/wp-admin/", headers={"Cookie": author.cookie})
        assert page.status == 200
        assert "upgrade.php" not in page.text
