"""A webhead from its first start to its end: installing, health, hardening, draining."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from webheads import Site, Stand, Webhead, docker, eventually

CHILDREN = 6  # of php-fpm, at the stand's 384 MB (prepare.php)


def schema(stand: Stand, site: Site) -> str:
    """What an installation made, without what is random or a time."""
    database = site.config["database"]["name"]
    return stand.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1;"
        "SELECT ID, post_title, post_type, post_status FROM wp_posts ORDER BY ID;"
        "SELECT ID, user_login, user_email FROM wp_users;"
        "SELECT option_name, autoload FROM wp_options WHERE option_name NOT LIKE '%transient%' AND option_name NOT LIKE 'widget%' ORDER BY 1;"
        "SELECT user_id, meta_key FROM wp_usermeta ORDER BY 1, 2; SELECT state FROM wpaas_install",
        database,
    )


def test_two_install_jobs_at_once_make_one_site(stand: Stand) -> None:
    site = stand.site("twice-club")
    jobs = [stand.webhead(site, command=("php", "/usr/lib/wpaas/install.php")) for _ in range(2)]
    assert [docker("wait", job.name) for job in jobs] == ["0", "0"]
    said = sorted(json.loads(job.logs()[-1])["message"] for job in jobs)
    assert said == ["installed", "was installed already"]
    posts = stand.sql(
        "SELECT COUNT(*) FROM wp_posts WHERE post_name = 'hello-world'", "site_twice_club"
    )
    assert posts == "1"
    assert stand.sql("SELECT option_value FROM wp_options WHERE option_name = 'permalink_structure'",
                     "site_twice_club") == "/%year%/%monthnum%/%day%/%postname%/"  # fmt: skip


def test_an_install_job_killed_anywhere_is_finished_by_the_next(stand: Stand) -> None:
    whole = stand.site("whole-club")
    assert stand.job(whole)[0] == 0
    expected = schema(stand, whole).replace("whole-club", "SITE")
    ended = []
    for tables in (0, 1, 6, 12):
        site = stand.site(f"killed-club{tables}")
        database = site.config["database"]["name"]
        job = stand.webhead(site, command=("php", "/usr/lib/wpaas/install.php"))
        count = f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{database}'"
        eventually(
            f"{tables} tables",
            20,
            lambda tables=tables, count=count: int(stand.sql(count)) >= tables,  # type: ignore[misc]
        )
        docker("kill", job.name, check=False)
        ended.append(docker("wait", job.name))
        code, log = stand.job(site)
        assert code == 0, log
        assert schema(stand, site).replace(site.name, "SITE") == expected, f"killed at {tables}"
    assert ended.count("137") >= 2, f"too late: exit codes {ended}"


def test_a_site_that_came_from_elsewhere_is_never_emptied(stand: Stand) -> None:
    site = stand.site("moved-club")
    assert stand.job(site)[0] == 0
    stand.sql(
        "DROP TABLE wpaas_install; UPDATE wp_posts SET post_title = 'Kept' WHERE ID = 1",
        "site_moved_club",
    )
    assert stand.job(site)[0] == 0
    assert stand.sql("SELECT post_title FROM wp_posts WHERE ID = 1", "site_moved_club") == "Kept"


def test_a_webhead_without_an_installation_never_gets_healthy_and_installs_nothing(
    stand: Stand,
) -> None:
    site = stand.site("empty-club")
    webhead = stand.webhead(site)
    eventually("nginx answers", 10, lambda: webhead.health_code() != 0)
    assert webhead.health() == (
        503,
        {"healthy": False, "cause": "WordPress is not installed in the database"},
    )
    assert webhead.get("/wp-admin/install.php").status_code == 404
    assert stand.sql("SHOW TABLES", "site_empty_club") == ""


@pytest.mark.parametrize(
    ("name", "key"),
    [("config", "site"), ("secret", "database_password"), ("config", ""), ("secret", "salts")],
)
def test_a_start_without_all_it_needs_ends_at_once_with_one_line(
    stand: Stand, name: str, key: str
) -> None:
    site = stand.site(f"lacks-{name}-{key or 'all'}".replace("_", "-").lower())
    document = site.config if name == "config" else site.secret
    if key:
        del document[key]
    else:
        document.clear()
    start = time.monotonic()
    webhead = stand.webhead(site)
    assert docker("wait", webhead.name, timeout_s=5) == "1"
    assert time.monotonic() - start < 5
    lines = webhead.logs()
    assert len(lines) == 1
    assert name in json.loads(lines[0])["cause"]
    assert "0123456789" not in lines[0]


def test_the_root_is_read_only_and_the_processes_have_no_rights(webhead: Webhead) -> None:
    for path in ("/x", "/usr/share/wpaas/wordpress/x", "/etc/x", "/var/x"):
        said = docker("exec", webhead.name, "sh", "-c", f"touch {path} 2>&1 || true")
        assert "Read-only file system" in said, path
    status = docker(
        "exec",
        webhead.name,
        "sh",
        "-c",
        "cat /proc/[0-9]*/status | grep -E 'Uid|CapEff|CapBnd|NoNew'",
    )
    rows = {tuple(line.split()) for line in status.splitlines()}
    assert rows == {
        ("Uid:", "33", "33", "33", "33"), ("CapEff:", "0" * 16), ("CapBnd:", "0" * 16), ("NoNewPrivs:", "1"),
    }  # fmt: skip
    before = sorted(
        docker("diff", webhead.name).splitlines()
    )  # the places of the two mounted files
    webhead.get("/")
    assert sorted(docker("diff", webhead.name).splitlines()) == before
    assert len(before) == 4


def test_the_image_holds_no_tool_cache_or_loose_right(webhead: Webhead) -> None:
    tools = "for t in gcc cc make curl wget git composer; do command -v $t; done"
    assert docker("exec", webhead.name, "sh", "-c", tools + "; true") == ""
    assert docker("exec", webhead.name, "sh", "-c", "ls /var/lib/apt/lists /var/cache/apt") .split() == [
        "/var/cache/apt:", "/var/lib/apt/lists:",
    ]  # fmt: skip
    writable = "find /usr /etc -xdev ! -type l -perm -o+w; find /usr/share/wpaas /usr/lib/wpaas ! -user root"
    assert docker("exec", webhead.name, "sh", "-c", writable) == ""
    links = docker("exec", webhead.name, "find", "/usr/share/wpaas", "-type", "l")
    assert links == ""


def test_every_line_of_the_log_is_json(webhead: Webhead) -> None:
    webhead.get("/")
    docker("exec", webhead.name, "php", "-r", "1;")
    assert webhead.logs()
    for line in webhead.logs():
        assert isinstance(json.loads(line), dict), line


def test_health_is_lenient_once_it_was_good(stand: Stand, webhead: Webhead) -> None:
    """The database goes away: the task stays; pages say so and are not to be stored."""
    docker("pause", f"{stand.name}-database")
    try:
        start = time.monotonic()
        assert webhead.health() == (200, {"healthy": True})
        assert time.monotonic() - start < 1
        docker("exec", webhead.name, "/usr/lib/wpaas/healthcheck")
    finally:
        docker("unpause", f"{stand.name}-database")
    status = json.loads(docker("exec", webhead.name, "/usr/lib/wpaas/healthcheck", "/-/status"))
    assert status["database"]["ok"]
    assert status["store"]["ok"]


def test_a_wrong_database_gives_a_page_of_503(stand: Stand, webhead: Webhead) -> None:
    stand.sql("ALTER USER site_chess_club@'%' ACCOUNT LOCK")
    try:
        answer = webhead.get("/")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
        assert "site_chess_club" not in answer.text
    finally:
        stand.sql("ALTER USER site_chess_club@'%' ACCOUNT UNLOCK")
    assert webhead.get("/").status_code == 200


@pytest.mark.parametrize("victim", ["php-fpm", "nginx"])
def test_a_dead_child_ends_the_webhead_with_an_error(
    stand: Stand, webhead: Webhead, victim: str
) -> None:
    other = stand.webhead(webhead.site)
    other.until_healthy()
    docker(
        "exec", other.name, "sh", "-c", f"kill -KILL $(cat /run/wpaas/{victim}.pid)", check=False
    )
    assert docker("wait", other.name, timeout_s=15) == "1"
    assert f"{victim} died" in "\n".join(other.logs())


def test_stopping_under_load_loses_no_request(stand: Stand, webhead: Webhead) -> None:
    """Clients go on as an edge does that learns of the stop within the two seconds of grace."""
    other = stand.webhead(webhead.site)
    other.until_healthy()
    base, leave = other.address, threading.Event()
    failures: list[str] = []
    done: list[float] = []

    def client() -> None:
        while not leave.is_set():
            start = time.monotonic()
            try:
                page = requests.get(base + "/?s=a", headers={"Host": webhead.site.host}, timeout=30)
            except requests.RequestException as refused:
                failures.append(repr(refused))
                continue
            if page.status_code != 200 or "</html>" not in page.text:
                failures.append(str(page.status_code))
            done.append(time.monotonic() - start)

    clients = [threading.Thread(target=client) for _ in range(10)]
    for thread in clients:
        thread.start()
    try:
        eventually("the load is on", 20, lambda: len(done) > 20)
        docker("kill", "--signal=TERM", other.name)
        before = len(done)
        eventually("requests within the grace", 1.5, lambda: len(done) >= before + 5)
    finally:
        leave.set()
        for thread in clients:
            thread.join()
    assert failures == []
    assert docker("wait", other.name, timeout_s=30) == "0"


@pytest.fixture(scope="module")
def slow(stand: Stand) -> Webhead:
    """A webhead with a plugin, mounted where a layer would put it, whose page takes a wanted time."""
    site = stand.site("slow-club")
    stand.job(site)
    stand.live(site, title="Slow club", plugins=["slow"])
    plugin = site.folder / "main.php"  # not named after the folder: found by its header
    plugin.write_text(
        "<?php\n/* Plugin Name: Slow */\n"
        "if (isset($_GET['nap'])) { $n = '/tmp/nap-' . getmypid(); touch($n); sleep((int) $_GET['nap']); unlink($n); }"
    )
    mount = f"--volume={plugin}:/usr/share/wpaas/wordpress/wp-content/plugins/slow/main.php:ro"
    made = stand.webhead(site, mount)
    made.until_healthy()
    return made


def nap(webhead: Webhead, seconds: int) -> int:
    address = f"{webhead.address}/?nap={seconds}"
    return requests.get(address, headers={"Host": webhead.site.host}, timeout=40).status_code


def until_every_child_naps(webhead: Webhead) -> None:
    script = "ls /tmp | grep -c nap-; true"
    eventually(
        "every child naps",
        20,
        lambda: int(docker("exec", webhead.name, "sh", "-c", script)) == CHILDREN,
    )


def test_pages_asked_for_at_once_do_not_wait_for_one_another(slow: Webhead) -> None:
    look = "grep -ls 'pool ww[w]' /proc/[0-9]*/cmdline; true"
    with ThreadPoolExecutor(CHILDREN) as pool:
        for _ in range(2):  # one of eight goes well by chance
            eventually("no child", 60, lambda: not docker("exec", slow.name, "sh", "-c", look))
            naps = [pool.submit(nap, slow, 4) for _ in range(CHILDREN)]
            until_every_child_naps(slow)
            assert [future.result() for future in naps] == [200] * CHILDREN


def test_health_answers_while_every_child_is_busy(slow: Webhead) -> None:
    with ThreadPoolExecutor(12) as pool:
        naps = [pool.submit(nap, slow, 8) for _ in range(12)]
        until_every_child_naps(slow)
        start = time.monotonic()
        assert slow.health()[0] == 200
        assert time.monotonic() - start < 1
        assert {future.result() for future in naps} == {200}


def test_requests_longer_than_the_grace_are_finished_before_the_end(slow: Webhead) -> None:
    """More requests than children: those that wait in php-fpm's queue are finished too."""
    with ThreadPoolExecutor(10) as pool:
        naps = [pool.submit(nap, slow, 5) for _ in range(10)]
        until_every_child_naps(slow)
        docker("kill", "--signal=TERM", slow.name)
        assert [future.result() for future in naps] == [200] * 10
    assert docker("wait", slow.name, timeout_s=20) == "0"
