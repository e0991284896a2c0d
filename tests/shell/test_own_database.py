"""The database adapter against a MariaDB that speaks TLS alone, with a certificate of a test's authority."""

import secrets
from dataclasses import replace

import pytest
from containers import Container, Start, docker

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.database import Database
from reconciler.shell.database_session import Server
from tests.authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def local_client(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image's own check asks over the socket; without this it would ask for TLS there too."""
    file = tmp_path_factory.mktemp("client") / "client.cnf"
    file.write_text("[client]\nskip-ssl\n")
    return f"--volume={file}:/etc/mysql/mariadb.conf.d/99-z-client.cnf:ro"


@pytest.fixture(scope="module")
def container(start: Start, authority: Authority, local_client: str) -> Container:
    signed = authority.sign("localhost", "127.0.0.1")
    return start(
        "database", (3306,), ("database-root", secrets.token_urlsafe(24)), local_client,
        f"--volume={signed.certificate}:/tls/cert.pem:ro", f"--volume={signed.key}:/tls/key.pem:ro",
        arguments=(
            "--ssl-cert=/tls/cert.pem", "--ssl-key=/tls/key.pem", "--require-secure-transport=ON",
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(container: Container, authority: Authority) -> Server:
    password = Secret(container.secret)
    port = container.ports[3306]
    return Server(host="localhost", port=port, password=password, tls=True, ca=authority.pem)


def test_a_site_is_made_over_tls(server: Server) -> None:
    databases = Database(server)
    databases.ensure("tls-club", Secret("x"))
    databases.write_live("tls-club", '{"title": "Kept"}')
    found, live = databases.observe(["tls-club"])
    assert (found, set(live)) == (frozenset({"site_tls_club"}), {"tls-club"})


def test_another_authority_is_not_believed(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Authority(tmp_path_factory.mktemp("other"))
    for ca in (other.pem, None):
        with pytest.raises(StageFailed, match="its certificate is not good"):
            Database(replace(server, ca=ca)).version()


def test_the_name_in_the_certificate_has_to_be_the_server_s(
    server: Server, container: Container
) -> None:
    address = docker(
        "inspect",
        "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
        container.name,
    )
    with pytest.raises(StageFailed, match="mismatch"):
        Database(replace(server, host=address, port=3306)).version()


def test_a_server_without_tls_is_given_no_password(
    start: Start, authority: Authority, local_client: str
) -> None:
    plain = start(
        "database", (3306,), ("database-root", "r" * 24), local_client, arguments=("--skip-ssl",)
    )
    password = Secret(plain.secret)
    wanted = Server(
        host="localhost", port=plain.ports[3306], password=password, tls=True, ca=authority.pem
    )
    with pytest.raises(StageFailed, match="it speaks no TLS"):
        Database(wanted).version()


def test_a_user_who_may_not_make_others_is_named_with_the_fix(server: Server) -> None:
    Database(server).ensure("weak-admin", Secret("weak"))
    weak = replace(server, user="site_weak_admin", password=Secret("weak"))
    with pytest.raises(StageFailed, match="may not make databases") as refused:
        Database(weak).ensure("another", Secret("x"))
    assert "weak" not in refused.value.what
