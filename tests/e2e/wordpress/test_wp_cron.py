"""WordPress's planned events, which no visitor has to wake. Behaviours 26 to 29."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab import Lab, word

from demo.engines import Webhead
from demo.stage import wait_until

pytestmark = pytest.mark.e2e
LATE_S = 70
COUNT = 1000
# An author's planned post; WordPress publishes at once what is due within a minute, so it is moved up then.
SCHEDULE = (
    "$post = ['post_title' => 'TITLE', 'post_content' => 'x', 'post_status' => 'future',"
    " 'post_date_gmt' => gmdate('Y-m-d H:i:s', time() + 3600)]; echo $id = wp_insert_post($post, true);"
    "$soon = gmdate('Y-m-d H:i:s', time() + 8); $dates = ['post_date' => $soon, 'post_date_gmt' => $soon];"
    "$wpdb->update($wpdb->posts, $dates, ['ID' => $id]); wp_clear_scheduled_hook('publish_future_post', [$id]);"
    "wp_schedule_single_event(time() + 8, 'publish_future_post', [$id]);"
)


@pytest.fixture(autouse=True)
def nothing_planned(site: Lab) -> Iterator[None]:
    """Only what a test plans is planned."""
    site.sql("DELETE FROM lab_ran; DELETE FROM wp_options WHERE option_name = 'cron'")
    yield
    site.sql("DELETE FROM wp_options WHERE option_name = 'cron'")


def plan(site: Lab, *events: tuple[str, int, int]) -> None:
    """Plan single events: hook, number, and seconds from now. All at once, as one list."""
    site.php(
        site.webheads()[0],
        f"$all = ['version' => 2]; foreach (json_decode('{json.dumps(events)}') as [$hook, $n, $in])"
        " { $all[time() + $in][$hook][md5(serialize([$n]))] = ['schedule' => false, 'args' => [$n]]; }"
        " ksort($all); _set_cron_array($all);",
    )


def ran(site: Lab) -> list[int]:
    """Numbers of the events that ran, sorted."""
    return sorted(int(line) for line in site.sql("SELECT n FROM lab_ran").split())


def look(site: Lab, webhead: Webhead) -> None:
    """One look more than those of the init."""
    site.run(webhead, "php", "/usr/lib/wpaas/cron.php")


@pytest.mark.parametrize("replicas", [3, 2])
def test_26_a_thousand_events_run_once_each_on_any_number_of_webheads(
    site: Lab, replicas: int
) -> None:
    site.stage.until_applied(site.change(replicas=replicas), 120)
    wait_until("its webheads", lambda: healthy(site) == replicas, 60)
    plan(site, *(("lab_event", n, -60 + n % 50) for n in range(COUNT)))
    webheads = site.webheads()
    with ThreadPoolExecutor(len(webheads)) as pool:
        list(pool.map(lambda webhead: look(site, webhead), webheads))
    wait_until("all ran", lambda: len(ran(site)) >= COUNT, 60)
    assert ran(site) == list(range(COUNT))


def healthy(site: Lab) -> int:
    """How many webheads run; 0 while one is not healthy."""
    found = site.webheads()
    return len(found) if all(webhead.healthy for webhead in found) else 0


def test_27_a_runner_that_is_killed_holds_the_next_events_up_for_70_s_at_most(site: Lab) -> None:
    site.until_live()
    plan(site, ("lab_slow", 1, -9), ("lab_event", 2, -8))
    wait_until("the slow one began", lambda: ran(site) == [1], LATE_S)
    name = site.sql("SELECT webhead FROM lab_ran").strip()
    runner = next(webhead for webhead in site.webheads() if webhead.id.startswith(name))
    site.kill(runner)
    killed = time.time()
    wait_until("the next ran", lambda: ran(site) == [1, 2], LATE_S)
    assert int(site.sql("SELECT at FROM lab_ran WHERE n = 2")) - killed <= LATE_S
    site.until_live()


def test_28_29_events_run_in_time_though_nobody_visits_and_one_is_fatal(site: Lab) -> None:
    webhead = site.until_live()[0]
    title = word()
    plan(site, ("lab_fatal", 0, 1), ("lab_ends", 1, 2), ("lab_event", 2, 3))
    due = time.time() + 8
    number = site.php(webhead, SCHEDULE.replace("TITLE", title)).strip()
    state = f"SELECT post_status FROM wp_posts WHERE ID = {int(number)}"
    assert site.sql(state).strip() == "future"
    wait_until("it is published", lambda: site.sql(state).strip() == "publish", LATE_S + 8)
    assert ran(site) == [2]
    lines = [line for one in site.webheads() for line in site.logs(one)]
    told = [line for line in lines if line.get("message") == "cron event"]
    assert max(line["late_s"] for line in told if line["hook"] == "publish_future_post") <= LATE_S
    assert time.time() - due <= LATE_S + 8
    assert title in site.stage.page(site.site)
