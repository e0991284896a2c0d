"""Certificates of edge and sites: who is signed by whom, and the same bytes each time."""

import ssl

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reconciler.core import pki
from reconciler.core.derive import MasterKey
from tests.handshake import accepted, context

MASTER = MasterKey(b"k" * 32)
SITE, EDGE = pki.authority(MASTER, pki.SITE_CA), pki.authority(MASTER, pki.EDGE_CA)
CHESS, TEA = (pki.site_pair(MASTER, name, 1) for name in ("chess-club", "tea-house"))
EDGE_PAIR = pki.edge_pair(MASTER)


def read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def webhead_takes(client: pki.Pair | None, shows: pki.Pair = CHESS, trusted: str = SITE) -> bool:
    """Whether a connection to a webhead of the chess club comes about."""
    server = context(ssl.PROTOCOL_TLS_SERVER, shows, EDGE)
    asking = context(ssl.PROTOCOL_TLS_CLIENT, client, trusted)
    return accepted(server, asking, "chess-club.webhead.internal")


def door_takes(client: pki.Pair | None, shows: pki.Pair = EDGE_PAIR) -> bool:
    """Whether a connection to the edge's purge door comes about."""
    server = context(ssl.PROTOCOL_TLS_SERVER, shows, SITE)
    return accepted(server, context(ssl.PROTOCOL_TLS_CLIENT, client, EDGE), "edge")


def test_only_the_edge_gets_into_a_webhead() -> None:
    assert webhead_takes(EDGE_PAIR)
    assert not webhead_takes(None)
    assert not webhead_takes(TEA)
    assert not webhead_takes(CHESS)


def test_no_neighbour_is_taken_for_a_sites_webhead() -> None:
    assert not webhead_takes(EDGE_PAIR, shows=TEA)
    assert not webhead_takes(EDGE_PAIR, shows=EDGE_PAIR)


def test_only_sites_get_to_the_door_and_only_the_edge_stands_behind_it() -> None:
    assert door_takes(CHESS)
    assert not door_takes(None)
    assert not door_takes(EDGE_PAIR)
    assert not door_takes(CHESS, shows=TEA)


def test_a_site_called_like_the_edge_is_not_the_edge() -> None:
    """No file can ask for that name; the authority would not make it the edge either."""
    called = pki.site_pair(MASTER, "edge", 1)
    assert not webhead_takes(called)
    assert not door_takes(CHESS, shows=called)


def test_a_site_cannot_sign_anybody() -> None:
    chess = read(pki.site_pair(MASTER, "chess-club", 1).certificate)
    constraints = chess.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = chess.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (constraints.ca, usage.key_cert_sign) == (False, False)


def test_a_key_is_its_certificates_and_no_other() -> None:
    pairs = [pki.site_pair(MASTER, "chess-club", 1), pki.site_pair(MASTER, "chess-club", 2),
             pki.site_pair(MASTER, "tea-house", 1), pki.edge_pair(MASTER)]  # fmt: skip
    keys = [load_pem_private_key(p.key.value.encode(), None).public_key() for p in pairs]
    assert keys == [read(pair.certificate).public_key() for pair in pairs]
    assert len({pair.key.value for pair in pairs}) == len(pairs)
    assert len({read(pair.certificate).serial_number for pair in pairs}) == len(pairs)


def test_the_same_master_key_gives_the_same_bytes_and_another_one_others() -> None:
    pki.site_pair.cache_clear()
    first = pki.site_pair(MASTER, "chess-club", 1)
    pki.site_pair.cache_clear()
    assert pki.site_pair(MasterKey(b"k" * 32), "chess-club", 1) == first
    assert not webhead_takes(pki.edge_pair(MasterKey(b"z" * 32)))


def test_a_key_never_prints_itself() -> None:
    assert "PRIVATE" not in repr(pki.site_pair(MASTER, "chess-club", 1))
