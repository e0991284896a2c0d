"""Builder and registry against one with TLS and passwords, and against one with a token server."""

import base64
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from containers import CONFINED, docker, free_port, until

from reconciler.core.derive import Secret
from reconciler.core.image import BASE_REPOSITORY, IMAGE_REPOSITORY
from reconciler.core.layers import File, layer, tar
from reconciler.errors import StageFailed
from reconciler.shell import builder
from reconciler.shell.program import run
from reconciler.shell.registry import Registry
from reconciler.shell.registry_login import Login, LoginRefused
from tests.authority import Authority, Signed

ENGINE = "unix:///var/run/docker.sock"
CONTEXT = {"Dockerfile": File(b"FROM scratch\nCOPY a /a\n"), "a": File(b"the base")}
USER, PASSWORD = "pusher", Secret(secrets.token_urlsafe(24))
PLUGIN = layer({"notice.php": File(b"<?php")}, "usr/share/notice")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def registry_container(platform_image: Callable[[str], str], *options: str) -> Iterator[int]:
    """A registry with these settings, as its environment; the port of 127.0.0.1 it is on."""
    port, name = free_port(), f"wpaas-test-registry-{secrets.token_hex(4)}"
    docker("run", "--detach", f"--name={name}", *CONFINED, f"--publish=127.0.0.1:{port}:5000",
           *options, platform_image("registry"))  # fmt: skip
    try:
        yield port
    finally:
        docker("rm", "--force", "--volumes", name)


def answers(url: str, ca: Path | None) -> bool:
    try:
        return requests.get(url, verify=str(ca) if ca else True, timeout=5).status_code == 401
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def guarded(
    platform_image: Callable[[str], str],
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """HOST:PORT of a registry with TLS and one user."""
    signed, file = (
        authority.sign("localhost", "127.0.0.1"),
        tmp_path_factory.mktemp("users") / "htpasswd",
    )
    argv = ("docker", "run", "--rm", "--interactive", "--entrypoint=caddy", platform_image("edge"),
            "hash-password", "--bcrypt-cost=5")  # fmt: skip
    hashed = run(argv, stage="cluster", timeout_s=60, stdin=f"{PASSWORD.value}\n".encode()).stdout
    file.write_text(f"{USER}:{hashed.decode()}")
    with registry_container(
        platform_image,
        f"--volume={file}:/tls/htpasswd:ro", f"--volume={signed.certificate}:/tls/cert.pem:ro",
        f"--volume={signed.key}:/tls/key.pem:ro", "--env=REGISTRY_HTTP_TLS_CERTIFICATE=/tls/cert.pem",
        "--env=REGISTRY_HTTP_TLS_KEY=/tls/key.pem", "--env=REGISTRY_AUTH_HTPASSWD_REALM=test",
        "--env=REGISTRY_AUTH_HTPASSWD_PATH=/tls/htpasswd",
    ) as port:  # fmt: skip
        host = f"127.0.0.1:{port}"
        until("the registry answers", lambda: answers(f"https://{host}/v2/", authority.certificate))
        yield host


@pytest.fixture(scope="module")
def pushed(guarded: str) -> Iterator[str]:
    """The base, built and pushed by the engine; Docker trusts any certificate on 127.0.0.1."""
    name = f"{guarded}/{BASE_REPOSITORY}:first"
    builder.build(ENGINE, tar(CONTEXT), name, {})
    with pytest.raises(StageFailed, match="refused the credentials"):
        builder.push(ENGINE, name, (USER, Secret("wrong-one")))
    with pytest.raises(StageFailed, match="the push of"):
        builder.push(ENGINE, name)
    builder.push(ENGINE, name, (USER, PASSWORD))
    yield name
    docker("rmi", name)


def test_layers_are_appended_over_tls_with_a_password(
    guarded: str, pushed: str, authority: Authority
) -> None:
    assert pushed
    registry = Registry(f"https://{guarded}", (USER, PASSWORD), authority.certificate)
    digest = registry.append((BASE_REPOSITORY, "first"), (PLUGIN,), IMAGE_REPOSITORY, "t")
    assert registry.digest(IMAGE_REPOSITORY, "t") == digest
    registry.close()


def test_who_is_refused_is_told_and_the_password_is_not(guarded: str, authority: Authority) -> None:
    for login in (None, (USER, Secret("wrong-password"))):
        registry = Registry(f"https://{guarded}", login, authority.certificate)
        with pytest.raises(StageFailed, match="HTTP 401") as refused:
            registry.digest(IMAGE_REPOSITORY, "t")
        assert "secrets_file" in refused.value.fix
        assert "wrong-password" not in str(refused.value)
        registry.close()


def test_another_authority_is_not_believed(guarded: str, tmp_path: Path) -> None:
    for ca in (Authority(tmp_path).certificate, None):
        registry = Registry(f"https://{guarded}", (USER, PASSWORD), ca)
        with pytest.raises(StageFailed, match="certificate is not good"):
            registry.digest(IMAGE_REPOSITORY, "t")
        registry.close()


class TokenServer(HTTPServer):
    """Issues tokens of the distribution project's specification to one user; `asked`: the scopes."""

    def __init__(self, signed: Signed) -> None:
        super().__init__(("127.0.0.1", 0), _TokenHandler)
        self.signed = signed
        self.asked: list[str] = []

    @property
    def realm(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"

    def token(self, service: str, scopes: list[str]) -> str:
        parts = [scope.split(":") for scope in scopes]
        access = [{"type": p[0], "name": p[1], "actions": p[2].split(",")} for p in parts]
        now = int(time.time())
        claims = {"iss": "test", "sub": USER, "aud": service, "exp": now + 60, "nbf": now - 5,
                  "iat": now, "jti": secrets.token_hex(8), "access": access}  # fmt: skip
        der = ssl.PEM_cert_to_DER_cert(self.signed.certificate.read_text())
        head = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(der).decode()]}
        text = f"{_part(json.dumps(head).encode())}.{_part(json.dumps(claims).encode())}"
        argv = ("openssl", "dgst", "-sha256", "-sign", str(self.signed.key))
        signature = run(argv, stage="cluster", timeout_s=10, stdin=text.encode()).stdout
        return f"{text}.{_part(_fixed(signature))}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _fixed(der: bytes) -> bytes:
    """The two numbers of an ECDSA signature, 32 bytes each, as a JWT has them."""
    length = der[3]
    first, second = der[4 : 4 + length], der[6 + length :]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (first, second))


