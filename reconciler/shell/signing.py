"""Signatures by a key of our own: ECDSA on P-256 over SHA-256, as cosign makes and checks them."""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from reconciler.errors import UsageError

FORBIDDEN_MODE_BITS = 0o077
_MAKE = (
    "`openssl ecparam -genkey -name prime256v1 -noout | openssl pkcs8 -topk8 -nocrypt` makes one"
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that images are signed with, if any, and the one that they are checked with."""

    public: ec.EllipticCurvePublicKey
    private: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)

    def sign(self, data: bytes) -> str:
        """Return the signature in base64, the same for the same data. Needs the private key."""
        if self.private is None:
            raise UsageError("images are checked here and not signed", fix="name a signing_key")
        how = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        return base64.b64encode(self.private.sign(data, how)).decode()

    def verifies(self, data: bytes, signature: str) -> bool:
        """Whether the signature (base64) is of this very data, by this key."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self.public.verify(raw, data, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def read_keys(signing: Path | None, verifying: Path | None) -> Keys | None:
    """Read the keys of a context, PEM files; None where neither is named.

    Without one for checking, the signing key's own half checks. Raises UsageError for a file that
    is no P-256 key, and for a private one that is open to others.
    """
    private = _private(signing) if signing is not None else None
    if verifying is not None:
        return Keys(_public(verifying), private)
    return Keys(private.public_key(), private) if private is not None else None


def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    data = _read(path)
    if path.stat().st_mode & FORBIDDEN_MODE_BITS:
        raise UsageError(
            "the signing key is open to other users", where=str(path), fix=f"chmod 600 {path}"
        )
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise UsageError(
            "not a private key in PEM without a password", where=str(path), fix=_MAKE
        ) from e
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError("not a key on the curve P-256", where=str(path), fix=_MAKE)
    return key


def _public(path: Path) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as e:
        raise UsageError("not a public key in PEM", where=str(path)) from e
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError("not a key on the curve P-256", where=str(path))
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise UsageError(f"the key cannot be read ({e.strerror})", where=str(path)) from e
