"""A webhead as visitors, authors and the edge see it."""

import json
import re

import pytest
import requests
from webheads import Stand, Webhead, docker, eventually


def test_the_front_page_is_whole_and_shows_the_live_settings(webhead: Webhead) -> None:
    page = webhead.get("/")
    assert page.status_code == 200
    assert page.text.rstrip().endswith("</html>")
    assert "<title>Chess &amp; club" in page.text


def test_live_settings_change_at_once_and_without_a_restart(stand: Stand) -> None:
    site = stand.site("live-club")
    stand.job(site)
    webhead = stand.webhead(site)
    webhead.until_healthy()
    before = webhead.state()["StartedAt"]
    stand.live(site, title='The "new" <club>', locale="de_DE", timezone="Asia/Tokyo",
               theme="twentytwentyfive", plugins=["not-there"])  # fmt: skip
    page = webhead.get("/").text
    assert "<title>The &quot;new&quot; &lt;club&gt;" in page
    assert 'lang="de-DE"' in page
    assert "Suchergebnisse" in webhead.get("/?s=nothing-like-it").text
    assert webhead.php("echo wp_timezone_string();") == "Asia/Tokyo"
    assert webhead.state()["StartedAt"] == before
    # A plugin that this image lacks: this webhead goes on without it, a new one does not start.
    second = stand.webhead(site)
    eventually("nginx answers", 10, lambda: second.health_code() != 0)
    status, answer = second.health()
    assert (status, answer["cause"]) == (503, "not in this image: plugin not-there")
    assert "plugin not in this image" in "\n".join(webhead.logs())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/wp-login.php", 200), ("/feed/", 200), ("/wp-json/", 200), ("/robots.txt", 200),
        ("/wp-includes/css/dist/block-library/style.min.css", 200),
        ("/wp-content/themes/twentytwentyfive/style.css", 200),
        ("/wp-admin", 301), ("/wp-admin/", 302),
        ("/nothing-here", 404), ("/wp-admin/install.php", 404), ("/wp-admin/setup-config.php", 404),
        ("/wp-admin/upgrade.php", 404), ("/wp-admin/includes/file.php", 404), ("/wp-cron.php", 404),
        ("/wp-config.php", 404), ("/wp-includes/version.php", 404), ("/wp-content/db-error.php", 404),
        ("/wp-content/mu-plugins/site.php", 404), ("/index.php/x.php", 404), ("/a.PHP", 404),
        ("/wp-content/plugins/index.php", 404), ("/wp-content/uploads/a.php", 404),
        ("/wp-content/uploads/", 404), ("/wp-content/uploads/%2e%2e/%2e%2e/wp-config.php", 404),
        ("/.git/config", 404), ("/.env", 404), ("/dump.sql", 404), ("/readme.html", 404),
        ("/license.txt", 404), ("/wp-trackback.php", 404), ("/wp-signup.php", 404),
        ("/-/status", 404), ("/-/missing", 404), ("/xmlrpc.php", 403),
    ],
)  # fmt: skip
def test_only_the_entry_points_answer(webhead: Webhead, path: str, status: int) -> None:
    prepared = requests.Request(
        "GET", webhead.address + path, headers={"Host": webhead.site.host}
    ).prepare()
    prepared.url = webhead.address + path  # not normalized
    assert (
        requests.Session().send(prepared, allow_redirects=False, timeout=20).status_code == status
    )


def test_unknown_hosts_are_refused_and_aliases_lead_home(webhead: Webhead) -> None:
    refused = webhead.get("/", host="other.localhost")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (421, "no-store")
    led = webhead.get("/a/b?c=d&e=%20f", host="chess.example")
    assert led.status_code == 301
    assert led.headers["Location"] == "http://chess-club.localhost:8080/a/b?c=d&e=%20f"
    assert webhead.get("/", host="CHESS-CLUB.localhost").status_code == 200


def test_what_a_client_claims_changes_nothing(webhead: Webhead) -> None:
    claims = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil",
    }
    page = webhead.get("/", host="chess-club.localhost:9999", headers=claims)
    assert page.status_code == 200
    assert "evil" not in page.text
    assert ":9999" not in page.text.replace("radius:9999px", "")


