"""MaxCDN's documents as values: what a zone should be, and what an answer says.

Source: MaxCDN's API documentation of 2017 and its five clients. Types are loose there: a flag is
"1", 1 or null, according to the call.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OWNER_MARK = "wpaas:"
"""Zones whose label begins with it are ours; no other is ever touched."""

MAX_NAME_CHARS = 30
MIN_NAME_CHARS = 3
ERROR_CHARS = 300

ZONE_SETTINGS: Mapping[str, str] = {
    "queries": "1",  # the query is part of the key, or `style.css?ver=2` shows version 1
    "ignore_cache_control": "0",  # WordPress protects admin and logged-in pages with these headers
    "ignore_setcookie_header": "0",
    "use_stale": "500 502 503 504",
    "proxy_cache_lock": "1",  # one fetch at the origin for each object, after a purge above all
    "x_forward_for": "1",
    "compress": "1",
}


@dataclass(frozen=True, slots=True)
class Zone:
    """One pull zone of ours."""

    id: str
    site: str
    origin: str


class BadAnswer(Exception):
    """The provider refused, or said nothing that can be understood; holds no body in whole."""


def zone_name(site: str) -> str:
    """Return the zone's name: 3 to 30 letters, digits and hyphens, one for each site."""
    if MIN_NAME_CHARS <= len(site) <= MAX_NAME_CHARS:
        return site
    mark = hashlib.sha256(site.encode()).hexdigest()[:8]
    return f"{site[: MAX_NAME_CHARS - len(mark) - 1]}-{mark}"


def zone_fields(site: str, origin: str) -> dict[str, str]:
    """Return the form of a new zone for `site` that pulls from `origin` (an address, no path)."""
    label = {"label": OWNER_MARK + site}
    return {"name": zone_name(site), "url": origin, **label, **ZONE_SETTINGS}


def to_zones(rows: Iterable[Mapping[str, Any]]) -> tuple[Zone, ...]:
    """Return our zones out of a list; deleted ones (`inactive`) may still stand in it."""
    return tuple(
        Zone(str(row["id"]), str(row["label"]).removeprefix(OWNER_MARK), str(row["url"]))
        for row in rows
        if str(row.get("label") or "").startswith(OWNER_MARK)
        and str(row.get("inactive") or "0") != "1"
    )


def to_data(status: int, body: bytes) -> dict[str, Any]:
    """Return `data` of an answer, {} where it has none.

    Success is HTTP 2xx and a document and a code of 200 to 299. Raises BadAnswer otherwise.
    """
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise BadAnswer(f"HTTP {status}, and no document")
    code = document.get("code", status)
    if not (_good(status) and _good(code)):
        raise BadAnswer(f"HTTP {status}: {_complaint(document)}")
    data = document.get("data", {})
    return data if isinstance(data, dict) else {}


def _good(code: object) -> bool:
    return isinstance(code, int | str) and str(code).isdigit() and 200 <= int(code) < 300  # noqa: PLR2004 - HTTP


def _complaint(document: Mapping[str, Any]) -> str:
    """Put the error's type, message and fields into one line. Fields are texts or objects."""
    error = document.get("error")
    error = error if isinstance(error, dict) else {}
    said = [str(error[key]) for key in ("type", "message") if error.get(key)]
    data = document.get("data")
    fields = data.get("errors") if isinstance(data, dict) else None
    for field, what in sorted((fields or {}).items()) if isinstance(fields, dict) else ():
        said.append(f"{field}: {what.get('error', what) if isinstance(what, dict) else what}")
    return (", ".join(said) or "no reason given")[:ERROR_CHARS]
