"""Light load on one page through the front, bounded in rate and time; every request is counted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

REQUEST_TIMEOUT_S = 10.0
LONGEST_S = 300.0
SAID_CHARACTERS = 80


@dataclass(slots=True)
class Tally:
    """What the load saw. Times in milliseconds."""

    statuses: dict[str, int] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """All requests, failed ones too."""
        return len(self.milliseconds)

    @property
    def slowest(self) -> float:
        """The longest request, in milliseconds."""
        return max(self.milliseconds, default=0.0)

    def __str__(self) -> str:
        return f"{len(self.failures)} of {self.requests} requests failed, the slowest took {self.slowest:.0f} ms"


@contextmanager
def load(
    address: str,
    host: str,
    *,
    per_second: float,
    clients: int = 2,
    path: Callable[[], str] = lambda: "/",
    cookie: str = "",
) -> Iterator[Tally]:
    """Ask for pages of `host` at `address` while the body runs, at most 5 minutes.

    `path` names the next page, from several threads; without it, the front page. `cookie` is sent along.
    """
    headers = {"Host": host, **({"Cookie": cookie} if cookie else {})}
    tally, lock, stop = Tally(), threading.Lock(), threading.Event()
    end = time.monotonic() + LONGEST_S

    def client() -> None:
        while not stop.is_set() and time.monotonic() < end:
            began = time.monotonic()
            try:
                answer = requests.get(address + path(), headers=headers, timeout=REQUEST_TIMEOUT_S)
                outcome = str(answer.status_code)
                well = answer.status_code == 200 and b"</html>" in answer.content
                said = "" if well else " ".join(answer.text.split())[:SAID_CHARACTERS]
            except requests.RequestException as e:
                outcome, well, said = type(e).__name__, False, ""
            took = time.monotonic() - began
            with lock:
                tally.milliseconds.append(took * 1000)
                tally.statuses[outcome] = tally.statuses.get(outcome, 0) + 1
                if not well:
                    tally.failures.append(f"{outcome} after {took:.2f} s {said}".strip())
            stop.wait(max(0.0, clients / per_second - took))

    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield tally
    finally:
        stop.set()
        for thread in threads:
            thread.join(REQUEST_TIMEOUT_S + 1)
