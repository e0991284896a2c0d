"""What a webhead writes: JSON lines that name the request and the plugin, and nothing of a visitor."""

import json
from pathlib import Path
from typing import Any

import pytest
from webheads import Stand, Webhead, eventually

NOISY = """\
<?php
/* Plugin Name: Noisy */
add_action('init', function () {
    global $wpdb;
    if (isset($_GET['warn'])) {
        trigger_error('noisy ' . str_repeat('"', (int) $_GET['warn']) . ' end', E_USER_WARNING);
    }
    if (isset($_GET['fatal'])) {
        function_of_nobody($_GET['fatal']);
    }
    if (isset($_GET['query'])) {
        $wpdb->query($wpdb->prepare("SELECT SLEEP(1.1), %s", $_GET['query']));
    }
    if (isset($_GET['broken'])) {
        $wpdb->query($wpdb->prepare("SELECT nothing FROM nowhere WHERE a = %s", $_GET['broken']));
    }
    if (isset($_GET['silent'])) {
        echo @file_get_contents('/tmp/nowhere'), (error_get_last()['message'] ?? 'none');
        exit;
    }
});
"""
NAME = "trace-0123456789"
SECRETS = ("203.0.113.77", "visitor-word", "cookie-word", "agent-word")


@pytest.fixture(scope="module")
def noisy(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Webhead:
    """A webhead of a site with a plugin that errs."""
    site = stand.site("noisy-club")
    code, log = stand.job(site)
    assert code == 0, log
    stand.live(site, title="Noisy", locale="en_US", timezone="UTC", theme="twentytwentyfive",
               plugins=["noisy"])  # fmt: skip
    folder = tmp_path_factory.mktemp("noisy")
    folder.chmod(0o755)
    (folder / "noisy.php").write_text(NOISY)
    made = stand.webhead(
        site, f"--volume={folder}:/usr/share/wpaas/wordpress/wp-content/plugins/noisy:ro"
    )
    made.until_healthy()
    return made


def asked(webhead: Webhead, path: str, name: str, **more: Any) -> list[dict[str, Any]]:
    """The lines of one request, its access line last."""
    headers = {
        "X-Request-Id": name, "X-Forwarded-For": SECRETS[0], "Cookie": f"a={SECRETS[2]}",
        "User-Agent": SECRETS[3], "Referer": "https://visitor-word.example/?visitor-word",
    }  # fmt: skip
    webhead.ask(more.pop("method", "GET"), path, headers=headers, **more)

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in webhead.logs()]
        return [line for line in found if line.get("request") == name]

    eventually("its access line", 10, lambda: any(one["from"] == "access" for one in lines()))
    return lines()


def test_a_request_has_one_name_from_the_edge_to_php(noisy: Webhead) -> None:
    lines = asked(noisy, "/?warn=1", NAME + "1")
    access = next(line for line in lines if line["from"] == "access")
    assert access["site"] == "noisy-club"
    assert (access["method"], access["path"], access["status"]) == ("GET", "/", 200)
    warning = next(line for line in lines if "noisy" in line.get("message", ""))
    assert warning["message"].startswith("PHP Warning: noisy")
    assert (warning["plugin"], warning["file"]) == ("noisy", "plugins/noisy/noisy.php")
    assert warning["site"] == "noisy-club"


def test_a_name_that_is_none_is_replaced(noisy: Webhead) -> None:
    noisy.get("/wp-login.php", headers={"X-Request-Id": '"} evil'})

    def told() -> list[str]:
        return [line for line in noisy.logs() if '"path":"/wp-login.php"' in line]

    eventually("its access line", 10, lambda: bool(told()))
    assert len(json.loads(told()[-1])["request"]) == 32


def test_eight_kilobytes_stay_one_line(noisy: Webhead) -> None:
    lines = asked(noisy, "/?warn=8000", NAME + "2")
    (told,) = [line for line in lines if "noisy" in line.get("message", "")]
    assert told["message"] == "PHP Warning: noisy " + '"' * 8000 + " end"


def test_a_fatal_error_names_its_plugin_and_is_told_once(noisy: Webhead) -> None:
    lines = asked(noisy, "/?fatal=visitor-word", NAME + "3")
    fatal = [line for line in lines if "Fatal" in line.get("message", "")]
    assert len(fatal) == 1
    assert fatal[0]["plugin"] == "noisy"
    assert "function_of_nobody" in fatal[0]["message"]
    assert "Fatal" not in "".join(line for line in noisy.logs() if NAME not in line)
    assert "noisy" not in noisy.get("/?warn=1").text.replace("noisy-club", "")


def test_a_slow_request_names_its_slowest_query_and_whose_it_is(noisy: Webhead) -> None:
    lines = asked(noisy, "/?query=visitor-word", NAME + "4")
    slow = next(line for line in lines if line.get("message") == "slow request")
    assert slow["ms"] >= 1100
    assert slow["query_ms"] >= 1100
    assert slow["query"] == "SELECT SLEEP(?), ?"
    assert slow["plugin"] == "noisy"
    assert slow["path"] == "/"
    quick = asked(noisy, "/", NAME + "5")
    assert not [line for line in quick if line.get("message") == "slow request"]


def test_a_failed_query_is_told_without_its_values(noisy: Webhead) -> None:
    lines = asked(noisy, "/?broken=visitor-word", NAME + "6")
    failed = next(line for line in lines if line.get("message") == "database error")
    assert failed["query"] == "SELECT nothing FROM nowhere WHERE a = ?"
    assert failed["plugin"] == "noisy"


def test_what_is_silenced_is_not_told_and_php_still_knows_it(noisy: Webhead) -> None:
    answer = noisy.get("/?silent=1", headers={"X-Request-Id": NAME + "7"})
    assert "No such file" in answer.text
    assert not [line for line in noisy.logs() if "No such file" in line]


def test_nothing_of_a_visitor_is_in_any_line(noisy: Webhead, tmp_path: Path) -> None:
    del tmp_path
    asked(noisy, "/?s=visitor-word", NAME + "8")
    asked(noisy, "/wp-login.php?key=visitor-word", NAME + "9", method="POST",
          data={"log": "visitor-word", "pwd": "visitor-word"})  # fmt: skip
    # nginx's own error names who asked and what; too large a body is one.
    noisy.ask("POST", "/?visitor-word", data=b"x" * 30_000_000,
              headers={"X-Forwarded-For": SECRETS[0], "Referer": "http://visitor-word/"})  # fmt: skip
    said = eventually_said(noisy, "too large body")
    assert said["message"].endswith('"POST / HTTP/1.1", host: "noisy-club.localhost:8080"')
    for line in noisy.logs():
        assert isinstance(json.loads(line), dict), line
        for secret in SECRETS:
            assert secret not in line, line


def eventually_said(webhead: Webhead, words: str) -> dict[str, Any]:
    """The line with these words, once it is there."""
    eventually(words, 10, lambda: any(words in line for line in webhead.logs()))
    line: dict[str, Any] = json.loads(next(line for line in webhead.logs() if words in line))
    return line
