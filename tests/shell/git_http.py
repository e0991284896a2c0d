"""Git's own smart HTTP back end behind Python's HTTP server, with a password."""

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self


class GitOverHttp:
    """Serves the repositories below `root` to whoever knows `token`; or sends everybody elsewhere."""

    def __init__(self, root: Path, token: str, redirect_to: str = "") -> None:
        self.authorizations: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

            def do_GET(self) -> None:
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

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/fleet.git"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
