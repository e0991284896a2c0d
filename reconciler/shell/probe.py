"""Ask for a page as a visitor would: over HTTP through the edge, by the site's own host."""

import time
from dataclasses import dataclass

import requests

END_TAG = b"</html>"
TIMEOUT_S = 5.0
PAUSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Page:
    """What came back: the HTTP status (0: no answer), and the time in milliseconds."""

    status: int
    milliseconds: float
    error: str


def look(address: str, host: str, path: str = "/") -> Page:
    """One request to `address` (scheme, host, port) with the Host header `host`; whole pages only.

    A webhead makes the page: what an edge has kept says nothing about those that run now.
    """
    began = time.monotonic()
    try:
        answer = requests.get(
            f"{address}{path}",
            headers={"Host": host, "User-Agent": "wpaas-probe", "Cookie": "wpaas-probe=1"},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
    except requests.RequestException as e:
        return Page(0, (time.monotonic() - began) * 1000, f"no answer ({type(e).__name__})")
    milliseconds = (time.monotonic() - began) * 1000
    if answer.status_code != requests.codes.ok:
        return Page(answer.status_code, milliseconds, f"the page answered {answer.status_code}")
    if END_TAG not in answer.content:
        return Page(answer.status_code, milliseconds, "the page has no end tag")
    return Page(answer.status_code, milliseconds, "")


def until_up(address: str, host: str, deadline_s: float) -> str:
    """Empty once a whole page came; else, when the time is over, what was wrong with the last one."""
    end = time.monotonic() + deadline_s
    while True:
        page = look(address, host)
        if not page.error or time.monotonic() >= end:
            return page.error
        time.sleep(PAUSE_S)
