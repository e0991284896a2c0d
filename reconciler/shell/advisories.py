"""The feed of advisories and the snapshot that is made of it: read, fetched, written."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.core.derive import Secret
from reconciler.core.snapshot import NoSnapshot, Snapshot, as_text, from_text
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.download import Limits, download

FEED = "https://www.wordfence.com/api/intelligence/v3/vulnerabilities/production"
"""Wordfence Intelligence, version 3: free with a token, at most one request in 30 minutes."""
FILE = "advisories.json"
LIMITS = Limits(max_bytes=512 * 1024 * 1024, total_s=600.0, silence_s=60.0)
_OPEN_TO_OTHERS = 0o077


def read_feed(source: str, token_file: Path | None) -> tuple[Mapping[str, Any], str]:
    """Return (id → record, sha256 of all of it) from a file, or from an address over TLS.

    `token_file` holds what the feed's server wants to see. Raises UsageError for an address or a
    token file that may not be used, StageFailed where nothing comes that is a feed.
    """
    scheme = urlsplit(source).scheme
    if scheme in {"http", "https"}:
        data = _fetched(source, scheme, token_file)
    else:
        data = _file(Path(source))
    return _object(data, source), hashlib.sha256(data).hexdigest()


def exploited_cves(file: Path) -> frozenset[str]:
    """CVEs of a catalogue of exploited holes, in the shape of CISA's KEV. Raises StageFailed."""
    listed = _object(_file(file), str(file)).get("vulnerabilities")
    items = listed if isinstance(listed, list) else []
    found = {str(item["cveID"]) for item in items if isinstance(item, Mapping) and "cveID" in item}
    if not found:
        raise StageFailed("fetch", "it names no exploited hole", where=str(file))
    return frozenset(found)


def read_snapshot(folder: Path) -> Snapshot | None:
    """The snapshot in a fleet's folder, None without one. Raises StageFailed where it is broken."""
    place = folder / FILE
    try:
        return from_text(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoSnapshot) as e:
        fix = f"remove {FILE}, then wpaas advisories refresh"
        raise StageFailed("fetch", f"it cannot be read: {e}", where=str(place), fix=fix) from e


def write_snapshot(folder: Path, snapshot: Snapshot) -> Path:
    """Write the snapshot whole or not at all. Raises StageFailed."""
    place = folder / FILE
    beside = place.with_name(f".{FILE}.{os.getpid()}")
    try:
        beside.write_text(as_text(snapshot), encoding="utf-8")
        beside.replace(place)
    except OSError as e:
        raise StageFailed("fetch", f"it cannot be written: {e.strerror}", where=str(place)) from e
    return place


def _fetched(source: str, scheme: str, token_file: Path | None) -> bytes:
    host = urlsplit(source).hostname
    if scheme == "http" and host not in {"127.0.0.1", "localhost"}:
        raise UsageError("a feed comes over https", where=source, fix="write https://")
    bearer = None if token_file is None else _token(token_file)
    return download(
        source, where="the feed of advisories", limits=LIMITS, stage="fetch", bearer=bearer
    )


def _token(file: Path) -> Secret:
    try:
        mode, text = file.stat().st_mode, file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError("the token cannot be read", where=str(file)) from e
    if mode & _OPEN_TO_OTHERS:
        fix = f"chmod 600 {file}"
        raise UsageError("the token is open to other users", where=str(file), fix=fix)
    return Secret(text)


def _file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise UsageError("the file cannot be read", where=str(file)) from e


def _object(data: bytes, source: str) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise StageFailed("fetch", "what came is no JSON", where=source) from e
    if not isinstance(document, dict) or not document:
        raise StageFailed("fetch", "what came is no feed", where=source)
    return document
