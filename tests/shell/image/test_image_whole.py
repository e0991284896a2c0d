"""What an author sends happens whole or not at all, whenever its webhead dies."""

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress

import pytest
import requests
from webheads import Stand, Webhead, docker, eventually

PLUGIN = """<?php
/* Plugin Name: Half way */
add_action('init', function () {
    if (($_POST['half'] ?? '') === '') { return; }
    wp_insert_post(['post_title' => $_POST['half'], 'post_status' => 'publish']);
    touch('/tmp/wrote');
    if (isset($_POST['order'])) { wp_remote_post('http://pay.invalid/', ['body' => 'one']); }
    if (isset($_POST['nap'])) { sleep((int) $_POST['nap']); }
    update_option('half_way_end', $_POST['half']);
    echo 'done';
    exit;
});
"""


@pytest.fixture(scope="module")
def two(stand: Stand) -> Callable[[], Webhead]:
    """Starts another webhead of one site, whose plugin writes in two steps."""
    site = stand.site("whole-requests")
    stand.job(site)
    stand.live(site, title="Whole", plugins=["half"])
    plugin = site.folder / "half.php"
    plugin.write_text(PLUGIN)
    mount = f"--volume={plugin}:/usr/share/wpaas/wordpress/wp-content/plugins/half/half.php:ro"

    def start() -> Webhead:
        made = stand.webhead(site, mount)
        made.until_healthy()
        return made

    return start


def send(webhead: Webhead, name: str, request: str, **more: str) -> requests.Response:
    fields = {"half": name, **more}
    return webhead.ask("POST", "/", data=fields, headers={"X-Request-Id": request})


def count(stand: Stand, name: str) -> str:
    return stand.sql(
        f"SELECT COUNT(*) FROM wp_posts WHERE post_title = '{name}'", "site_whole_requests"
    )


def test_a_request_whose_webhead_dies_leaves_nothing_and_is_done_by_another(
    stand: Stand, two: Callable[[], Webhead]
) -> None:
    victim, other, request = two(), two(), str(uuid.uuid4())
    lost: list[str] = []

    def ask() -> None:
        try:
            lost.append(str(send(victim, "torn", request, nap="20").status_code))
        except requests.RequestException:
            lost.append("lost")

    asking = threading.Thread(target=ask)
    asking.start()
    wrote = "test -e /tmp/wrote && echo yes || true"
    eventually(
        "half is written", 20, lambda: docker("exec", victim.name, "sh", "-c", wrote) == "yes"
    )
    assert count(stand, "torn") == "0", "others see half of it"
    docker("kill", victim.name)
    asking.join()
    assert lost == ["lost"]

    assert send(other, "torn", request).text == "done"
    assert count(stand, "torn") == "1"
    # The answer was lost, not the work: nothing is done twice.
    again = send(other, "torn", request)
    assert (again.status_code, again.json()["code"]) == (409, "done_before")
    assert count(stand, "torn") == "1"


def test_what_was_written_before_something_left_holds_and_is_not_sent_again(
    stand: Stand, two: Callable[[], Webhead]
) -> None:
    victim, other, request = two(), two(), str(uuid.uuid4())

    def ask() -> None:
        with suppress(requests.RequestException):
            send(victim, "paid", request, order="yes", nap="20")

    asking = threading.Thread(target=ask)
    asking.start()
    eventually("it holds", 15, lambda: count(stand, "paid") == "1")
    docker("kill", victim.name)
    asking.join()
    again = send(other, "paid", request, order="yes")
    assert (again.status_code, again.json()["code"]) == (409, "done_before")
    assert count(stand, "paid") == "1"


def test_a_request_that_cannot_have_its_locks_is_taken_back_whole(
    stand: Stand, two: Callable[[], Webhead]
) -> None:
    webhead = two()
    send(webhead, "first", str(uuid.uuid4()))
    hold = (
        "START TRANSACTION; UPDATE wp_options SET option_value = 'held' WHERE option_name ="
        " 'half_way_end'; SELECT SLEEP(8); ROLLBACK;"
    )
    holder = threading.Thread(target=stand.sql, args=(hold, "site_whole_requests"))
    holder.start()
    held = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(8%'"
    eventually("the row is held", 10, lambda: stand.sql(held) == "1")
    with pytest.raises(requests.ConnectionError):
        send(webhead, "waits", str(uuid.uuid4()))
    holder.join()
    assert count(stand, "waits") == "0"
    assert any("taken back" in line for line in webhead.logs())
    assert send(webhead, "waits", str(uuid.uuid4())).text == "done"


def test_what_takes_long_keeps_nobody_waiting(stand: Stand, two: Callable[[], Webhead]) -> None:
    webhead = two()
    assert send(webhead, "long", str(uuid.uuid4()), nap="4").text == "done"
    assert count(stand, "long") == "1"
    end = "SELECT option_value FROM wp_options WHERE option_name = 'half_way_end'"
    assert stand.sql(end, "site_whole_requests") == "long"
