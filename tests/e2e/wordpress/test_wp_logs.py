"""What a webhead says: JSON lines. Behaviours 50 and 51."""

import secrets
from typing import Any

import pytest
import requests
from lab import Lab

from demo.engines import docker
from demo.stage import wait_until

pytestmark = pytest.mark.e2e
WORD = "seen-by-a-visitor"


def lines_of(site: Lab, path: str) -> tuple[str, list[dict[str, Any]]]:
    """The page at `path` of one webhead, and the lines of this request."""
    name = secrets.token_hex(16)
    webhead = site.webheads()[0]
    page = site.ask(webhead, path, headers={"X-Request-Id": name})

    def told() -> list[dict[str, Any]]:
        found = [line for line in site.logs(webhead) if line.get("request") == name]
        return found if any(line["from"] == "access" for line in found) else []

    return page.text, wait_until("its access line", told, 10)


def test_50_a_warning_is_a_line_with_its_plugin_and_not_in_the_page(site: Lab) -> None:
    page, lines = lines_of(site, "/?lab-warning=3")
    assert "lab warning" not in page
    assert "</html>" in page
    (told,) = [line for line in lines if "lab warning" in line.get("message", "")]
    assert told["message"] == "PHP Warning: lab warning xxx"
    assert told["plugin"] == "lab-probe"
    assert told["site"] == site.site


def test_51_a_message_of_8_kb_stays_whole(site: Lab) -> None:
    _page, lines = lines_of(site, "/?lab-warning=8192")
    (told,) = [line for line in lines if "lab warning" in line.get("message", "")]
    assert told["message"] == "PHP Warning: lab warning " + "x" * 8192


def test_51_every_line_parses_and_tells_nothing_of_a_visitor(site: Lab) -> None:
    headers = {"Host": site.host, "User-Agent": WORD, "Cookie": f"a={WORD}", "Referer": f"http://{WORD}/"}  # fmt: skip
    for path in (f"/?s={WORD}", f"/wp-login.php?key={WORD}", "/nowhere/", "/wp-includes/x.js"):
        requests.get(site.stage.http + path, headers=headers, timeout=30, allow_redirects=False)
    for webhead in site.webheads():
        text = docker(site.stage.engines[webhead.node], "logs", webhead.id)
        assert site.logs(webhead), "every line is JSON"
        assert WORD not in text


def test_51_a_slow_request_names_its_slowest_query(site: Lab) -> None:
    _page, lines = lines_of(site, "/?lab-query=1")
    slow = next(line for line in lines if line.get("message") == "slow request")
    assert slow["query"] == "SELECT SLEEP(?), ?"
    assert slow["plugin"] == "lab-probe"
    assert slow["ms"] >= slow["query_ms"] >= 1200
