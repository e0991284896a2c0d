"""What a webhead never changes: its files, its configuration, its code. Behaviours 3, 7 and 8."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lab import Lab, own_site, settled

from demo.author import picture
from demo.engines import Webhead, docker, inspect
from demo.stage import Stage, wait_until
from reconciler.shell.program import run

pytestmark = pytest.mark.e2e
MIXED = """<?php
$paths = ['/', '/', '/?s=move', '/feed/', '/wp-json/', '/wp-login.php', '/nowhere/', '/wp-comments-post.php',
    '/wp-includes/css/dist/block-library/style.min.css', '/wp-includes/js/jquery/jquery.min.js',
    '/wp-content/themes/twentytwentyfive/style.css', '/wp-admin/', '/xmlrpc.php', '/.git/config',
    '/wp-content/uploads/none.png', '/readme.html', '/wp-admin/admin-ajax.php', '/sitemap.xml', '/robots.txt',
    '/wp-content/plugins/x/x.php', '/?p=1', '/wp-includes/version.php', '/favicon.ico', '/-/status', '/healthz'];
$posts = ['/wp-comments-post.php', '/wp-admin/admin-ajax.php', '/'];
$counts = [];
for ($n = 0; $n < 125; $n++) {
    $post = $n % 10 === 9;
    $path = $post ? $posts[$n % 3] : $paths[$n % count($paths)];
    $c = curl_init("http://127.0.0.1:8080$path");
    curl_setopt_array($c, [CURLOPT_HTTPHEADER => ['Host: HOST'], CURLOPT_RETURNTRANSFER => true,
        CURLOPT_PROXY => '', CURLOPT_TIMEOUT => 30]
        + ($post ? [CURLOPT_POSTFIELDS => ['comment' => str_repeat('x', 300000), 'action' => 'none']] : []));
    curl_exec($c);
    $status = curl_getinfo($c, CURLINFO_RESPONSE_CODE);
    $counts[$status] = ($counts[$status] ?? 0) + 1;
}
echo json_encode($counts);
"""


@pytest.fixture(autouse=True)
def quiet(stage: Stage, lab: Lab) -> None:
    """No roll-out of another test's image replaces a webhead under the test."""
    settled(stage)
    lab.until_live()


MOUNTED = ["C /etc", "A /etc/wpaas", "A /etc/wpaas/config.json", "A /etc/wpaas/secret.json"]


@pytest.fixture(scope="module")
def own(stage: Stage) -> Iterator[Lab]:
    """A site whose settings change."""
    with own_site(stage, "hard-lab", uploads={"max_file_mb": 16}) as made:
        settled(stage)
        yield made


def test_03_a_thousand_requests_leave_nothing_behind(lab: Lab) -> None:
    both = lab.until_live()
    author = lab.author()
    author.upload("kept.png", picture())
    script = MIXED.replace("HOST", lab.host)

    def asked(webhead: Webhead) -> dict[str, int]:
        parts = [json.loads(lab.run(webhead, "php", stdin=script)) for _ in range(4)]
        return {status: sum(p.get(status, 0) for p in parts) for p in parts for status in p}

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(asked, both))
    for webhead, counts in zip(both, answers, strict=True):
        assert sum(counts.values()) == 500
        assert {"200", "404", "302"} <= counts.keys(), counts
        assert "0" not in counts, counts
        changed = docker(lab.stage.engines[webhead.node], "diff", webhead.id).splitlines()
        assert sorted(changed) == sorted(MOUNTED), (
            "but for the places of the two files that the Swarm mounts"
        )


@contextmanager
def prepared(lab: Lab, webhead: Webhead, *files: str) -> Iterator[tuple[str, str]]:
    """(engine, container) of the site's image as the Swarm would start it, with some of its files."""
    engine = lab.stage.engines[webhead.node]
    made = docker(engine, "create", "--user=33:33", "--cap-drop=ALL", "--tmpfs=/run:mode=1777",
                  "--tmpfs=/tmp:mode=1777", webhead.image).strip()  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "wpaas"
            home.mkdir()
            for name in files:
                text = lab.run(webhead, "cat", f"/etc/wpaas/{name}")
                (home / name).write_text(text)
                (home / name).chmod(0o644)
            docker(engine, "cp", str(home), f"{made}:/etc/")
        yield engine, made
    finally:
        docker(engine, "rm", "--force", made)


