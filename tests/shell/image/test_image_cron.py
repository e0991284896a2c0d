"""WordPress's planned events: each runs once, whatever the number of webheads, and without a visitor."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from webheads import Site, Stand, Webhead, docker, eventually

DATABASE = "site_cron_club"
LOOK = ("php", "/usr/lib/wpaas/cron.php")
LATE_S = 70
# What a plugin does: its events leave a row, throw, end the process, or take their time.
PROBE = """\
<?php
function probe_row($n) {
    global $wpdb;
    $wpdb->insert('probe', ['n' => $n, 'webhead' => gethostname(), 'at' => time()]);
}
add_action('probe', 'probe_row');
add_action('probe_throws', function () { throw new Error('on purpose'); });
add_action('probe_ends', function () { exit(3); });
add_action('probe_slow', function ($n) { probe_row($n); sleep(600); });
"""
# As plugins plan what repeats, at any page.
TWICE = "if (!wp_next_scheduled('twice')) { wp_schedule_event(time() + 1800, 'hourly', 'twice'); }"


@pytest.fixture(scope="module")
def pair(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> tuple[Webhead, Webhead]:
    """Two webheads of one site."""
    site = stand.site("cron-club")
    code, log = stand.job(site)
    assert code == 0, log
    stand.live(site, title="Cron club", locale="en_US", timezone="UTC", theme="twentytwentyfive",
               plugins=[])  # fmt: skip
    stand.sql("CREATE TABLE probe (n INT, webhead VARCHAR(64), at INT)", DATABASE)
    first, second = (_webhead(stand, site, tmp_path_factory.mktemp("probe")) for _ in range(2))
    first.until_healthy()
    second.until_healthy()
    return first, second


def _webhead(stand: Stand, site: Site, folder: Path) -> Webhead:
    folder.chmod(0o755)
    file = folder / "probe.php"
    file.write_text(PROBE)
    file.chmod(0o644)
    target = "/usr/share/wpaas/wordpress/wp-content/mu-plugins/probe.php"
    return stand.webhead(site, f"--volume={file}:{target}:ro")


@pytest.fixture(autouse=True)
def empty(stand: Stand, pair: tuple[Webhead, Webhead]) -> Iterator[None]:
    """No event is planned, and none ran; afterwards nothing of a test is planned any more."""
    del pair
    stand.sql("DELETE FROM probe; DELETE FROM wp_options WHERE option_name = 'cron'", DATABASE)
    yield
    stand.sql("DELETE FROM wp_options WHERE option_name = 'cron'", DATABASE)


def plan(webhead: Webhead, *events: tuple[str, int, int]) -> None:
    """Plan single events: hook, number, and seconds from now. All at once, as one list."""
    webhead.php(
        f"$all = ['version' => 2]; foreach (json_decode('{json.dumps(events)}') as [$hook, $n, $in])"
        " { $all[time() + $in][$hook][md5(serialize([$n]))] = ['schedule' => false, 'args' => [$n]]; }"
        " ksort($all); _set_cron_array($all);"
    )


def ran(stand: Stand) -> list[int]:
    """Numbers of the events that ran, sorted."""
    return sorted(int(line) for line in stand.sql("SELECT n FROM probe", DATABASE).split())


def look(webhead: Webhead) -> int:
    """One look, beside those of the init; its exit code."""
    return subprocess.run(
        ["docker", "exec", webhead.name, *LOOK], capture_output=True, timeout=120
    ).returncode


@pytest.mark.parametrize("webheads", [2, 5])
def test_each_of_a_thousand_events_runs_once_however_many_look(
    stand: Stand,
    pair: tuple[Webhead, Webhead],
    tmp_path_factory: pytest.TempPathFactory,
    webheads: int,
) -> None:
    more = [
        _webhead(stand, pair[0].site, tmp_path_factory.mktemp("probe")) for _ in range(webheads - 2)
    ]
    for webhead in more:
        webhead.until_healthy()
    plan(pair[0], *(("probe", n, -60 + n % 50) for n in range(1000)))
    with ThreadPoolExecutor(webheads) as pool:
        codes = list(pool.map(look, [*pair, *more]))
    assert codes == [0] * webheads
    eventually("all ran", 60, lambda: len(ran(stand)) >= 1000)
    assert ran(stand) == list(range(1000))
    docker("rm", "--force", *(webhead.name for webhead in more), check=False)


def test_a_page_that_read_the_list_earlier_neither_brings_back_nor_loses_events(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    """Both webheads read one list; then one runs it and plans, and the other, late, plans too."""
    plan(pair[0], ("probe", 1, -5), ("probe", 2, 3600))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(
            pair[1].php,
            "get_option('cron'); $wpdb->insert('probe', ['n' => 0]);"
            "do { usleep(50000); } while ($wpdb->get_var('SELECT COUNT(*) FROM probe WHERE n = 9') < 1);"
            f"{TWICE} wp_schedule_single_event(time() + 3600, 'probe', [3]);",
        )
        eventually("the late one has read", 30, lambda: 0 in ran(stand))
        assert look(pair[0]) == 0
        planned = "wp_schedule_single_event(time() + 3600, 'probe', [4]);"
        pair[0].php(TWICE + planned + "wp_clear_scheduled_hook('probe', [2]);")
        stand.sql("INSERT INTO probe (n) VALUES (9)", DATABASE)
        late.result(timeout=30)
    left = "foreach (_get_cron_array() as $events) { foreach ($events as $hook => $some) {"
    left += " foreach ($some as $one) { if (in_array($hook, ['probe', 'twice'])) { echo $hook, $one['args'][0] ?? '', ' '; } } } }"
    assert sorted(pair[0].php(left).split()) == ["probe3", "probe4", "twice"]
    assert ran(stand) == [0, 1, 9]


def test_the_status_says_how_late_events_are(pair: tuple[Webhead, Webhead]) -> None:
    plan(pair[0], ("probe", 1, 3600))
    said = docker("exec", pair[0].name, "/usr/lib/wpaas/healthcheck", "/-/status")
    assert json.loads(said)["cron"] == {"overdue_s": 0}


def test_nothing_due_loads_no_wordpress(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    plan(pair[0], ("probe", 1, 3600))
    loaded = "fputs(STDERR, (string) count(get_included_files()));"
    counted = docker(
        "exec", pair[0].name, "php", "-r",
        f"register_shutdown_function(fn() => print(count(get_included_files()))); require '{LOOK[1]}'; {loaded}",
    )  # fmt: skip
    assert int(counted) < 10
    assert ran(stand) == []


def test_an_event_that_throws_or_ends_the_process_stops_no_other(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    ends = [("probe_ends", n, n - 20) for n in range(10)]
    plan(pair[0], ("probe_throws", 10, -25), ("probe", 11, -24), *ends, ("probe", 12, 0))
    took = eventually("all ran", LATE_S, lambda: ran(stand) == [11, 12])
    assert took <= LATE_S
    told = [json.loads(line) for webhead in pair for line in webhead.logs()]
    assert sum(line.get("message") == "cron event ended the process" for line in told) == 10
    plan(pair[0], ("probe_ends", 0, -5), ("probe", 1, -4))
    assert look(pair[0]) in (75, 0)


def test_a_runner_that_is_killed_leaves_the_rest_to_the_next_at_once(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    plan(pair[0], ("probe_slow", 1, -9), ("probe", 2, -8))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(look, pair[0])
        eventually("the slow one began", 30, lambda: ran(stand) == [1])
        # Whoever began it, the init's own look included, holds the lock.
        assert look(pair[1]) == 0
        assert ran(stand) == [1]
        for webhead in pair:
            kill = "for p in /proc/[0-9]*; do grep -qs cron[.]php $p/cmdline && kill -9 ${p#/proc/}; done; true"
            docker("exec", webhead.name, "sh", "-c", kill)
        slow.result(timeout=30)
    assert look(pair[1]) == 0
    assert ran(stand) == [1, 2]


def test_a_webhead_told_so_looks_for_no_events(stand: Stand, pair: tuple[Webhead, Webhead]) -> None:
    """What scratch sites are told: no child is started, so init's process has none of this name."""
    made = stand.webhead(pair[0].site, command=("/usr/lib/wpaas/init", "--no-events"))
    made.until_healthy()
    plan(pair[0], ("probe", 1, 3600))
    environment = docker("exec", made.name, "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline")
    assert environment.strip().endswith("--no-events")
    docker("stop", "--time=40", made.name)
    assert made.state()["ExitCode"] == 0


def test_an_event_runs_in_time_though_nobody_visits(
    stand: Stand, pair: tuple[Webhead, Webhead]
) -> None:
    plan(pair[0], ("probe", 1, 1))
    due = time.time() + 1
    eventually("it ran by itself", LATE_S + 10, lambda: ran(stand) == [1])
    at = int(stand.sql("SELECT at FROM probe", DATABASE))
    assert at - due <= LATE_S
    lines = [json.loads(line) for webhead in pair for line in webhead.logs()]
    told = [
        line for line in lines if line.get("message") == "cron event" and line["hook"] == "probe"
    ]
    assert told[-1]["late_s"] <= LATE_S
