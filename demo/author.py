"""An author at work over plain HTTP, as a browser would be: logs in by the one-time link, publishes."""

import struct
import zlib

import requests

TIMEOUT_S = 30.0


def picture(width: int = 320, height: int = 200) -> bytes:
    """A small real PNG (RFC 2083): a gradient, so that thumbnails have something to show."""
    rows = b"".join(
        b"\0" + bytes(c for x in range(width) for c in (x * 255 // width, y * 255 // height, 128))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Author:
    """One logged-in session on a site. `address` is where requests go, `host` the site's name."""

    def __init__(self, address: str, host: str) -> None:
        self.address = address.rstrip("/")
        self.host = host
        self._cookies: dict[str, str] = {}

    def _send(self, method: str, path: str, **more: object) -> requests.Response:
        headers = {"Host": self.host, **(more.pop("headers", None) or {})}  # type: ignore[dict-item] # headers are text
        if self._cookies:
            headers["Cookie"] = self.cookie
        answer = requests.request(
            method,
            self.address + path,
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            **more,  # type: ignore[arg-type] # passed through
        )
        self._cookies.update(answer.cookies.get_dict())
        return answer

    @property
    def cookie(self) -> str:
        """The session's cookies as one header."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def log_in(self, link: str) -> None:
        """Follow a link of `wpaas site login`. Raises AssertionError where it does not log in."""
        path = "/" + link.split("/", 3)[3]
        self._send("GET", path)
        assert self.is_logged_in(), "the link did not log in"

    def is_logged_in(self) -> bool:
        """Whether the admin opens."""
        return bool(self._send("GET", "/wp-admin/profile.php").status_code == requests.codes.ok)

    def _nonce(self) -> str:
        return self._send("GET", "/wp-admin/admin-ajax.php?action=rest-nonce").text.strip()

    def upload(self, name: str, data: bytes) -> dict[str, object]:
        """Put a picture into the media library; returns WordPress's description of it."""
        answer = self._send(
            "POST",
            "/wp-json/wp/v2/media",
            data=data,
            headers={
                "X-WP-Nonce": self._nonce(),
                "Content-Type": "image/png",
                "Content-Disposition": f'attachment; filename="{name}"',
            },
        )
        assert answer.status_code == requests.codes.created, (
            f"{answer.status_code}: {answer.text[:300]}"
        )
        described: dict[str, object] = answer.json()
        return described

    def publish(self, title: str, content: str) -> str:
        """Publish a post; returns its path."""
        answer = self._send(
            "POST",
            "/wp-json/wp/v2/posts",
            headers={"X-WP-Nonce": self._nonce()},
            json={"title": title, "content": content, "status": "publish"},
        )
        assert answer.status_code == requests.codes.created, (
            f"{answer.status_code}: {answer.text[:300]}"
        )
        return "/" + str(answer.json()["link"]).split("/", 3)[3]

    def get(self, path: str) -> requests.Response:
        """A page or a file of the site, with this session's cookies."""
        return self._send("GET", path)
