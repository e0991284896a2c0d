"""A TLS handshake in memory between two ends of our own certificates, by the real OpenSSL."""

import ssl
import tempfile
from pathlib import Path

from reconciler.core.pki import Pair


def context(side: int, pair: Pair | None, trusted: str) -> ssl.SSLContext:
    """One end that shows `pair` and demands a certificate by the authority `trusted` (PEM)."""
    made = ssl.SSLContext(side)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_verify_locations(cadata=trusted)
    made.verify_mode = ssl.CERT_REQUIRED
    if pair is not None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "pair.pem"
            file.write_text(pair.certificate + pair.key.value)
            made.load_cert_chain(file)
    return made


def accepted(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> bool:
    """Whether the two come together, the client asking for `host`."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, there, server_hostname=host)]
    ends.append(server.wrap_bio(there, back, server_side=True))
    try:
        for _ in range(4):
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
        # With TLS 1.3 a client learns of its refusal only when it reads.
        ends[1].write(b"x")
        return ends[0].read(1) == b"x"
    except ssl.SSLError:
        return False
