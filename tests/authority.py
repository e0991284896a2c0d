"""An authority of a test's own, and certificates that it signs, made by the openssl program."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from reconciler.shell.program import must

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
DAYS = "3"


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its key as files, which a container's user may read."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates below `folder`, which is made."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        files = ("-keyout", str(self._key), "-out", str(self.certificate))
        _openssl("req", "-x509", *NEW_KEY, *files, "-days", DAYS, "-subj", f"/CN={name}")

    @property
    def pem(self) -> str:
        """The authority's own certificate."""
        return self.certificate.read_text()

    def sign(self, *names: str) -> Signed:
        """A certificate for `names`; those that begin with a digit are addresses."""
        stem = self._folder / names[0]
        request, options = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        signed = Signed(self._folder / f"{names[0]}.pem", self._folder / f"{names[0]}.key")
        kinds = (f"{'IP' if name[0].isdigit() else 'DNS'}:{name}" for name in names)
        options.write_text(f"subjectAltName={','.join(kinds)}\n")
        subject = ("-subj", f"/CN={names[0]}")
        _openssl("req", *NEW_KEY, "-keyout", str(signed.key), "-out", str(request), *subject)
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate),
                 "-CAkey", str(self._key), "-CAcreateserial", "-days", DAYS,
                 "-extfile", str(options), "-out", str(signed.certificate))  # fmt: skip
        signed.key.chmod(0o644)
        return signed

    def tls(self) -> ssl.SSLContext:
        """A server's side on 127.0.0.1."""
        signed = self.sign("127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed.certificate, signed.key)
        return context


def _openssl(*arguments: str) -> None:
    must(("openssl", *arguments), stage="cluster", timeout_s=20)
