"""One shared look at the cluster for every site that waits: N waiting sites cost the calls of one."""

import threading
import time
from collections.abc import Callable

from reconciler.core.health import Health, judge
from reconciler.core.model import ObservedCluster

LOOK_INTERVAL_S = 0.4


class Watch:
    """Looks at most every 0.4 s, whoever asks."""

    def __init__(self, look: Callable[[], ObservedCluster]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._seen: tuple[float, ObservedCluster] | None = None

    def after(self, moment: float) -> ObservedCluster:
        """A look that began later than `moment` (time.monotonic)."""
        with self._lock:
            if self._seen is None or self._seen[0] <= moment:
                wait_s = self._seen[0] + LOOK_INTERVAL_S - time.monotonic() if self._seen else 0
                if wait_s > 0:
                    time.sleep(wait_s)
                began = time.monotonic()
                self._seen = (began, self._look())
            return self._seen[1]

    def until_healthy(
        self, service: str, replicas: int, deadline_s: float, superseded: Callable[[], bool]
    ) -> Health:
        """Wait for a service; `waiting` is what it returns when the time is over or no longer worth it."""
        end = time.monotonic() + deadline_s
        while True:
            health = judge(self.after(time.monotonic()), service, replicas)
            if health.state != "waiting" or time.monotonic() >= end or superseded():
                return health
