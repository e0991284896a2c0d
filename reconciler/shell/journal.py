"""The state folder: the journal (a line for each decision), the last report, and the one-daemon lock."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.errors import StageFailed, UsageError

JOURNAL_BYTES = 5_000_000


class Journal:
    """Appends JSON lines to `journal.jsonl`; keeps one older file once 5 MB are full."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.jsonl"

    def write(self, at: datetime, event: str, **fields: object) -> None:
        """One line; a full disk loses the line and nothing else."""
        line = json.dumps({"at": at.isoformat(timespec="milliseconds"), "event": event, **fields})
        try:
            if self._path.exists() and self._path.stat().st_size > JOURNAL_BYTES:
                self._path.replace(self._path.with_suffix(".old.jsonl"))
            with self._path.open("a") as file:
                file.write(line + "\n")
        except OSError:
            return


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Replace `status.json` as one step, so that a reader sees a whole one. Raises StageFailed."""
    path = folder / "status.json"
    partial = path.with_suffix(f".{os.getpid()}.part")
    try:
        partial.write_text(json.dumps(report, indent=1))
        partial.replace(path)
    except OSError as e:
        raise StageFailed("report", f"cannot write ({e.strerror})", where=str(path)) from e


def read_report(folder: Path) -> dict[str, Any]:
    """The last report, or an empty one where no daemon has run yet."""
    try:
        report: dict[str, Any] = json.loads((folder / "status.json").read_text())
    except (OSError, ValueError):
        return {}
    return report


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold the cluster's lock; it is free at once when its holder dies, however it dies.

    Raises UsageError when another process holds it.
    """
    path = folder / "writer.lock"
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise UsageError(
                f"another reconciler (process {holder}) is at work on this cluster",
                where=str(folder),
                fix="stop it first, or leave the work to it: `wpaas status` shows what it does",
            ) from e
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
