"""Who is logged in, who guesses, and who pretends. Behaviours 6, 42 and 47, and PHP's sessions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lab import Lab

from demo.engines import docker

pytestmark = pytest.mark.e2e
FORGED = "203.0.113.200"
OWN = {"Cookie": "a=b"}  # a page of its own: what all get is made for nobody's address


def guess(site: Lab, **headers: str) -> int:
    """Status of one guess through the front."""
    sent = {"log": "nobody", "pwd": "wrong"}
    where = site.stage.http + "/wp-login.php"
    headers = {"Host": site.host, **headers}
    return requests.post(where, data=sent, headers=headers, timeout=30).status_code


def forget(site: Lab) -> None:
    """Nobody has guessed."""
    site.sql("DROP TABLE IF EXISTS wpaas_login_count")


def test_06_whoever_is_logged_in_still_is_after_both_webheads_were_made_again(site: Lab) -> None:
    author = site.author()
    old = site.until_live()
    for webhead in old:
        site.kill(webhead)
    site.stage.until_all_new(site.site, {webhead.id for webhead in old}, 90)
    assert author.is_logged_in()


def test_42_what_a_client_says_of_itself_changes_nothing_that_php_sees(site: Lab) -> None:
    forged = {
        "X-Forwarded-For": FORGED, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example",
        "X-Real-IP": FORGED, "Forwarded": f"for={FORGED};proto=https", "X-Forwarded-Port": "443",
        "Client-IP": FORGED, "CF-Connecting-IP": FORGED, "True-Client-IP": FORGED,
    }  # fmt: skip

    def seen(headers: dict[str, str]) -> dict[str, str]:
        address = site.stage.http + "/?lab-seen=1"
        answer = requests.get(address, headers={"Host": site.host, **OWN, **headers}, timeout=30)
        found: dict[str, str] = answer.json()
        # Differ from one request to the next, whoever asks.
        own = {"REMOTE_PORT", "SERVER_ADDR", "HTTP_X_REQUEST_ID"}
        return {name: value for name, value in found.items() if name not in own and value}

    honest, lied = seen({}), seen(forged)
    assert honest["REMOTE_ADDR"] != "192.0.2.1"
    assert honest == lied
    assert FORGED not in str(lied)
    assert honest["HTTP_HOST"] == site.host


def test_47_the_sixth_post_in_a_minute_is_refused_by_all_and_the_form_still_shown(
    site: Lab,
) -> None:
    forget(site)
    codes = [guess(site) for _ in range(6)]
    assert codes == [200] * 5 + [429]
    form = requests.get(site.stage.http + "/wp-login.php", headers={"Host": site.host}, timeout=30)
    assert form.status_code == 200
    assert "user_pass" in form.text
    assert guess(site, **{"X-Forwarded-For": FORGED}) == 429, "another address cannot be claimed"
    forget(site)
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _n: guess(site), range(16)))
    assert sorted(many) == [200] * 5 + [429] * 11
    forget(site)


def test_a_session_of_php_lives_on_after_its_webhead_died(site: Lab) -> None:
    first, second = site.until_live()
    begun = site.ask(first, "/?lab-session=1")
    cookie = {"Cookie": begun.headers["set-cookie"].partition(";")[0]}
    assert "no-store" in begun.headers["cache-control"]
    site.kill(first)
    assert '"count":2' in site.ask(second, "/?lab-session=1", headers=cookie).text
    site.until_live()
    for webhead in site.webheads():
        assert "set-cookie" not in site.ask(webhead, "/?lab-session=1", headers=cookie).headers
    assert docker(site.stage.engines[second.node], "logs", second.id)
