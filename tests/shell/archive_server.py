"""A server of archives that behaves, or does one of the things that servers do instead."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Literal

from listening import Listening, Quiet

Misdeed = Literal["", "breaks off", "drips", "says too much", "says too little", "packs", "lies"]


@dataclass
class Server:
    """Answers with `statuses` one after another (the last for ever), and `body` for 200.

    `misdeeds` are done one after another too, and then no more. A request with Range is answered
    with that part if `etag` matches If-Range.
    """

    body: bytes
    address: str = ""
    etag: str = '"one"'
    location: str = "/elsewhere"
    statuses: list[int] = field(default_factory=lambda: [200])
    misdeeds: list[Misdeed] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)


@contextmanager
def serving(body: bytes) -> Iterator[Server]:
    """A server on 127.0.0.1 for as long as the context is open."""
    it = Server(body)

    class Handler(Quiet):
        def do_GET(self) -> None:  # noqa: N802 - its name
            with suppress(ConnectionError):
                _answer(it, self)

    with Listening(Handler) as listening:
        it.address = listening.address
        yield it


def _answer(it: Server, request: BaseHTTPRequestHandler) -> None:
    it.asked.append(request.path)
    status = it.statuses.pop(0) if len(it.statuses) > 1 else it.statuses[0]
    if status != 200:
        request.send_response(status)
        request.send_header("Location", it.location)
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    misdeed: Misdeed = it.misdeeds.pop(0) if it.misdeeds else ""
    wanted = request.headers.get("Range", "")
    it.ranges.append(wanted)
    first = 0
    if wanted and request.headers.get("If-Range") == it.etag:
        first = int(wanted.removeprefix("bytes=").rstrip("-"))
    body = it.body[first:]
    request.send_response(206 if first else 200)
    if first:
        begin = first - 1 if misdeed == "lies" else first
        request.send_header("Content-Range", f"bytes {begin}-{len(it.body) - 1}/{len(it.body)}")
    request.send_header("ETag", it.etag)
    lengths = {"says too much": len(body) + 10, "says too little": len(body) // 2}
    request.send_header("Content-Length", str(lengths.get(misdeed, len(body))))
    if misdeed == "packs":
        request.send_header("Content-Encoding", "gzip")
    request.end_headers()
    if misdeed == "drips":
        for at in range(len(body)):
            request.wfile.write(body[at : at + 1])
            request.wfile.flush()
            time.sleep(0.02)
        return
    request.wfile.write(body[: len(body) // 2] if misdeed == "breaks off" else body)
