"""The database adapter against a real MariaDB."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pymysql
import pytest
from containers import Container, docker, until

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.database import Database, native_hash
from reconciler.shell.database_session import Server


@pytest.fixture(scope="module")
def server(database: Container) -> Server:
    return Server(host="127.0.0.1", port=database.ports[3306], password=Secret(database.secret))


@pytest.fixture
def site_names(request: pytest.FixtureRequest, server: Server) -> Iterator[tuple[str, str]]:
    """Two sites whose database names differ in one character that `_` would match."""
    digest = hashlib.sha256(request.node.name.encode()).hexdigest()[:6]
    sites = (f"t{digest}-a", f"t{digest}xa")
    yield sites
    with closing(as_user(server, "root", server.password)) as connection:
        for site in sites:
            name = f"site_{site.replace('-', '_')}"
            connection.cursor().execute(f"DROP DATABASE IF EXISTS `{name}`")
            connection.cursor().execute("DROP USER IF EXISTS %s@'%%'", (name,))


def as_user(server: Server, user: str, password: Secret) -> Any:
    return pymysql.connect(
        host=server.host, port=server.port, user=user, password=password.value, connect_timeout=5
    )


def rows(
    server: Server, user: str, password: Secret, query: str, *values: str, database: str = "mysql"
) -> list[tuple[Any, ...]]:
    with closing(as_user(server, user, password)) as connection:
        cursor = connection.cursor()
        if user == "root":
            cursor.execute(f"USE `{database}`")
        cursor.execute(query, values)
        connection.commit()
        return list(cursor.fetchall())


def test_a_site_has_its_database_and_no_other(server: Server, site_names: tuple[str, str]) -> None:
    databases, (one, two) = Database(server), site_names
    for site in site_names:
        databases.ensure(site, Secret(f"password of {site} '\\"))
    name, other = (f"site_{site.replace('-', '_')}" for site in site_names)
    password = Secret(f"password of {one} '\\")
    seen = {row[0] for row in rows(server, name, password, "SHOW DATABASES")}
    assert seen == {name, "information_schema"}
    rows(server, name, password, f"CREATE TABLE `{name}`.wp_posts (id INT)")
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        rows(server, name, password, f"SHOW TABLES FROM `{other}`")
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        rows(server, name, password, "CREATE USER thief@localhost")
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        rows(server, name, password, "SELECT * FROM mysql.global_priv")
    assert databases.observe(site_names) == (frozenset({name, other}), {})
    assert two in site_names


def test_the_live_document_is_found_by_its_digest(
    server: Server, site_names: tuple[str, str]
) -> None:
    databases, (site, other) = Database(server), site_names
    databases.ensure(site, Secret("x"))
    document = json.dumps({"format": 1, "title": "Šach 'klub' \\ 100 % 🎉"}, ensure_ascii=False)
    databases.write_live(site, "{}")
    databases.write_live(site, document)
    digest = hashlib.sha256(document.encode()).hexdigest()
    assert databases.live_digests([site, other, "never-made"]) == {site: digest}
    name = f"site_{site.replace('-', '_')}"
    found = rows(server, "root", server.password, "SELECT document FROM wpaas_live", database=name)
    assert found == [(document,)]


def test_a_password_is_written_only_where_it_differs(
    server: Server, site_names: tuple[str, str]
) -> None:
    databases, site = Database(server), site_names[0]
    name = f"site_{site.replace('-', '_')}"
    stored = (
        "SELECT JSON_VALUE(Priv, '$.password_last_changed'),"
        " JSON_VALUE(Priv, '$.authentication_string') FROM global_priv WHERE User = %s"
    )
    long_ago = (
        "UPDATE global_priv SET Priv = JSON_SET(Priv, '$.password_last_changed', 1) WHERE User = %s"
    )
    databases.ensure(site, Secret("first"))
    rows(server, "root", server.password, long_ago, name)
    rows(server, "root", server.password, "FLUSH PRIVILEGES")
    databases.ensure(site, Secret("first"))
    found = rows(server, "root", server.password, stored, name)
    assert found == [("1", native_hash(Secret("first")))]
    databases.ensure(site, Secret("second"))
    assert rows(server, name, Secret("second"), "SELECT 1") == [(1,)]
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        as_user(server, name, Secret("first"))


def test_the_hash_is_the_servers_own(server: Server) -> None:
    found = rows(server, "root", server.password, "SELECT PASSWORD('correct horse')")
    assert found == [(native_hash(Secret("correct horse")),)]


def test_a_login_token_lives_as_long_as_said(server: Server, site_names: tuple[str, str]) -> None:
    databases, site = Database(server), site_names[0]
    name = f"site_{site.replace('-', '_')}"
    databases.ensure(site, Secret("x"))
    databases.add_login(site, "a" * 64, timedelta(seconds=-5))
    databases.add_login(site, "b" * 64, timedelta(minutes=10))
    query = "SELECT token_hash, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), expires_at) FROM wpaas_login"
    left = rows(server, "root", server.password, query, database=name)
    assert [row[0] for row in left] == ["b" * 64]
    assert 590 <= left[0][1] <= 600


def test_how_late_planned_events_are(server: Server, site_names: tuple[str, str]) -> None:
    databases, (one, other) = Database(server), site_names
    for site, stored in (
        (one, "CONCAT('a:2:{i:', UNIX_TIMESTAMP() - 90, ';a:0:{}s:7:\"version\";i:2;}')"),
        (other, "'a:1:{s:7:\"version\";i:2;}'"),
    ):
        databases.ensure(site, Secret("x"))
        with closing(as_user(server, "root", server.password)) as connection:
            cursor = connection.cursor()
            cursor.execute(f"USE site_{site.replace('-', '_')}")
            cursor.execute("CREATE TABLE wp_options (option_name VARCHAR(191), option_value TEXT)")
            cursor.execute(f"INSERT INTO wp_options VALUES ('cron', {stored})")
            connection.commit()
    late = databases.overdue_s([*site_names, "never-made"])
    assert list(late) == [one]
    assert 90 <= late[one] <= 95


def test_two_hundred_sites_cost_two_queries(server: Server) -> None:
    databases = Database(server)
    count = "SELECT VARIABLE_VALUE FROM information_schema.global_status WHERE VARIABLE_NAME = 'QUESTIONS'"
    sites = [f"never-made-{number}" for number in range(200)]
    before = int(rows(server, "root", server.password, count)[0][0])
    databases.observe(sites)
    after = int(rows(server, "root", server.password, count)[0][0])
    databases.observe(sites[:1])
    last = int(rows(server, "root", server.password, count)[0][0])
    assert after - before == last - after <= 12


def test_sites_survive_a_kill(
    server: Server, database: Container, site_names: tuple[str, str]
) -> None:
    databases, site = Database(server), site_names[0]
    databases.ensure(site, Secret("x"))
    databases.write_live(site, '{"title":"kept"}')
    before = databases.observe([site])
    database.kill()
    assert databases.observe([site]) == before


def test_an_interrupted_first_start_is_made_again(database: Container) -> None:
    """What a kill in the middle of the first start leaves: a half folder beside no `data`."""
    image = docker("inspect", "--format={{.Image}}", database.name)
    name = f"{database.name}-half"
    secret = docker("inspect", "--format={{range .Mounts}}{{if .Source}}{{.Source}} {{end}}{{end}}",
                    database.name).split()  # fmt: skip
    file = next(path for path in secret if path.endswith("database-root"))
    script = "mkdir -p /var/lib/mysql/data.new/mysql && exec /usr/lib/wpaas/entrypoint"
    docker("run", "--detach", f"--name={name}", f"--volume={file}:/run/secrets/database-root:ro",
           "--tmpfs=/run:mode=1777", "--entrypoint=bash", image, "-c", script)  # fmt: skip
    try:
        container = Container(name, {}, "")
        until("the half-made server is up", container.healthy, 60)
    finally:
        docker("rm", "--force", "--volumes", name)


def test_a_refusal_says_why_and_no_more(server: Server) -> None:
    wrong = Server(host=server.host, port=server.port, password=Secret("wrong-password"))
    with pytest.raises(StageFailed, match="the password is not accepted") as refused:
        Database(wrong).version()
    assert "wrong-password" not in str(refused.value)
    with pytest.raises(StageFailed, match="it cannot be reached"):
        Database(Server(host="127.0.0.1", port=1, password=Secret("x"))).version()
    with pytest.raises(StageFailed, match="no site name"):
        Database(server).write_live("x`; DROP DATABASE mysql", "{}")
