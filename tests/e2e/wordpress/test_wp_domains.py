"""A site's addresses: which it answers, where the others lead, and what moves with them. Behaviour 41."""

from collections.abc import Iterator

import pytest
import requests
from lab import Lab, own_site

from demo.stage import Stage, wait_until

pytestmark = pytest.mark.e2e
ALIAS, NEW_HOME = "lab-alias.example", "lab-home.example"


@pytest.fixture(scope="module")
def moving(stage: Stage) -> Iterator[Lab]:
    """A site that has the platform's name at first."""
    with own_site(stage, "moving-lab") as made:
        yield made


def ask(lab: Lab, host: str, path: str = "/") -> requests.Response:
    address = lab.stage.http + path
    return requests.get(address, headers={"Host": host}, timeout=20, allow_redirects=False)


def test_41_an_unknown_host_is_refused_and_nothing_loops(moving: Lab) -> None:
    assert ask(moving, "nobody.example").status_code == 421
    # The scheme is the platform's, whatever a visitor claims: nothing leads to https and back.
    claimed = {"Host": moving.host, "X-Forwarded-Proto": "https"}
    for headers in ({"Host": moving.host}, claimed):
        answer = requests.get(moving.stage.http, headers=headers, timeout=20, allow_redirects=False)
        assert answer.status_code == 200


def redirect(lab: Lab, host: str) -> str | None:
    answer = ask(lab, host, "/a/b?c=d&e=%20f")
    return answer.headers["Location"] if answer.status_code == 301 else None


def test_41_content_follows_the_primary_domain_and_other_names_lead_to_it(moving: Lab) -> None:
    moving.until_live()
    author, old = moving.author(), f"http://{moving.host}"
    post = author.publish("We move", f'<a href="{old}/club">the club</a>')
    moving.php(moving.webheads()[0], f"update_option('lab', ['deep' => ['{old}/x']]);")
    moving.change(domains={"primary": NEW_HOME, "aliases": [ALIAS]})
    port = moving.stage.port
    home = f"{NEW_HOME}:{port}"
    wait_until("the new home answers", lambda: ask(moving, home).status_code == 200, 120)
    page = wait_until("the post is there", lambda: found(moving, home, post), 60)
    assert f'href="http://{home}/club"' in page
    assert old not in page
    value = "SELECT option_value FROM wp_options WHERE option_name = 'lab'"
    new = f"http://{home}/x"
    assert moving.sql(value) == f'a:1:{{s:4:"deep";a:1:{{i:0;s:{len(new)}:"{new}";}}}}'
    # The old name goes on as one: the platform gives each site its own.
    for name in (ALIAS, moving.host):
        # An edge may still keep a page of the name until the site's purge, after its roll-out.
        there = wait_until(f"{name} leads home", lambda name=name: redirect(moving, name), 60)  # type: ignore[misc]
        assert there == f"http://{home}/a/b?c=d&e=%20f"


def found(lab: Lab, host: str, path: str) -> str:
    answer = ask(lab, host, path)
    return answer.text if answer.status_code == 200 else ""
