"""Secrets that wpaas chooses, derived from one master key.

HKDF-SHA256 (RFC 5869) with the site, the purpose and the site's `secret_generation` as `info`:
nothing to store, nothing to lose but the master key, and a new generation changes a site's
secrets without touching its neighbours'.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

MASTER_KEY_BYTES = 32
SALT_NAMES = (
    "AUTH_KEY",
    "SECURE_AUTH_KEY",
    "LOGGED_IN_KEY",
    "NONCE_KEY",
    "AUTH_SALT",
    "SECURE_AUTH_SALT",
    "LOGGED_IN_SALT",
    "NONCE_SALT",
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that never prints itself."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The cluster's one root secret, at least 32 bytes."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) < MASTER_KEY_BYTES:
            raise ValueError(f"a master key has at least {MASTER_KEY_BYTES} bytes")

    def __str__(self) -> str:
        return "MasterKey(…)"


def hkdf(key: bytes, info: bytes, length: int, salt: bytes = b"") -> bytes:
    """HKDF-SHA256 of RFC 5869: extract, then expand to `length` bytes (at most 255 x 32)."""
    pseudo_random_key = hmac.digest(salt or bytes(32), key, "sha256")
    block, output, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.digest(pseudo_random_key, block + info + bytes([counter]), "sha256")
        output += block
        counter += 1
    return output[:length]


def _derive(master: MasterKey, owner: str, purpose: str, generation: int, length: int) -> bytes:
    info = "\0".join(("wpaas", owner, purpose, str(generation))).encode()
    return hkdf(master.value, info, length)


def password(master: MasterKey, owner: str, purpose: str, generation: int = 1) -> Secret:
    """43 URL-safe characters, 256 bits."""
    raw = _derive(master, owner, purpose, generation, 32)
    return Secret(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def key_seed(master: MasterKey, owner: str, purpose: str, generation: int = 1) -> bytes:
    """32 bytes that an Ed25519 key is made of."""
    return _derive(master, owner, purpose, generation, 32)


def access_key(master: MasterKey, owner: str, generation: int = 1) -> Secret:
    """20 characters of A-Z and 2-7, the shape of an AWS access key id."""
    raw = _derive(master, owner, "store-access-key", generation, 20)
    return Secret(base64.b32encode(raw).decode()[:20])


def salts(master: MasterKey, owner: str, generation: int = 1) -> dict[str, Secret]:
    """WordPress's eight keys and salts, the same on every webhead of the site."""
    return {name: password(master, owner, name, generation) for name in SALT_NAMES}


def secret_digest(master: MasterKey, data: bytes) -> str:
    """Hex digest for the name of a secret: keyed, so that the name tells nothing of the value."""
    return hmac.digest(hashlib.sha256(b"wpaas-names" + master.value).digest(), data, "sha256").hex()
