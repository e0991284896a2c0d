"""Each misdeed is caught when the plugin runs, and by none of the checks that only read it."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from containers import docker
from misbehaved import TARGET, drowsy

from reconciler.core.layers import File
from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.finding import Finding
from reconciler.core.vetting.packaging import php_paths
from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.vet import vet
from reconciler.shell.behaviour_stand import LABEL, Stand
from reconciler.sync.behaviour import run_behaviour

ROOT = Path(__file__).parents[3]
WHOLE_RUN_S = 40.0

Ran = Callable[[str], tuple[Candidate, Behaviour]]


def findings(ran: Ran, name: str) -> Iterator[Finding]:
    candidate, behaviour = ran(name)
    yield from behaviour.findings(candidate.grants)


def site_notice() -> Candidate:
    folder = ROOT / "image" / "plugins" / "site-notice"
    files = {p.relative_to(folder).as_posix(): File(p.read_bytes()) for p in folder.rglob("*")}
    return Candidate(kind="plugin", slug="site-notice", version="1.0.0", target=TARGET, files=files)


CAUGHT = [
    ("greedy", "behaviour-undeclared-host", "home.evil.example", "phones.php"),
    ("greedy", "behaviour-undeclared-host", "raw.evil.example", ""),
    ("greedy", "behaviour-undeclared-host", "curled.evil.example", ""),
    ("greedy", "behaviour-writes-code-folder", "{package}/cache.html", "writes.php"),
    ("greedy", "behaviour-writes-code-folder", "{wordpress}/wp-content/greedy-cache", "writes.php"),
    ("greedy", "behaviour-writes-uploads", "greedy.txt", ""),
    ("greedy", "behaviour-adds-admin", "helper (administrator)", ""),
    ("greedy", "behaviour-undeclared-table", "{prefix}greedy_log", ""),
    ("greedy", "behaviour-leaves-data", "table {prefix}greedy_log", ""),
    ("greedy", "behaviour-leaves-data", "user helper", ""),
    ("greedy", "behaviour-autoload", "greedy_cache, 1000 kB", ""),
    ("greedy", "behaviour-undeclared-cron", "greedy_tick", ""),
    ("greedy", "behaviour-frequent-cron", "greedy_tick, every 60 s", ""),
    ("greedy", "behaviour-outside-link", "spam.evil.example", ""),
    ("greedy", "behaviour-undeclared-route", "greedy/v1, 1 of them, 1 open to everybody", ""),
    ("greedy", "behaviour-fatal", "undefined_thing", "rest.php"),
    ("greedy", "behaviour-undeclared-host", "short.evil.example", "shortcode.php"),
    ("headless", "behaviour-adds-admin", "author, while it runs (+manage_options)", ""),
    ("slow", "behaviour-slow", "front page", ""),
    ("slow", "behaviour-slow", "dashboard", ""),
    ("fatal", "behaviour-fatal", 'Class "Fatal_Maker" not found', "fatal.php"),
    ("sleeper", "behaviour-wakes-later", "host late.evil.example", "sleeper.php"),
    ("sleeper", "behaviour-wakes-later", "host day.evil.example", "sleeper.php"),
    (
        "expired",
        "behaviour-wakes-later",
        "fatal Uncaught Error: Call to undefined function",
        "expired.php",
    ),
    ("headless", "behaviour-fatal", 'Class "Fatal_Maker" not found', "headless.php"),
    ("painted", "behaviour-undeclared-host", "themed.evil.example", "functions.php"),
    ("follower", "behaviour-follows-answers", "user support (administrator)", ""),
]


@pytest.mark.parametrize(("name", "code", "detail", "file"), CAUGHT)
def test_a_misdeed_is_caught(ran: Ran, name: str, code: str, detail: str, file: str) -> None:
    told = [f for f in findings(ran, name) if f.code == code and detail in f.detail]
    assert told, "\n".join(f"{f.code} {f.file} {f.detail}" for f in findings(ran, name))
    assert {f.level for f in told} <= {"block", "warn"}
    if file:
        assert file in {f.file for f in told}


@pytest.mark.parametrize("name", ["slow", "fatal", "sleeper", "expired", "follower", "greedy"])
def test_reading_its_code_alone_does_not_show_it(ran: Ran, name: str) -> None:
    candidate, _ = ran(name)
    reports = {
        path: analyse_php(path, candidate.files[path].data) for path in php_paths(candidate.files)
    }
    read = vet(candidate, reports)
    said = json.dumps(
        [[f.code, f.detail, f.excerpt] for f in read.findings] + [str(read.profile.facts)]
    )
    for secret in (
        "evil.example",
        "administrator",
        "greedy_log",
        "Fatal_Maker",
        "usleep",
        "licence_over",
    ):
        assert secret not in said


def test_what_sleeps_and_what_follows_look_innocent_today(ran: Ran) -> None:
    for name in ("sleeper", "expired", "follower"):
        told = {f.code for f in findings(ran, name) if f.level == "block"}
        assert told <= {"behaviour-wakes-later", "behaviour-follows-answers"}, name


def test_a_good_plugin_passes_in_time(stand: Stand) -> None:
    start = time.monotonic()
    behaviour = run_behaviour(stand, site_notice())
    took_s = time.monotonic() - start
    assert [f"{f.code}: {f.detail}" for f in behaviour.findings(site_notice().grants)] == []
    assert behaviour.incomplete == ()
    assert behaviour.later is not None
    assert took_s < WHOLE_RUN_S


@pytest.mark.parametrize("name", ["headless", "expired", "painted"])
def test_pages_that_it_breaks_are_no_reason_to_know_nothing(ran: Ran, name: str) -> None:
    _, behaviour = ran(name)
    assert behaviour.later is not None
    assert [what for what in behaviour.incomplete if "healthy" in what or "no time" in what] == []


def test_a_package_for_which_there_is_no_time_is_judged_by_what_was_seen(stand: Stand) -> None:
    start = time.monotonic()
    behaviour = run_behaviour(stand, drowsy(), part_s=6.0)
    assert time.monotonic() - start < 120
    told = {(f.code, f.level) for f in behaviour.findings(drowsy().grants)}
    assert told == {("behaviour-slow", "block"), ("behaviour-incomplete", "warn")}
    assert any(what.startswith("the first site: no time for /") for what in behaviour.incomplete)
    assert behaviour.left == ()


def test_what_a_package_tells_the_watcher_itself_is_said_and_believed_by_nobody(ran: Ran) -> None:
    _, behaviour = ran("liar")
    assert any("not the recorder's of / as visitor" in what for what in behaviour.incomplete)
    assert behaviour.later is not None


def test_two_runs_tell_the_same_but_for_what_is_measured(ran: Ran, stand: Stand) -> None:
    candidate, first = ran("sleeper")
    second = run_behaviour(stand, candidate)
    told = [behaviour.as_json() | {"measured": []} for behaviour in (first, second)]
    assert told[0] == told[1]


def test_nothing_of_a_run_stays(ran: Ran, stand: Stand) -> None:
    ran("slow")
    label = f"--filter=label={LABEL}={stand.name}"
    names = docker("ps", "--all", label, "--format={{.Names}}").split()
    assert sorted(names) == [f"{stand.name}-{part}" for part in ("database", "store", "watcher")]
    assert docker("image", "ls", "--format={{.Tag}}", stand.name).split() == ["template"]
    databases = stand.sh(
        "database",
        "MYSQL_PWD=$(cat /run/secrets/database-root) mariadb -uroot -BNe 'SHOW DATABASES'",
    )
    assert not [name for name in databases.split() if name.startswith("run_")]