@pytest.mark.parametrize(
    "path", ["/", "/wp-login.php", "/nothing", "/wp-includes/css/buttons.min.css", "/.env"]
)
def test_every_answer_has_the_security_headers_and_names_no_version(
    webhead: Webhead, path: str
) -> None:
    answer = webhead.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Server"] == "nginx"
    assert "X-Powered-By" not in answer.headers
    source = json.loads(
        docker("exec", webhead.name, "cat", "/usr/share/wpaas/wordpress-source.json")
    )
    assert "=" + source["version"] not in answer.text
    assert "generator" not in answer.text


def test_a_login_link_opens_the_admin_once(webhead: Webhead) -> None:
    path = "/wp-login.php?wpaas-login=" + webhead.token()
    first = webhead.get(path)
    assert first.status_code == 302
    assert first.headers["Location"].endswith("/wp-admin/")
    assert webhead.get("/wp-admin/").status_code == 200
    webhead.session.cookies.clear()
    second = webhead.get(path)
    assert second.status_code == 403
    assert "logged_in" not in str(second.headers)
    assert webhead.get("/wp-login.php?wpaas-login[]=x").status_code == 403


def test_a_login_opened_on_one_webhead_holds_on_the_other(webhead: Webhead, stand: Stand) -> None:
    webhead.log_in()
    other = stand.webhead(webhead.site)
    other.until_healthy()
    other.session.cookies.update(webhead.session.cookies)
    assert other.get("/wp-admin/").status_code == 200


def test_the_admin_explains_what_the_repository_holds(webhead: Webhead) -> None:
    webhead.log_in()
    for page in ("options-general.php", "plugins.php", "themes.php"):
        shown = webhead.get(f"/wp-admin/{page}")
        assert "sites/chess-club.json" in shown.text, page
    for page in ("plugin-install.php", "update-core.php", "plugin-editor.php", "theme-install.php"):
        assert webhead.get(f"/wp-admin/{page}").status_code in {403, 500}, page
    form = webhead.get("/wp-admin/options-general.php").text
    nonce = re.search(r'name="_wpnonce" value="([0-9a-f]+)"', form)
    assert nonce is not None
    sent = {
        "option_page": "general",
        "action": "update",
        "_wpnonce": nonce[1],
        "blogname": "Mine now",
    }
    webhead.ask("POST", "/wp-admin/options.php", data=sent)
    assert "<title>Chess &amp; club" in webhead.get("/").text
    assert (
        webhead.php(
            "echo $wpdb->get_var(\"SELECT COUNT(*) FROM wp_options WHERE option_value = 'Mine now'\");"
        )
        == "0"
    )


def test_guessing_passwords_is_slowed_and_looking_at_the_form_is_not(webhead: Webhead) -> None:
    webhead.session.cookies.clear()
    guess = {"log": "admin", "pwd": "wrong"}
    codes = [webhead.ask("POST", "/wp-login.php", data=guess).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    assert webhead.get("/wp-login.php").status_code == 200


def test_wordpress_reaches_itself_and_asks_nobody_else(webhead: Webhead) -> None:
    said = webhead.php(
        "echo wp_remote_retrieve_response_code(wp_remote_get(home_url('/'))), ' ';"
        "$start = microtime(true); echo get_class(wp_remote_get('https://api.wordpress.org/x')), ' ';"
        "echo microtime(true) - $start < 0.1 ? 'at once' : 'slow';"
    )
    assert said == "200 WP_Error at once"


def test_a_site_behind_https_knows_so_from_its_own_config(stand: Stand) -> None:
    site = stand.site("tls-club")
    site.config["home"] = "https://tls-club.localhost"
    stand.job(site)
    webhead = stand.webhead(site)
    webhead.until_healthy()  # a redirect to itself would not be
    page = webhead.get("/", host="tls-club.localhost")
    assert page.status_code == 200
    assert "http://tls-club" not in page.text
    form = webhead.get("/wp-login.php", host="tls-club.localhost")
    assert "secure" in form.headers["Set-Cookie"]
    assert (
        webhead.php("echo wp_remote_retrieve_response_code(wp_remote_get(home_url('/')));") == "200"
    )