@pytest.mark.parametrize(
    ("there", "named"),
    [((), "/etc/wpaas/config.json"), (("config.json",), "/etc/wpaas/secret.json")],
    ids=["no config", "no secret"],
)
def test_07_without_config_or_secret_it_ends_at_once_and_says_which(
    lab: Lab, there: tuple[str, ...], named: str
) -> None:
    webhead = lab.until_live()[0]
    with prepared(lab, webhead, *there) as (engine, made):
        argv = ["docker", "-H", engine, "start", "--attach", made]
        done = run(argv, stage="cluster", timeout_s=60)
        state = inspect(engine, "container", made)["State"]
    (line,) = (done.stdout + done.stderr).decode().splitlines()
    assert (state["ExitCode"], named in json.loads(line)["cause"]) == (1, True), line
    began, ended = (
        datetime.fromisoformat(state[when][:19]) for when in ("StartedAt", "FinishedAt")
    )
    assert ended - began <= timedelta(seconds=5)


def limit(lab: Lab, webhead: Webhead) -> str:
    """The upload limit that PHP works with, by php-fpm's own configuration."""
    shown = lab.run(webhead, "sh", "-c", "grep -h upload_max_filesize /run/wpaas/php-fpm-site.conf")
    return shown.strip().partition(" = ")[2]


def test_08_another_config_comes_with_another_task(own: Lab) -> None:
    before = own.until_live()
    mounted = {w.id: own.run(w, "cat", "/etc/wpaas/config.json") for w in before}
    assert [limit(own, w) for w in before] == ["16M", "16M"]
    revision = own.change(uploads={"max_file_mb": 24})
    old = {w.id for w in before}

    def replaced() -> bool:
        seen = own.webheads()
        for webhead in seen:
            if webhead.id in old:
                still(own, webhead, mounted[webhead.id])
        return len(seen) == 2 and not old & {w.id for w in seen}

    wait_until("other tasks", replaced, 120)
    own.stage.until_applied(revision, 180)
    assert [limit(own, w) for w in own.until_live()] == ["24M", "24M"]


def still(lab: Lab, webhead: Webhead, mounted: str) -> None:
    """An old webhead has what it began with, as long as there is one to ask."""
    argv = ["docker", "-H", lab.stage.engines[webhead.node], "exec", webhead.id]
    shown = run([*argv, "cat", "/etc/wpaas/config.json"], stage="cluster", timeout_s=20)
    if shown.code == 0:
        assert shown.stdout.decode() == mounted


def test_08_php_never_looks_at_its_code_again(lab: Lab) -> None:
    webhead = lab.until_live()[0]
    shown = lab.run(webhead, "php-fpm8.4", "-i")
    assert re.search(r"opcache\.validate_timestamps => Off", shown)
    for _ in range(8):
        assert lab.ask(webhead, "/").status == 200
    calls = file_calls(webhead, lambda: [lab.ask(webhead, "/") for _ in range(6)])
    assert any("/etc/wpaas/config.json" in call for call in calls), "no page was traced"
    # `access` is PHP code that asks for a file; without following links, a new process fills its
    # cache of paths. A compiler that looks whether a file has changed follows, and does so for each of
    # hundreds; WordPress itself does for the one file of its template.
    core = r'"([^"]*(?:/wp-includes/|/usr/lib/wpaas/|/wp-settings|/index)[^"]*\.php)"'
    quiet = ("access(", "ENOENT", "AT_SYMLINK_NOFOLLOW", "readlink(")
    told = [c for c in calls if not any(word in c for word in quiet)]
    looked = {found.group(1) for c in told if (found := re.search(core, c))}
    assert {path.rpartition("/")[2] for path in looked} <= {"template-canvas.php"}


def file_calls(webhead: Webhead, act: Callable[[], object]) -> list[str]:
    """Calls about files of PHP's processes, and of those that come, while something is done."""
    running = [pid for pid in pids_of(webhead.id) if "php-fpm: " in command(pid)]
    with tempfile.NamedTemporaryFile() as file:
        argv = ["strace", "-f", "-e", "trace=%file", "-o", file.name]
        watch = subprocess.Popen(
            [*argv, *(f"--attach={pid}" for pid in running)], stderr=subprocess.PIPE
        )
        assert watch.stderr is not None
        watch.stderr.readline()
        act()
        watch.terminate()
        watch.communicate(timeout=10)
        return Path(file.name).read_text().splitlines()


def command(pid: int) -> str:
    """A process's command line; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def pids_of(container: str) -> list[int]:
    """Processes of a container on a node, as this machine counts them."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and container in Path(f"/proc/{entry}/cgroup").read_text():
                found.append(int(entry))
        except OSError:
            continue
    return found
