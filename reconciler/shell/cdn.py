"""MaxCDN over REST: one pull zone for each site; list, create, delete, purge all."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from requests_oauthlib import OAuth1
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from reconciler.core.cdn import BadAnswer, Zone, to_data, to_zones, zone_fields
from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.credentials import read_credentials

TIMEOUT_S = (5.0, 30.0)
PAGE_SIZE = 50
MAX_PAGES = 200
_ATTEMPTS = 3


class PullZones:
    """The zones of one account. Zones without our mark are not seen, let alone changed."""

    def __init__(self, endpoint: str, alias: str, key: str, secret: Secret) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._base = f"{self.endpoint}/{alias}"
        self._session = requests.Session()
        # Two-legged OAuth 1.0a: no token. Every form field is signed, on every method.
        self._session.auth = OAuth1(key, client_secret=secret.value)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def zones(self) -> Mapping[str, str]:
        """Site → id of its zone. Raises StageFailed, as every verb does."""
        return {zone.site: zone.id for zone in self._list()}

    def create(self, site: str, origin: str) -> None:
        """Have a zone for `site` that pulls from `origin`; one that is there is pointed at it.

        A POST may be carried out without its answer arriving, so what is there is asked first.
        """
        for zone in self._list():
            if zone.site == site:
                if zone.origin != origin:
                    self._call("PUT", f"zones/pull.json/{zone.id}", form={"url": origin})
                return
        self._call("POST", "zones/pull.json", form=zone_fields(site, origin))

    def delete(self, site: str) -> None:
        """Have no zone for `site`; none before is fine."""
        for zone in self._list():
            if zone.site == site:
                self._call("DELETE", f"zones/pull.json/{zone.id}")

    def purge(self, site: str) -> None:
        """Forget everything that the zone of `site` holds; without a zone there is nothing."""
        for zone in self._list():
            if zone.site == site:
                self._call("DELETE", f"zones/pull.json/{zone.id}/cache")

    def _list(self) -> Iterator[Zone]:
        """Walk all pages: a zone on page 2 is as real as one on page 1."""
        for page in range(1, MAX_PAGES + 1):
            asked = {"page": str(page), "page_size": str(PAGE_SIZE)}
            data = self._read("zones/pull.json", asked)
            yield from to_zones(data.get("pullzones") or ())
            if page >= int(data.get("pages") or 1):
                return

    def _read(self, path: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """GET with retries: the only method that is safe to repeat blindly."""
        retrying = Retrying(
            retry=retry_if_exception_type(StageFailed),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        return retrying(self._call, "GET", path, asked=asked)

    def _call(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        asked: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method,
                f"{self._base}/{path}",
                params=asked,
                data=form,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as e:
            raise self._failed(f"{method} {path}: {type(e).__name__}") from e
        try:
            return to_data(answer.status_code, answer.content)
        except BadAnswer as e:
            raise self._failed(f"{method} {path}: {e}") from e

    def _failed(self, what: str) -> StageFailed:
        return StageFailed("apply", what, where=f"cdn {self.endpoint}")


def pull_zones(endpoint: str, alias: str, credentials: Path) -> PullZones:
    """Open the account whose key and secret are in `credentials`: JSON, `{"key", "secret"}`, 0600.

    Raises StageFailed when the file cannot be used.
    """
    key, secret = read_credentials(credentials, "CDN", ("key", "secret"), "apply")
    return PullZones(endpoint, alias, key.value, secret)
