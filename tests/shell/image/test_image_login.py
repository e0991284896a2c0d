"""Guessed passwords and PHP's sessions, on two webheads of one site that count and remember together."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from webheads import Stand, Webhead, docker

DATABASE = "site_login_club"
VISITS = """\
<?php
/* Plugin Name: Visits */
add_action('init', function () {
    if (isset($_GET['visit'])) {
        session_start();
        $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
        if ($_GET['visit'] === 'end') {
            session_destroy();
        }
        usleep(50000);
        exit((string) $_SESSION['visits']);
    }
});
"""


@pytest.fixture(scope="module")
def pair(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> tuple[Webhead, Webhead]:
    """Two webheads of one site with a plugin that starts sessions."""
    site = stand.site("login-club")
    code, log = stand.job(site)
    assert code == 0, log
    stand.live(site, title="Log in", locale="en_US", timezone="UTC", theme="twentytwentyfive",
               plugins=["visits"])  # fmt: skip
    folder = tmp_path_factory.mktemp("visits")
    folder.chmod(0o755)
    (folder / "visits.php").write_text(VISITS)
    mount = f"--volume={folder}:/usr/share/wpaas/wordpress/wp-content/plugins/visits:ro"
    first, second = stand.webhead(site, mount), stand.webhead(site, mount)
    first.until_healthy()
    second.until_healthy()
    return first, second


def guess(webhead: Webhead, address: str, name: str = "admin") -> int:
    """Status of one try from an address, as the edge tells it."""
    sent = {"log": name, "pwd": "wrong"}
    headers = {"X-Forwarded-For": address}
    return webhead.ask("POST", "/wp-login.php", data=sent, headers=headers).status_code


def forget(stand: Stand) -> None:
    stand.sql("DROP TABLE IF EXISTS wpaas_login_count", DATABASE)


def test_of_many_posts_at_once_to_two_webheads_five_are_heard(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    forget(stand)
    guess(pair[0], "198.51.100.1")  # makes the table
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: guess(pair[n % 2], "198.51.100.7"), range(16)))
    assert sorted(codes) == [200] * 5 + [429] * 11


def test_who_is_refused_reads_why_and_may_still_look(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    forget(stand)
    codes = [guess(pair[n % 2], "198.51.100.8") for n in range(6)]
    assert codes == [200] * 5 + [429]
    headers = {"X-Forwarded-For": "198.51.100.8"}
    told = pair[1].ask("POST", "/wp-login.php", data={"log": "x", "pwd": "y"}, headers=headers)
    assert "five log-in attempts from your address" in told.text
    assert 1 <= int(told.headers["Retry-After"]) <= 60
    assert "no-store" in told.headers["Cache-Control"]
    assert pair[0].get("/wp-login.php", headers=headers).status_code == 200
    assert guess(pair[0], "198.51.100.9") == 200


def test_the_minute_moves_with_the_attempts(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    forget(stand)
    guess(pair[0], "198.51.100.10")
    ages = ", ".join(f"UNIX_TIMESTAMP(NOW(3)) - {age}" for age in (61, 50, 40, 30, 20))
    stand.sql(f"UPDATE wpaas_login_count SET times = CONCAT_WS(' ', {ages})", DATABASE)
    assert guess(pair[1], "198.51.100.10") == 200
    assert guess(pair[0], "198.51.100.10") == 429


def test_no_address_and_no_name_is_kept(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    guess(pair[0], "198.51.100.11", name="somebody")
    kept = stand.sql("SELECT * FROM wpaas_login_count", DATABASE)
    assert kept
    assert "198.51" not in kept
    assert "somebody" not in kept
    assert all(re.match(r"[0-9a-f]{64}\t", line) for line in kept.splitlines())


def test_many_addresses_that_guess_one_account_are_slowed_and_a_link_still_works(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    forget(stand)
    mail = stand.sql("SELECT user_email FROM wp_users", DATABASE)
    names = ["admin", mail, "ADMIN"]
    codes = [guess(pair[n % 2], f"203.0.113.{n}", names[n % 3]) for n in range(22)]
    assert codes == [200] * 20 + [429] * 2
    assert guess(pair[0], "203.0.113.99", "somebody-else") == 200
    plugins_form = "echo implode(' ', wp_authenticate('{}', 'x')->get_error_codes());"
    assert pair[0].php(plugins_form.format("admin")) == "too_many_attempts"
    assert pair[0].php(plugins_form.format("somebody-else")) == "invalid_username"
    pair[0].session.cookies.clear()
    pair[0].log_in()
    assert pair[0].get("/wp-admin/profile.php").status_code == 200


def test_the_password_of_a_post_is_no_log_in(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    forget(stand)
    headers = {"X-Forwarded-For": "198.51.100.30", "Referer": f"{pair[0].site.config['home']}/"}
    sent = {"post_password": "x"}
    path = "/wp-login.php?action=postpass"
    codes = [pair[0].ask("POST", path, data=sent, headers=headers).status_code for _ in range(31)]
    assert codes == [302] * 30 + [429]
    assert guess(pair[0], "198.51.100.30") == 200


def test_ipv6_counts_by_its_network(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    forget(stand)
    codes = [guess(pair[0], f"2001:db8:1:2::{n:x}") for n in range(1, 7)]
    assert codes == [200] * 5 + [429]
    assert guess(pair[0], "2001:db8:1:3::1") == 200


def test_old_counts_and_sessions_go_when_events_are_looked_for(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    guess(pair[0], "198.51.100.12")
    pair[0].get("/?visit=1")
    stand.sql("UPDATE wpaas_login_count SET changed_at = NOW() - INTERVAL 2 HOUR;"
              "UPDATE wpaas_session SET expires_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND", DATABASE)  # fmt: skip
    pair[0].php("wp_schedule_single_event(time() - 1, 'nothing');")
    docker("exec", pair[0].name, "php", "/usr/lib/wpaas/cron.php")
    left = "SELECT COUNT(*) FROM wpaas_login_count UNION ALL SELECT COUNT(*) FROM wpaas_session"
    assert stand.sql(left, DATABASE).split() == ["0", "0"]


def visit(webhead: Webhead, cookie: str, what: str = "1") -> requests.Response:
    webhead.session.cookies.clear()
    return webhead.get(f"/?visit={what}", headers={"Cookie": cookie} if cookie else {})


def test_a_session_lives_on_whatever_webhead_answers(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    first = visit(pair[0], "")
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    assert "HttpOnly" in first.headers["Set-Cookie"]
    assert "no-store" in first.headers["Cache-Control"]
    assert [visit(pair[n % 2], cookie).text for n in range(1, 4)] == ["2", "3", "4"]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: requests.get(
            pair[n % 2].address + "/?visit=1", timeout=30,
            headers={"Host": f"{pair[0].site.host}:8080", "Cookie": cookie}), range(12)))  # fmt: skip
    assert visit(pair[0], cookie).text == "17", "no visit was lost though they came at once"
    kept = stand.sql("SELECT id_hash FROM wpaas_session", DATABASE)
    assert cookie.partition("=")[2] not in kept
    visit(pair[1], cookie, "end")
    again = visit(pair[0], cookie)
    assert again.text == "1"
    assert cookie not in again.headers["Set-Cookie"]


def test_a_page_without_a_session_makes_none(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    stand.sql("DELETE FROM wpaas_session", DATABASE)
    pair[0].session.cookies.clear()
    assert "Set-Cookie" not in pair[0].get("/").headers
    assert stand.sql("SELECT COUNT(*) FROM wpaas_session", DATABASE) == "0"
