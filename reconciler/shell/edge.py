"""The edges' host tables: what each of them holds, and a new one for one of them.

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
            answer = self._request("GET", address, None)
            return to_table(answer.json()) if answer.status_code == OK else None
        except (requests.RequestException, ValueError):
            return None

    def push(self, address: str, table: Mapping[str, str]) -> None:
        """Replace the table of one edge; it counts from the next request on.

        Raises StageFailed when the edge does not take it; the old table is then whole.
        """
        try:
            answer = self._request("PUT", address, to_entries(table))
        except requests.RequestException as e:
            raise StageFailed("apply", f"push: {type(e).__name__}", where=f"edge {address}") from e
        if answer.status_code != OK:
            raise StageFailed("apply", f"push: {answer.status_code}", where=f"edge {address}")

    def _request(self, method: str, address: str, body: object) -> requests.Response:
        host = address if ":" in address else f"{address}:{PORT}"
        with requests.Session() as session:
            session.trust_env = False  # a proxy would see the token
            return session.request(
                method,
                f"http://{host}/table",
                json=body,
                headers={"Authorization": f"Bearer {self._token.value}"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )


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
