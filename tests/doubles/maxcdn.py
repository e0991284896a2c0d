"""A stand-in for MaxCDN: an HTTP server with its REST API and with edges that pull from origins.

Signatures are checked by oauthlib, form fields included (the service's rule since 2016). A zone
answers on the same port under its `cdn_url` as Host, keeps what the origin allows, and says
`X-Cache: HIT` or `MISS`. `faults` is a script: call number (from 1) → status to answer instead,
0 for a connection cut after the call was carried out.
"""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from listening import Listening, Quiet
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint

WINDOW_S = 300
PAGE = 50


class OneClient(RequestValidator):
    """Knows one key; a nonce is taken once."""

    def __init__(self, key: str, secret: str) -> None:
        super().__init__()
        self._key, self._secret = key, secret
        self._seen: set[tuple[str, str]] = set()

    enforce_ssl = False
    dummy_client = "nobody"

    def check_client_key(self, client_key: str) -> bool:
        return bool(client_key)

    def check_nonce(self, nonce: str) -> bool:
        return bool(nonce)

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == self._key

    def get_client_secret(self, client_key: str, request: object) -> str:
        return self._secret

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: object,
        request_token: str | None = None,
        access_token: str | None = None,
    ) -> bool:
        fresh = (
            abs(time.time() - int(timestamp)) <= WINDOW_S and (timestamp, nonce) not in self._seen
        )
        self._seen.add((timestamp, nonce))
        return fresh


class MaxCdnDouble(Listening):
    """One account called `alias` at `endpoint`."""

    def __init__(self, alias: str = "acme") -> None:
        self.alias, self.key, self.secret = alias, "testkey", "testsecret"
        self.zones: dict[int, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.faults: dict[int, int] = {}
        self.cached: dict[tuple[int, str], tuple[int, dict[str, str], bytes]] = {}
        self._next = 97167
        self._lock = threading.Lock()
        self._oauth = SignatureOnlyEndpoint(OneClient(self.key, self.secret))
        outer = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                zone = outer.zone_of(self.headers.get("Host", ""))
                if zone is not None:
                    status, headers, content = outer.pull(zone, self.path, dict(self.headers))
                else:
                    url = f"http://{self.headers['Host']}{self.path}"
                    status, document = outer.answer(self.command, url, body, dict(self.headers))
                    headers, content = (
                        {"Content-Type": "application/json"},
                        json.dumps(document).encode(),
                    )
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - their names

        super().__init__(Handler)
        self.endpoint = self.address

    # the edges

    def zone_of(self, host: str) -> int | None:
        return next(
            (n for n, z in self.zones.items() if z["cdn_url"] == host.split(":", maxsplit=1)[0]),
            None,
        )

    def pull(
        self, zone: int, path: str, asked: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Serve from the cache, or from the origin and keep what it allows."""
        if (zone, path) in self.cached:
            status, headers, content = self.cached[zone, path]
            return status, {**headers, "X-Cache": "HIT"}, content
        sent = {"Cookie": asked["Cookie"]} if "Cookie" in asked else {}
        origin = self.zones[zone]["url"].rstrip("/") + path
        got = requests.get(origin, headers=sent, timeout=10, allow_redirects=False)
        kept = ("Content-Type", "Cache-Control", "Location")
        headers = {name: got.headers[name] for name in kept if name in got.headers}
        rule = got.headers.get("Cache-Control", "")
        private = any(word in rule for word in ("no-store", "private", "no-cache", "max-age=0"))
        if got.status_code == 200 and not private and "Set-Cookie" not in got.headers:
            self.cached[zone, path] = (200, headers, got.content)
        return got.status_code, {**headers, "X-Cache": "MISS"}, got.content

    # the REST API

    def answer(
        self, method: str, url: str, body: str, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        with self._lock:
            path = urlsplit(url).path
            self.calls.append(f"{method} {path}")
            fault = self.faults.pop(len(self.calls), None)
            if fault:
                return fault, {"code": fault, "error": {"type": "fault", "message": "as told"}}
            valid, _ = self._oauth.validate_request(url, method, body, dict(headers))
            if not valid:
                return 401, {"code": 401, "error": {"type": "", "message": "Invalid signature"}}
            parts = path.strip("/").split("/")
            if parts[:3] != [self.alias, "zones", "pull.json"]:
                return 404, {"code": 404, "error": {"type": "not_found", "message": path}}
            form = dict(parse_qsl(body))
            asked = dict(parse_qsl(urlsplit(url).query))
            done = self._zones(method, parts[3:], form, asked)
            return (0, {}) if fault == 0 else done

    def _zones(
        self, method: str, rest: list[str], form: dict[str, str], asked: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if not rest:
            return self._list(asked) if method == "GET" else self._create(form)
        number = int(rest[0])
        if number not in self.zones:
            return 404, {"code": 404, "error": {"type": "not_found", "message": "no such zone"}}
        if method == "PUT":
            self.zones[number] |= form
            return 200, {"code": 200, "data": {"pullzone": self._as_strings(number)}}
        if method == "DELETE":
            self._purge(number, asked)
            if rest[1:] != ["cache"]:
                del self.zones[number]
            return 200, {"code": 200}
        return 200, {"code": 200, "data": {"pullzone": self._as_strings(number)}}

    def _list(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        page, size = int(asked.get("page", 1)), min(int(asked.get("page_size", PAGE)), PAGE)
        numbers = sorted(self.zones)
        shown = numbers[(page - 1) * size : page * size]
        return 200, {
            "code": 200,
            "data": {
                "page": page,
                "pages": max(1, -(-len(numbers) // size)),
                "page_size": str(size),
                "current_page_size": len(shown),
                "total": len(numbers),
                "pullzones": [self._as_strings(number) for number in shown],
            },
        }

    def _create(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        name, url = form.get("name", ""), form.get("url", "")
        errors = {}
        if not 3 <= len(name) <= 30 or not name.replace("-", "").isalnum():
            errors["name"] = "must be 3 to 30 letters, digits and dashes"
        elif any(zone["name"] == name for zone in self.zones.values()):
            errors["name"] = "is taken"
        if not url.startswith(("http://", "https://")):
            errors["url"] = "is not an address"
        if errors:
            error = {"type": "validation_error", "message": "The form has errors"}
            return 400, {"code": 400, "error": error, "data": {"errors": errors}}
        number, self._next = self._next, self._next + 1
        host = f"{name}.{self.alias}.netdna-cdn.test"
        self.zones[number] = {**form, "cdn_url": host, "tmp_url": host, "inactive": "0"}
        # A new zone has its flags as numbers, a listed one as texts: as the service had it.
        numeric = {key: int(value) if value.isdigit() else value for key, value in form.items()}
        return 201, {"code": 201, "data": {"pullzone": {**numeric, "id": number, "cdn_url": host}}}

    def _purge(self, number: int, asked: dict[str, str]) -> None:
        files = {value for key, value in asked.items() if key.startswith("file")}
        for zone, path in list(self.cached):
            if zone == number and (not files or path in files):
                del self.cached[zone, path]

    def _as_strings(self, number: int) -> dict[str, Any]:
        return {**self.zones[number], "id": str(number), "suspend": "0", "valid_referers": None}
