"""Install, migrate, plugins: behaviours 17 to 25 on the cluster. Many kills: tests/shell/image."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from lab import Lab, own_site, word
from scratch import Scratch, scratch

from demo.engines import docker, sql
from demo.stage import Stage, wait_until
from reconciler.core import names

pytestmark = pytest.mark.e2e
WITHIN_S = 180.0
TWO = {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}}


def of_service(scratch: Scratch, service: str) -> list[Any]:
    return [t for t in scratch.fleet.swarm.observe().tasks if t.service == service]


def containers(stage: Stage, service: str) -> list[tuple[str, str]]:
    """(engine, container) of the running containers of a service."""
    label = f"label=com.docker.swarm.service.name={service}"
    return [
        (engine, one)
        for engine in stage.engines.values()
        for one in docker(engine, "ps", "-q", "--filter", label).split()
    ]


def count_of(stage: Stage, site: str, query: str) -> str:
    return sql(stage.engines, f"USE {names.database_name(site)}; {query}")


def test_17_two_jobs_at_once_on_an_empty_database_install_once(stage: Stage) -> None:
    with scratch(stage) as made:
        job = made.start(made.site.install, names.install_name(made.site.name), TWO)
        wait_until(
            "both jobs ended",
            lambda: [t.state for t in of_service(made, job)].count("ended") == 2,
            WITHIN_S,
        )
        log = wait_until("both said so", lambda: _two_answers(made, job), 30)
        assert log.count('"steps":["installed"') == 1, log
        hello = "SELECT COUNT(*) FROM wp_posts WHERE post_name = 'hello-world'"
        assert count_of(stage, made.site.name, hello) == "1"
        admins = "SELECT COUNT(*) FROM wp_users"
        assert count_of(stage, made.site.name, admins) == "1"


def _two_answers(made: Scratch, job: str) -> str:
    log = made.fleet.swarm.service_logs(job, 50)
    return log if log.count('"end":"done"') == 2 else ""


def test_18_a_job_that_is_killed_is_finished_by_the_next_task(stage: Stage) -> None:
    with scratch(stage) as made:
        job = made.start(made.site.install, names.install_name(made.site.name))
        engine, one = wait_until("the job runs", lambda: containers(stage, job), WITHIN_S)[0]
        tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
        wait_until(
            "it has begun", lambda: int(count_of(stage, made.site.name, tables)) > 3, WITHIN_S
        )
        docker(engine, "kill", one)
        wait_until(
            "another task ended",
            lambda: "ended" in [t.state for t in of_service(made, job)],
            WITHIN_S,
        )
        assert "failed" in [t.state for t in of_service(made, job)], "the kill came too late"
        hello = "SELECT COUNT(*) FROM wp_posts WHERE post_name = 'hello-world'"
        assert count_of(stage, made.site.name, hello) == "1"


def test_19_a_webhead_on_an_empty_database_is_not_healthy_and_installs_nothing(
    stage: Stage,
) -> None:
    with scratch(stage) as made:
        service = made.start(made.site.service, f"wpaas_{made.site.name}_webhead")
        engine, one = wait_until("it runs", lambda: containers(stage, service), WITHIN_S)[0]
        asks = (
            f"foreach (['/healthz' => '127.0.0.1', '/wp-admin/install.php' => '{made.site.primary_host}'] as $path => $host)"
            " { $c = curl_init('http://127.0.0.1:8080' . $path); curl_setopt_array($c,"
            " [CURLOPT_HTTPHEADER => ['Host: ' . $host], CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => '']);"
            " $said = curl_exec($c); echo curl_getinfo($c, CURLINFO_RESPONSE_CODE), ' ', $path, ' ', substr($said, 0, 99), ' '; }"
        )
        said = wait_until("nginx answers", lambda: _php(engine, one, asks), 30)
        assert "503 /healthz" in said
        assert "WordPress is not installed in the database" in said
        assert "404 /wp-admin/install.php" in said
        tables = "SHOW TABLES LIKE 'wp\\_%'"
        assert count_of(stage, made.site.name, tables) == ""


def _php(engine: str, container: str, code: str) -> str:
    said = docker(engine, "exec", container, "php", "-r", code)
    return "" if said.startswith(("0 ", "502 ")) else said


@pytest.mark.parametrize(("schema", "where"), [("99999", "ahead"), ("57155", "behind")])
def test_20_on_tables_of_another_version_the_admin_opens_and_nothing_is_migrated(
    lab: Lab, schema: str, where: str
) -> None:
    author = lab.author()
    query = "SELECT option_value FROM wp_options WHERE option_name = 'db_version'"
    own = lab.sql(query)
    assert own.isdigit()
    lab.sql(f"UPDATE wp_options SET option_value = {schema} WHERE option_name = 'db_version'")
    try:
        for webhead in lab.until_live():
            for path in ("/wp-admin/", "/wp-admin/edit.php"):
                answer = lab.ask(webhead, path, headers={"Cookie": author.cookie})
                assert answer.status == 200, where
                assert "wpadminbar" in answer.text
                assert "upgrade.php" not in answer.text
            assert lab.ask(webhead, "/wp-admin/upgrade.php?step=1", "POST").status == 404
        assert lab.sql(query) == schema, "a request wrote the schema's version"
    finally:
        lab.sql(f"UPDATE wp_options SET option_value = {own} WHERE option_name = 'db_version'")


@pytest.fixture(scope="module")
def moves(stage: Stage) -> Iterator[Lab]:
    """A site of its own, on an image that holds plugins for it to use."""
    with own_site(stage, f"moves-{word()[:6]}") as made:
        stage.until_applied(stage.repository.head(), WITHIN_S)
        made.until_live()
        yield made


def use(lab: Lab, *slugs: str) -> str:
    return lab.change(plugins=[{"slug": slug} for slug in slugs])


def test_22_a_plugin_has_its_tables_before_a_webhead_has_it(moves: Lab) -> None:
    early: list[str] = []
    seen = threading.Event()

    def look() -> None:
        while not seen.is_set():
            page = moves.stage.page(moves.site)
            if "came too early" in page:
                early.append(page)
            if "probe-forms is here" in page:
                seen.set()

    reader = threading.Thread(target=look)
    reader.start()
    before = {webhead.id for webhead in moves.webheads()}
    try:
        revision = use(moves, "probe-forms")
        moves.stage.until_applied(revision, WITHIN_S)
        assert seen.wait(30), "the plugin is not active"
    finally:
        seen.set()
        reader.join()
    assert early == []
    assert option(moves, "probe_came") == "1"
    assert {webhead.id for webhead in moves.webheads()} == before, "a webhead was made anew"
    journal = (moves.stage.context.state / "journal.jsonl").read_text()
    assert (
        f"run migrate {moves.site}, plugin probe-forms comes: its activation runs first" in journal
    )


def option(lab: Lab, name: str) -> str:
    return lab.sql(f"SELECT option_value FROM wp_options WHERE option_name = '{name}'")


def test_21_a_migration_that_fails_half_way_is_put_back_and_the_site_goes_on(moves: Lab) -> None:
    before = {webhead.id for webhead in moves.until_live()}
    tagline = option(moves, "blogdescription")
    use(moves, "probe-forms", "probe-breaks")

    def failure() -> str:
        sites = moves.stage.status().get("sites") or {}
        return str(sites.get(moves.site, "")) if isinstance(sites, dict) else ""

    said = wait_until("the failure is told", failure, WITHIN_S)
    assert "migrate: plugin probe-breaks: activation: half way" in said
    assert "the database is as it was" in said
    assert option(moves, "blogdescription") == tagline
    assert moves.sql("SHOW TABLES LIKE 'wp_probe_half'") == ""
    assert "half" not in moves.sql("SHOW COLUMNS FROM wp_links")
    assert {webhead.id for webhead in moves.until_live()} == before
    assert "probe-forms is here" in moves.stage.page(moves.site)
    moves.stage.until_applied(use(moves, "probe-forms"), WITHIN_S)


def test_21_its_dump_is_in_the_bucket_and_nobody_reads_it_without_the_key(moves: Lab) -> None:
    webhead = moves.webheads()[0]
    listed = (
        "$c = \\Wpaas\\S3\\Client::of(\\Wpaas\\configuration()); $d = $c->list('private/dumps/', 9)['folders'];"
        'rsort($d); echo json_encode([$d, $c->head("private/dumps/{$d[0]}/wp_posts.0000.sql.gz") !== null]);'
    )
    names_, there = json.loads(moves.php(webhead, listed))
    assert there
    assert len(names_) <= 4
    bucket = names.bucket_name(moves.site)
    path = f"private/dumps/{names_[0]}/wp_posts.0000.sql.gz"
    asks = (
        f"$c = curl_init('http://store:8333/{bucket}/{path}'); curl_setopt_array($c,"
        " [CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => '']); curl_exec($c);"
        " echo curl_getinfo($c, CURLINFO_RESPONSE_CODE);"
    )
    assert moves.run(webhead, "php", "-r", asks) == "403"
    for address in (
        f"/{path}",
        f"/wp-content/uploads/../{path}",
        f"/wp-content/uploads/%2e%2e/{path}",
    ):
        assert moves.ask(webhead, address).status in {400, 403, 404}


def test_24_the_plugins_page_offers_nothing_and_refuses_all(moves: Lab) -> None:
    author = moves.author()
    active = "probe-forms is here" in moves.stage.page(moves.site)
    cookie = {"Cookie": author.cookie}
    form = {**cookie, "Content-Type": "application/x-www-form-urlencoded"}
    file = "probe-forms%2Fprobe-forms.php"
    for webhead in moves.until_live():
        page = moves.ask(webhead, "/wp-admin/plugins.php", headers=cookie)
        assert page.status == 200
        assert "Probe forms" in page.text
        for offer in ("plugin-install.php", "action=delete-selected", "plugin-editor.php", "action=activate",
                      "action=deactivate", "update.php?action"):  # fmt: skip
            assert offer not in page.text, offer
        for path, body in (
            ("/wp-admin/update.php?action=install-plugin&plugin=hello-dolly", ""),
            ("/wp-admin/update.php?action=upload-plugin", ""),
            ("/wp-admin/plugins.php", f"action=deactivate&plugin={file}"),
            ("/wp-admin/plugins.php", f"action=delete-selected&checked[]={file}&verify-delete=1"),
            ("/wp-admin/plugin-editor.php", f"file={file}&newcontent=x"),
            ("/wp-admin/admin-ajax.php", f"action=delete-plugin&slug=probe-forms&plugin={file}"),
            ("/wp-admin/admin-ajax.php", "action=install-plugin&slug=hello-dolly"),
        ):
            answer = moves.ask(webhead, path, "POST", form, body)
            refused = '"success":false', "you are not allowed"
            said = (path, answer.status, answer.text[-300:])
            assert answer.status == 403 or any(word in answer.text for word in refused), said
    assert ("probe-forms is here" in moves.stage.page(moves.site)) == active


def test_25_a_plugin_that_the_image_lacks_keeps_a_webhead_from_its_start(moves: Lab) -> None:
    row = moves.sql("SELECT document FROM wpaas_live WHERE id = 1")
    document = {**json.loads(row), "plugins": ["probe-forms", "not-there"]}
    asked = json.dumps(document)
    moves.stage.stop_daemon()
    try:
        write(moves, asked)
        victim = moves.webheads()[0]
        old = {webhead.id for webhead in moves.webheads()}
        moves.kill(victim)
        fresh = wait_until(
            "another task starts", lambda: [w for w in moves.webheads() if w.id not in old], 60
        )[0]
        host = {"Host": "127.0.0.1"}

        def cause() -> str:
            answer = moves.ask(fresh, "/healthz", headers=host)
            return answer.text if answer.status == 503 else ""

        assert "not in this image: plugin not-there" in wait_until("it says why", cause, 60)
        assert moves.sql("SELECT document FROM wpaas_live WHERE id = 1") == asked
        assert moves.stage.page(moves.site), "the other webhead serves"
    finally:
        write(moves, row)
        moves.stage.start_daemon()
    moves.until_live()


def write(lab: Lab, document: str) -> None:
    """Put the live settings past the daemon."""
    encoded = document.encode().hex()
    lab.sql(f"UPDATE wpaas_live SET document = x'{encoded}' WHERE id = 1")


def test_23_a_plugin_that_leaves_is_deactivated_once_and_keeps_its_data(moves: Lab) -> None:
    before = {webhead.id for webhead in moves.until_live()}
    moves.stage.until_applied(use(moves), WITHIN_S)
    wait_until("it is gone", lambda: "probe-forms" not in moves.stage.page(moves.site), 30)
    assert (option(moves, "probe_came"), option(moves, "probe_left")) == ("1", "1")
    assert moves.sql("SELECT said FROM wp_probe_forms") == "kept"
    assert {webhead.id for webhead in moves.webheads()} == before
