"""A folder that people edit: tells of changes, once things have been quiet for a moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

QUIET_S = 0.3
IGNORED = frozenset({".git", ".wpaas"})


class _Changes(FileSystemEventHandler):
    """Restarts its timer at each change, so that an editor's burst of writes is one call."""

    def __init__(self, folder: Path, tell: Callable[[], None]) -> None:
        self._folder = folder
        self._tell = tell
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in {"opened", "closed_no_write"} or self._is_ignored(event):
            return
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(QUIET_S, self._tell)
            self._timer.daemon = True
            self._timer.start()

    def _is_ignored(self, event: FileSystemEvent) -> bool:
        inside = Path(str(event.src_path)).relative_to(self._folder)
        return bool(IGNORED & set(inside.parts))

    def end(self) -> None:
        """Forget a call that is still to come."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()


@contextmanager
def following(folder: Path, tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` from a thread 0.3 s after the last change below `folder`, while the body runs."""
    folder = folder.resolve()
    changes, observer = _Changes(folder, tell), Observer()
    observer.schedule(changes, str(folder), recursive=True)
    observer.start()
    try:
        yield
    finally:
        changes.end()
        observer.stop()
        observer.join()
