"""A double of the directory's information service and of a feed of advisories.

The real ones are not asked by tests. Shapes are those documented for the information service 1.2
(plugins, themes), the core version check 1.7, and Wordfence Intelligence 3; see also
tests/core/test_snapshot.py, where each of them is read.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from listening import Listening, Quiet


@dataclass
class WordPressOrg:
    """What it knows: (kind, slug) → answer, closed ones, offers of WordPress, archives, the feed."""

    address: str = ""
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    closed: set[tuple[str, str]] = field(default_factory=set)
    core: list[str] = field(default_factory=lambda: ["6.8.1", "6.7.3"])
    archives: dict[str, bytes] = field(default_factory=dict)
    feed: Any = field(default_factory=dict)
    token: str = ""
    busy: int = 0
    asked: list[str] = field(default_factory=list)

    def add(self, kind: str, slug: str, version: str, login: str = "nilsb") -> None:
        """List a package, or list it anew."""
        self.known[(kind, slug)] = {
            "name": slug.title(),
            "slug": slug,
            "version": version,
            "author": f'<a href="https://{login}.example/">{login.title()}</a>',
            "author_profile": f"https://profiles.wordpress.org/{login}/",
            "contributors": {login: {"profile": f"https://profiles.wordpress.org/{login}/"}},
            "last_updated": "2026-08-26 9:13am GMT",
        }

    def answer(self, path: str, query: dict[str, list[str]], authorization: str) -> tuple[int, Any]:
        """(status, document) for one request."""
        if path == "/feed":
            allowed = not self.token or authorization == f"Bearer {self.token}"
            return (200, self.feed) if allowed else (401, {"error": "no token"})
        if path == "/core/version-check/1.7/":
            return 200, {"offers": [{"response": "upgrade", "version": v} for v in self.core]}
        kind = path.split("/")[1].removesuffix("s")
        slug = query.get("request[slug]", [""])[0]
        if (kind, slug) in self.closed:
            return 404, {
                "error": "closed", "name": slug.title(), "slug": slug, "closed": True,
                "closed_date": "2026-04-07", "reason": "security-issue",
                "reason_text": "Security Issue",
            }  # fmt: skip
        known = self.known.get((kind, slug))
        return (200, known) if known else (404, {"error": f"{kind.title()} not found."})


@contextmanager
def serving() -> Iterator[WordPressOrg]:
    """The double on 127.0.0.1 for as long as the context is open."""
    it = WordPressOrg()

    class Handler(Quiet):
        def do_GET(self) -> None:  # noqa: N802 - its name
            parts = urlsplit(self.path)
            it.asked.append(parts.path)
            if it.busy:
                it.busy -= 1
                self.reply(503, b"busy")
            elif parts.path in it.archives:
                self.reply(200, it.archives[parts.path])
            elif parts.path.endswith(".zip"):
                self.reply(404, b"")
            else:
                query = parse_qs(parts.query)
                status, document = it.answer(
                    parts.path, query, self.headers.get("Authorization", "")
                )
                self.reply(status, json.dumps(document).encode())

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with Listening(Handler) as listening:
        it.address = listening.address
        yield it
