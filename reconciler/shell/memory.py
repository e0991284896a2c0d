"""Small JSON files of the state folder: what can be lost, at a cost."""

import json
from pathlib import Path
from typing import Any

from reconciler.errors import Stage, StageFailed


def recall(path: Path) -> dict[str, Any]:
    """Return what was remembered; nothing where the file is missing or no object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(path: Path, document: dict[str, Any], stage: Stage) -> None:
    """Write it whole or not at all. Raises StageFailed."""
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(document, indent=1), encoding="utf-8")
        partial.replace(path)
    except OSError as e:
        raise StageFailed(stage, f"cannot write ({e.strerror})", where=str(path)) from e