class _TokenHandler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        shown = base64.b64encode(f"{USER}:{PASSWORD.value}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {shown}":
            self.send_error(401)
            return
        self.server.asked += asked.get("scope", [])
        body = json.dumps({"token": self.server.token(asked["service"][0], asked.get("scope", []))})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def token_server(authority: Authority) -> Iterator[TokenServer]:
    with TokenServer(authority.sign("tokens")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def bearing(
    platform_image: Callable[[str], str], authority: Authority, token_server: TokenServer
) -> Iterator[str]:
    """Address of a registry that takes the token server's word."""
    with registry_container(
        platform_image,
        f"--volume={authority.certificate}:/tls/ca.pem:ro",
        f"--env=REGISTRY_AUTH_TOKEN_REALM={token_server.realm}",
        "--env=REGISTRY_AUTH_TOKEN_SERVICE=test", "--env=REGISTRY_AUTH_TOKEN_ISSUER=test",
        "--env=REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=/tls/ca.pem",
    ) as port:  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        until("the registry answers", lambda: answers(f"{address}/v2/", None))
        yield address


def test_a_token_is_fetched_for_what_is_asked(bearing: str, token_server: TokenServer) -> None:
    registry = Registry(bearing, (USER, PASSWORD))
    assert registry.digest(IMAGE_REPOSITORY, "none") is None
    assert token_server.asked == [f"repository:{IMAGE_REPOSITORY}:pull"]
    registry._upload(IMAGE_REPOSITORY, PLUGIN.digest, PLUGIN.data)  # noqa: SLF001 - the write alone
    assert token_server.asked[-1] in {
        f"repository:{IMAGE_REPOSITORY}:pull,push", f"repository:{IMAGE_REPOSITORY}:push,pull",
    }  # fmt: skip
    registry.close()


def test_a_token_server_that_refuses_is_told(bearing: str) -> None:
    registry = Registry(bearing, (USER, Secret("wrong-password")))
    with pytest.raises(StageFailed, match="its token server answers 401") as refused:
        registry.digest(IMAGE_REPOSITORY, "none")
    assert "wrong-password" not in str(refused.value)
    registry.close()


def test_credentials_are_shown_to_the_registry_alone() -> None:
    login = Login("https://registry.example", (USER, PASSWORD))
    for url, shown in {
        "https://registry.example:443/v2/": True,
        "https://elsewhere.example/upload": False,
        "http://registry.example/v2/": False,
    }.items():
        prepared = requests.Request("PUT", url, auth=login).prepare()
        assert ("Authorization" in prepared.headers) is shown, url


def test_no_password_goes_to_a_token_server_without_tls() -> None:
    answer = requests.Response()
    answer.status_code = 401
    answer.headers["WWW-Authenticate"] = 'Bearer realm="http://tokens.example/",service="x"'
    for registry in ("https://registry.example", "http://127.0.0.1:5000"):
        with requests.Session() as session, pytest.raises(LoginRefused, match="no https"):
            Login(registry, (USER, PASSWORD)).renew(session, answer, (1, 1))
