"""A webhead on a database and a store over TLS, by their real names: it believes one authority, and
no other, and only for the name it asked for."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from webheads import ROOT, ROOT_PASSWORD, STORE_ADMIN, Site, Stand, Webhead, docker, eventually

from reconciler.shell.cluster_images import local_tag
from tests.authority import Authority

DATABASE, STORE, ELSEWHERE = "mysql.own.test", "s3.own.test", "elsewhere.own.test"
DOOR = ":8443 {\n\ttls /tls/cert.pem /tls/key.pem\n\treverse_proxy 127.0.0.1:8333\n}\n"
INSTALL = ("php", "-d", "openssl.cafile=/etc/wpaas/database-ca.pem", "/usr/lib/wpaas/install.php")


@dataclass
class Own:
    """One site on services of one's own, installed; `authority` signed their certificates."""

    stand: Stand
    site: Site
    authority: Authority
    other: Authority

    def webhead(self, database: Authority, store: Authority, *, host: str = DATABASE) -> Webhead:
        self.site.config["database"]["host"] = host
        return self.stand.webhead(self.site, *trusting(database, store))


def trusting(database: Authority, store: Authority) -> tuple[str, str]:
    return (
        f"--volume={database.certificate}:/etc/wpaas/database-ca.pem:ro",
        f"--volume={store.certificate}:/etc/wpaas/store-ca.pem:ro",
    )


def served(stand: Stand, authority: Authority, files: Path) -> None:
    """Both servers, each under its name on the stand's network."""
    client, door = files / "client.cnf", files / "Caddyfile"
    client.write_text("[client]\nskip-ssl\n")
    door.write_text((ROOT / "deploy/store/Caddyfile").read_text() + DOOR)
    for kind, name, secret, option, arguments in (
        ("database", DATABASE, "database-root", f"{client}:/etc/mysql/mariadb.conf.d/99-z.cnf",
         ("--ssl-cert=/tls/cert.pem", "--ssl-key=/tls/key.pem", "--require-secure-transport=ON")),
        ("store", STORE, "store-admin", f"{door}:/etc/wpaas/Caddyfile", ()),
    ):  # fmt: skip
        signed = authority.sign(name)
        stand.start(
            f"own-{kind}", "--tmpfs=/run:mode=1777", f"--network-alias={name}",
            *([f"--network-alias={ELSEWHERE}"] if kind == "database" else []),
            f"--volume={stand.files / secret}:/run/secrets/{secret}:ro", f"--volume={option}:ro",
            f"--volume={signed.certificate}:/tls/cert.pem:ro",
            f"--volume={signed.key}:/tls/key.pem:ro", local_tag(kind), *arguments,
        )  # fmt: skip
    for kind in ("database", "store"):
        stand.until_healthy(f"own-{kind}")


@pytest.fixture(scope="module")
def own(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Own:
    files = tmp_path_factory.mktemp("own")
    authority, other = Authority(files / "authority"), Authority(files / "other")
    served(stand, authority, files)
    site = stand.site("own-club")
    sql = "CREATE DATABASE site_own_club; GRANT ALL ON site_own_club.* TO site_own_club@'%' IDENTIFIED BY 'pw-own-club-0123456789';"
    docker("exec", "-i", "-e", f"MYSQL_PWD={ROOT_PASSWORD}", f"{stand.name}-own-database",
           "mariadb", "--user=root", stdin=sql)  # fmt: skip
    docker("exec", "-i", f"{stand.name}-own-store", "weed", "shell", "-master=127.0.0.1:9333", stdin=(
        "s3.bucket.create -name wpaas-own-club\n"
        "s3.configure -user anonymous -buckets wpaas-own-club -actions Read -apply\n"
    ))  # fmt: skip
    site.config["database"] |= {
        "host": DATABASE,
        "tls": True,
        "ca_file": "/etc/wpaas/database-ca.pem",
    }
    site.config["store"] |= {
        "endpoint": f"https://{STORE}:8443",
        "ca_file": "/etc/wpaas/store-ca.pem",
    }
    site.secret["store_access_key"], site.secret["store_secret_key"] = STORE_ADMIN
    job = stand.webhead(site, "--no-healthcheck", *trusting(authority, authority), command=INSTALL)
    assert docker("wait", job.name) == "0", job.logs()
    return Own(stand, site, authority, other)


def test_pages_uploads_and_pictures_go_over_tls(own: Own) -> None:
    webhead = own.webhead(own.authority, own.authority)
    webhead.until_healthy()
    assert webhead.get("/").status_code == 200
    status = json.loads(docker("exec", webhead.name, "/usr/lib/wpaas/healthcheck", "/-/status"))
    assert status["database"]["ok"], status
    assert status["store"]["ok"], status


def test_a_database_of_another_authority_or_name_is_not_believed(own: Own) -> None:
    for webhead in (
        own.webhead(own.other, own.authority),
        own.webhead(own.authority, own.authority, host=ELSEWHERE),
    ):
        eventually("it listens", 20, lambda webhead=webhead: webhead.health_code() == 503)  # type: ignore[misc]
        assert webhead.health()[1]["cause"].startswith("database error")
        page = webhead.get("/")
        assert page.status_code >= 500, "WordPress itself believed it"


def test_a_store_of_another_authority_is_not_believed(own: Own) -> None:
    webhead = own.webhead(own.authority, own.other)
    webhead.until_healthy()
    assert webhead.get("/wp-content/uploads/2026/01/x.png").status_code == 503
    status = json.loads(docker("exec", webhead.name, "/usr/lib/wpaas/healthcheck", "/-/status"))
    assert not status["store"]["ok"]
    good = own.webhead(own.authority, own.authority)
    good.until_healthy()
    assert good.get("/wp-content/uploads/2026/01/x.png").status_code == 404
