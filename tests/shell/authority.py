"""A certificate authority of a test's own, made with openssl; it vouches for 127.0.0.1."""

import ssl
import subprocess
from pathlib import Path

EXTENSIONS = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"


class Authority:
    """`certificate` is what a client trusts; `tls` is a server's side with a certificate of it."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self._folder, self.certificate = folder, folder / "ca.pem"
        self._openssl("req", "-x509", *self._new_key("ca"), "-days", "2", "-out", "ca.pem",
                      "-subj", f"/CN={name}")  # fmt: skip

    def tls(self) -> ssl.SSLContext:
        """Make a key and a certificate for 127.0.0.1 and return a server's context with them."""
        (self._folder / "extensions").write_text(EXTENSIONS)
        self._openssl("req", *self._new_key("server"), "-out", "server.csr", "-subj", "/CN=server")
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", "1", "-extfile", "extensions",
                      "-out", "server.pem")  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    @staticmethod
    def _new_key(name: str) -> tuple[str, ...]:
        curve = "ec_paramgen_curve:prime256v1"
        return "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-keyout", f"{name}.key"

    def _openssl(self, *args: str) -> None:
        subprocess.run(["openssl", *args], cwd=self._folder, check=True, capture_output=True)
