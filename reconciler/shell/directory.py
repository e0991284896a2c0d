"""The public directory's information service: newest versions, authors, and what was closed."""

import json
from typing import Any

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from reconciler.core import versions
from reconciler.core.directory import Listing, listing
from reconciler.core.manifest import PackageKind
from reconciler.errors import StageFailed

SERVICE = "https://api.wordpress.org"
_MAX_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_TIMEOUT_S = (5.0, 20.0)
_ATTEMPTS = 3
_BUSY = frozenset({429, 500, 502, 503, 504})


class _Away(Exception):
    """The service did not answer, or not now."""


class Directory:
    """The service at `origin` (scheme and host)."""

    def __init__(self, origin: str = SERVICE) -> None:
        self._origin = origin.rstrip("/")

    def listing(self, kind: PackageKind, slug: str, today: str) -> Listing:
        """What is said of a package today (YYYY-MM-DD), closed and unknown ones included.

        Raises StageFailed where the service does not answer, or in another shape.
        """
        path = f"/{kind}s/info/1.2/"
        wanted = {"action": f"{kind}_information", "request[slug]": slug}
        wanted |= {f"request[fields][{field}]": "0" for field in ("sections", "versions")}
        status, answer = self._asked(path, wanted)
        found = listing(kind, slug, status, answer, today)
        if found is None:
            what = f"HTTP {status}, and nothing that could be read"
            raise StageFailed("fetch", what, where=f"{self._origin}{path} ({slug})")
        return found

    def newest_wordpress(self) -> str:
        """The newest release of WordPress. Raises StageFailed as above."""
        path = "/core/version-check/1.7/"
        _, answer = self._asked(path, {})
        offers = answer.get("offers") if isinstance(answer, dict) else None
        offered = (offer for offer in offers or () if isinstance(offer, dict))
        newest = versions.newest(
            offer["version"] for offer in offered if isinstance(offer.get("version"), str)
        )
        if newest is None:
            raise StageFailed("fetch", "no version is offered", where=self._origin + path)
        return newest

    def _asked(self, path: str, wanted: dict[str, str]) -> tuple[int, Any]:
        retrying = Retrying(
            retry=retry_if_exception_type(_Away),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=0.25, max=2),
            reraise=True,
        )
        try:
            return retrying(self._once, path, wanted)
        except _Away as e:
            raise StageFailed("fetch", str(e), where=self._origin + path) from e

    def _once(self, path: str, wanted: dict[str, str]) -> tuple[int, Any]:
        try:
            with requests.get(
                self._origin + path,
                params=wanted,
                timeout=_TIMEOUT_S,
                stream=True,
                allow_redirects=False,
            ) as answer:
                if answer.status_code in _BUSY:
                    raise _Away(f"HTTP {answer.status_code}")
                body = bytearray()
                for chunk in answer.iter_content(_CHUNK_BYTES):
                    body += chunk
                    if len(body) > _MAX_BYTES:
                        raise _Away("an answer without an end")
                return answer.status_code, json.loads(body)
        except requests.RequestException as e:
            raise _Away(type(e).__name__) from e
        except (ValueError, RecursionError) as e:
            raise _Away("an answer that is no JSON") from e
