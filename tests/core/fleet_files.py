"""The small good fleet that tests of the compiler change, as blobs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.core.blob import Blob
from reconciler.shell.worktree import read_worktree

BASE = Path(__file__).parents[1] / "cases" / "base"


def fleet_files(**changed: bytes) -> dict[str, Blob]:
    """base/ with the sites `changed`: chess_club=b"…" is sites/chess-club.json."""
    blobs = dict(read_worktree(BASE))
    for word, data in changed.items():
        path = f"sites/{word.replace('_', '-')}.json"
        blobs[path] = Blob(path, "100644", data)
    return blobs


def site_file(name: str, **fields: Any) -> bytes:
    """A good site's file with these fields."""
    document: Mapping[str, Any] = {"name": name, "title": name, "owners": ["amira"], **fields}
    return json.dumps(document).encode()
