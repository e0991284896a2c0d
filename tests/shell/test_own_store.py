"""The store adapter against a SeaweedFS behind TLS, and against one that knows no IAM."""

import hashlib
import secrets
from pathlib import Path

import pytest
from containers import Container, Start

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.objectstore import ObjectStore
from tests.authority import Authority

ROOT = Path(__file__).parents[2]
DOOR = """
:8443 {
\ttls /tls/cert.pem /tls/key.pem
\treverse_proxy 127.0.0.1:8333
}
"""


def admin() -> str:
    access_key = hashlib.sha256(secrets.token_bytes(16)).hexdigest()[:20].upper()
    return f"{access_key}\n{secrets.token_hex(24)}\n"


def keys_of(container: Container) -> tuple[Secret, Secret]:
    access_key, secret_key = container.secret.split()
    return Secret(access_key), Secret(secret_key)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def store_tls(
    start: Start, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Container:
    signed = authority.sign("localhost")
    doors = tmp_path_factory.mktemp("doors") / "Caddyfile"
    doors.write_text((ROOT / "deploy/store/Caddyfile").read_text() + DOOR)
    return start(
        "store", (8443,), ("store-admin", admin()), f"--volume={doors}:/etc/wpaas/Caddyfile:ro",
        f"--volume={signed.certificate}:/tls/cert.pem:ro", f"--volume={signed.key}:/tls/key.pem:ro",
    )  # fmt: skip


def test_a_bucket_is_made_over_tls_in_the_region_that_was_named(
    store_tls: Container, authority: Authority
) -> None:
    endpoint = f"https://localhost:{store_tls.ports[8443]}"
    objects = ObjectStore(endpoint, *keys_of(store_tls), "eu-central-1", authority.certificate)
    objects.ensure("tls-club", Secret("A" * 20), Secret("b" * 40))
    assert objects.buckets() == {"wpaas-tls-club"}


def test_another_authority_or_name_is_not_believed(
    store_tls: Container, authority: Authority, tmp_path: Path
) -> None:
    port, other = store_tls.ports[8443], Authority(tmp_path / "other")
    for host, ca in (
        ("localhost", other.certificate), ("localhost", None), ("127.0.0.1", authority.certificate),
    ):  # fmt: skip
        objects = ObjectStore(f"https://{host}:{port}", *keys_of(store_tls), ca=ca)
        with pytest.raises(StageFailed, match="SSLError"):
            objects.buckets()


def test_a_store_without_iam_is_told_from_one_that_is_away(start: Start) -> None:
    bare = start("store", (8333,), ("store-admin", admin()), arguments=("-s3.iam=false",))
    objects = ObjectStore(f"http://{bare.address(8333)}", *keys_of(bare))
    with pytest.raises(StageFailed) as refused:
        objects.ensure("club", Secret("A" * 20), Secret("b" * 40))
    assert "SeaweedFS, Ceph" in refused.value.fix, refused.value.what
