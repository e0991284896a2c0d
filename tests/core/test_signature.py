"""What a signature says, and keys that cannot be used."""

import subprocess
from pathlib import Path

import pytest

from reconciler.core import signature
from reconciler.errors import UsageError
from reconciler.shell.signing import read_keys

DIGEST = "sha256:" + "ab" * 32


def openssl(*words: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "signing.pem"
    path.touch(mode=0o600)
    path.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
    return path


def test_the_payload_is_cosigns() -> None:
    assert signature.payload("wpaas/wordpress", DIGEST) == (
        b'{"critical":{"identity":{"docker-reference":"wpaas/wordpress"},'
        b'"image":{"docker-manifest-digest":"' + DIGEST.encode() + b'"},'
        b'"type":"cosign container image signature"},"optional":null}'
    )
    assert signature.tag_of(DIGEST) == f"sha256-{'ab' * 32}.sig"


def test_a_payload_is_about_one_image() -> None:
    data = signature.payload("wpaas/wordpress", DIGEST)
    assert signature.claims(data, DIGEST)
    assert not signature.claims(data, "sha256:" + "0" * 64)
    assert not signature.claims(b"[]", DIGEST)
    assert not signature.claims(data.replace(b"cosign container", b"another"), DIGEST)


def test_openssl_agrees_with_our_signature(key: Path, tmp_path: Path) -> None:
    keys = read_keys(key, None)
    assert keys is not None
    signed = keys.sign(b"data")
    assert keys.sign(b"data") == signed, "the same each time"
    (tmp_path / "public.pem").write_bytes(openssl("pkey", "-in", str(key), "-pubout"))
    (tmp_path / "signature").write_bytes(openssl("base64", "-d", "-A", data=signed.encode()))
    verify = ("-verify", str(tmp_path / "public.pem"), "-signature", str(tmp_path / "signature"))
    assert b"Verified OK" in openssl("dgst", "-sha256", *verify, data=b"data")
    public = read_keys(None, tmp_path / "public.pem")
    assert public is not None
    assert public.verifies(b"data", signed)
    assert not public.verifies(b"dat4", signed)
    assert not public.verifies(b"data", "no base64!")
    with pytest.raises(UsageError, match="not signed"):
        public.sign(b"data")


def test_a_key_shows_itself_to_nobody(key: Path) -> None:
    assert "private" not in repr(read_keys(key, None))


@pytest.mark.parametrize("algorithm", ["ec_paramgen_curve:P-384", "ED25519", "text"])
def test_another_kind_of_key_is_refused(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "key.pem"
    path.touch(mode=0o600)
    if algorithm == "text":
        path.write_text("no key")
    elif algorithm == "ED25519":
        path.write_bytes(openssl("genpkey", "-algorithm", "ED25519"))
    else:
        path.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", algorithm))
    with pytest.raises(UsageError, match="not a"):
        read_keys(path, None)


def test_a_key_that_others_may_read_is_refused(key: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(UsageError, match="open to other users"):
        read_keys(key, None)
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(key.with_name("missing.pem"), None)


def test_without_keys_there_is_nothing_to_check() -> None:
    assert read_keys(None, None) is None
