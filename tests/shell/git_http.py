"""Git's own smart HTTP back end behind Python's HTTP server, with a password, and TLS if wanted."""

import base64
import os
import ssl
import subprocess
from pathlib import Path

from listening import Listening, Quiet


class GitOverHttp(Listening):
    """Serves the repositories below `root` to whoever knows `token`; or sends everybody elsewhere."""

    def __init__(
        self, root: Path, token: str, redirect_to: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        self.authorizations: list[str] = []
        outer = self

        class Handler(Quiet):
            def do_GET(self) -> None:  # noqa: N802 - its name
                if redirect_to:
                    tail = self.path.removeprefix("/fleet.git")
                    return self.answer(301, {"Location": redirect_to + tail})
                sent = self.headers.get("Authorization", "")
                if sent:
                    outer.authorizations.append(sent)
                if not base64.b64decode(sent.removeprefix("Basic ")).endswith(f":{token}".encode()):
                    return self.answer(401, {"WWW-Authenticate": 'Basic realm="fleet"'})
                return self.serve()

            do_POST = do_GET  # noqa: N815 - its name

            def serve(self) -> None:
                path, _, query = self.path.partition("?")
                env = {
                    "PATH": os.environ["PATH"],
                    "HOME": "/nonexistent",
                    "GIT_PROJECT_ROOT": str(root),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                }
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                done = subprocess.run(
                    ["git", "http-backend"], input=body, env=env, capture_output=True, check=True
                )
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.answer(int(headers.pop("Status", "200")[:3]), headers, content)

            def answer(self, code: int, headers: dict[str, str], content: bytes = b"") -> None:
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        super().__init__(Handler, tls)
        self.address += "/fleet.git"
