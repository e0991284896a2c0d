"""The edges: what host table each of them holds, a new one for one of them, and purging of a site.

An edge keeps the table as Caddy's own `map` entries, `{"input": HOST, "outputs": [SITE]}`; callers
see host → site.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed

PORT = 2020
TIMEOUT_S = (2, 10)
OK = 200
# Stands for none: without hosts an edge forgets everything.
# More is not told host by host: the edge forgets all its pages.
HOSTS_BYTES = 3_500
NO_HOST = "none.invalid"


class Edge:
    """The edges of the fleet, each at the address of its node (`IP` or `IP:PORT`)."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def tables(self, addresses: Sequence[str]) -> dict[str, Mapping[str, str] | None]:
        """Address → its table, None for an edge that does not answer or answers nonsense.

        All are asked at the same time, so that dead ones cost one time-out and not one each.
        """
        if not addresses:
            return {}
        with ThreadPoolExecutor(max_workers=min(16, len(addresses))) as pool:
            return dict(zip(addresses, pool.map(self._table, addresses), strict=True))

    def _table(self, address: str) -> Mapping[str, str] | None:
        try:
            answer = self._request("GET", address, "table", None, {})
            return to_table(answer.json()) if answer.status_code == OK else None
        except (requests.RequestException, ValueError):
            return None

    def push(self, address: str, table: Mapping[str, str]) -> None:
        """Replace the table of one edge; it counts from the next request on.

        The edge forgets its pages of hosts that are another site's then, or nobody's: all pages, where
        its old table is not known. Raises StageFailed when the edge does not take it; the old table is
        then whole.
        """
        before = self._table(address)
        moved = "" if before is None else " ".join(moved_hosts(before, table))
        try:
            named = before is not None and len(moved) <= HOSTS_BYTES
            headers = {"X-Wpaas-Hosts": moved or NO_HOST} if named else {}
            answer = self._request("PUT", address, "table", to_entries(table), headers)
        except requests.RequestException as e:
            raise StageFailed("apply", f"push: {type(e).__name__}", where=f"edge {address}") from e
        if answer.status_code != OK:
            raise StageFailed("apply", f"push: {answer.status_code}", where=f"edge {address}")

    def purge(self, addresses: Sequence[str], site: str) -> list[str]:
        """Have edges forget every page of a site, all at the same time. Returns those that did not."""
        if not addresses:
            return []
        with ThreadPoolExecutor(max_workers=min(16, len(addresses))) as pool:
            done = pool.map(lambda address: self._purged(address, site), addresses)
            return [address for address, ok in zip(addresses, done, strict=True) if not ok]

    def _purged(self, address: str, site: str) -> bool:
        headers = {"X-Wpaas-Site": site, "Xkey": "site"}
        try:
            return self._request("POST", address, "purge", None, headers).status_code == OK
        except requests.RequestException:
            return False

    def _request(
        self, method: str, address: str, path: str, body: object, headers: Mapping[str, str]
    ) -> requests.Response:
        host = address if ":" in address else f"{address}:{PORT}"
        with requests.Session() as session:
            session.trust_env = False  # a proxy would see the token
            return session.request(
                method,
                f"http://{host}/{path}",
                json=body,
                headers={**headers, "Authorization": f"Bearer {self._token.value}"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )


def moved_hosts(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Hosts that led to a site and lead to another one, or to none, sorted."""
    return sorted(host for host, site in before.items() if after.get(host) != site)


def to_entries(table: Mapping[str, str]) -> list[dict[str, Any]]:
    """Host → site as Caddy's `map` entries, in a fixed order.

    https://caddyserver.com/docs/json/apps/http/servers/routes/handle/map/
    """
    return [{"input": host, "outputs": [site]} for host, site in sorted(table.items())]


def to_table(entries: Any) -> dict[str, str]:
    """Caddy's `map` entries as host → site. Raises ValueError for anything else."""
    try:
        return {str(entry["input"]): str(entry["outputs"][0]) for entry in entries or []}
    except (KeyError, IndexError, TypeError) as e:
        raise ValueError("not a list of map entries") from e
