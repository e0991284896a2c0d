"""Certificates by which edge and webheads know each other: two authorities, derived like all secrets.

`edge-ca` signs the edge and nobody else, `site-ca` signs sites: a webhead trusts the first, the edge
the second, so that a neighbour is neither. Ed25519 signatures have no random part, and serial and
validity are fixed: the same master key gives the same bytes, and nothing differs from loop to loop.

Nothing ends by time: a certificate that ends while the reconciler is away would take every site down,
and what is to end is ended by another key. `secret_generation` renews a site's, another master key all.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reconciler.core import derive, names

FROM = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2056, 1, 1, tzinfo=UTC)
OWNER = "platform"
EDGE_CA = "edge-ca"
SITE_CA = "site-ca"
EDGE_NAME = "edge"
MOST_SITES = 8192
"""Whose pairs are remembered: a loop compiles every site, and a pair costs 0.2 ms."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate in PEM, and its key in PEM (PKCS #8)."""

    certificate: str
    key: derive.Secret


@lru_cache(8)
def authority(master: derive.MasterKey, name: str) -> str:
    """The certificate of `EDGE_CA` or `SITE_CA`, in PEM."""
    key = _key(master, OWNER, name)
    subject = _name(f"wpaas {name}")
    builder = (
        _begun(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, None).public_bytes(Encoding.PEM).decode()


def edge_pair(master: derive.MasterKey) -> Pair:
    """What all edges show: towards webheads as a client, at the purge door as a server."""
    key = _key(master, OWNER, "edge-tls")
    return _pair(master, EDGE_CA, key, EDGE_NAME, EDGE_NAME)


@lru_cache(MOST_SITES)
def site_pair(master: derive.MasterKey, site: str, generation: int) -> Pair:
    """What the webheads of a site show: towards the edge as a server, at its door as a client."""
    key = _key(master, site, "tls", generation)
    return _pair(master, SITE_CA, key, site, names.upstream_name(site))


def _key(
    master: derive.MasterKey, owner: str, purpose: str, generation: int = 1
) -> Ed25519PrivateKey:
    seed = derive.key_seed(master, owner, purpose, generation)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _pair(
    master: derive.MasterKey, issuer: str, key: Ed25519PrivateKey, subject: str, host: str
) -> Pair:
    signing = _key(master, OWNER, issuer)
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    known_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    builder = (
        _begun(_name(subject), _name(f"wpaas {issuer}"), key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("show"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(known_by, critical=False)
    )
    certificate = builder.sign(signing, None).public_bytes(Encoding.PEM).decode()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Pair(certificate, derive.Secret(secret))


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Ed25519PrivateKey
) -> x509.CertificateBuilder:
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    whole = b"\0".join((issuer.public_bytes(), subject.public_bytes(), public))
    serial = int.from_bytes(hashlib.sha256(whole).digest()[:16], "big") | 1  # never 0
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(what: str) -> x509.KeyUsage:
    """An authority may sign certificates and do nothing else; the others the reverse."""
    return x509.KeyUsage(
        digital_signature=what == "show",
        key_cert_sign=what == "sign",
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
