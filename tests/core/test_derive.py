"""Secrets are derived as RFC 5869 says, apart from one another, and never print themselves."""

import pytest

from reconciler.core.derive import (
    MasterKey,
    Secret,
    access_key,
    hkdf,
    password,
    salts,
    secret_digest,
)

MASTER = MasterKey(bytes(range(32)))


@pytest.mark.parametrize(
    ("key", "salt", "info", "length", "expected"),
    [
        (
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            "0b" * 22,
            "",
            "",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)
def test_hkdf_gives_the_vectors_of_rfc_5869(
    key: str, salt: str, info: str, length: int, expected: str
) -> None:
    made = hkdf(bytes.fromhex(key), bytes.fromhex(info), length, bytes.fromhex(salt))
    assert made.hex() == expected


def test_sites_purposes_and_generations_have_secrets_of_their_own() -> None:
    made = [
        password(MASTER, "chess-club", "database"),
        password(MASTER, "tea-house", "database"),
        password(MASTER, "chess-club", "store-secret-key"),
        password(MASTER, "chess-club", "database", generation=2),
        *salts(MASTER, "chess-club").values(),
    ]
    assert len({secret.value for secret in made}) == len(made) == 12


def test_the_same_input_gives_the_same_secret() -> None:
    assert access_key(MASTER, "chess-club") == access_key(MASTER, "chess-club")
    assert len(access_key(MASTER, "chess-club").value) == 20


def test_no_secret_prints_itself() -> None:
    for shown in (str(Secret("hidden")), repr(Secret("hidden")), repr(MASTER), str(MASTER)):
        assert "hidden" not in shown
        assert "\\x01" not in shown


def test_the_name_of_a_secret_depends_on_the_master_key() -> None:
    other = MasterKey(b"x" * 32)
    assert secret_digest(MASTER, b"value") != secret_digest(other, b"value")


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        MasterKey(b"short")
