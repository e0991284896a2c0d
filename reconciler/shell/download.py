"""One file over HTTP, bounded in size and time: resumed where it broke off, never led elsewhere."""

import time
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import HTTPError

from reconciler.core.derive import Secret
from reconciler.errors import Stage, StageFailed

_CHUNK_BYTES = 256 * 1024
_MOST_REDIRECTS = 3
_BUSY = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PARTIAL, _UNSATISFIABLE = 206, 416


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`total_s` is for all attempts together, `silence_s` for one answer that says nothing."""

    max_bytes: int = 64 * 1024 * 1024
    total_s: float = 120.0
    silence_s: float = 20.0
    attempts: int = 4


class _Away(Exception):
    """The server did not answer, broke off, or has no time now: worth another attempt."""


@dataclass(slots=True)
class _Got:
    """What came so far, and the server's word for this very content (a strong ETag)."""

    data: bytearray = field(default_factory=bytearray)
    etag: str = ""


@dataclass(frozen=True, slots=True)
class _Download:
    url: str
    redirects: tuple[str, ...]
    limits: Limits
    where: str
    stage: Stage
    bearer: Secret | None
    end: float

    def failed(self, what: str, fix: str = "") -> StageFailed:
        return StageFailed(self.stage, f"{self.url}: {what}", where=self.where, fix=fix)


def download(
    url: str,
    *,
    where: str,
    redirects: tuple[str, ...] = (),
    limits: Limits | None = None,
    stage: Stage = "image",
    bearer: Secret | None = None,
) -> bytes:
    """Return what `url` has. `where` and `stage` are said in failures; `bearer` is a token to show.

    Only the origins in `redirects` (scheme and host) may be followed to. What broke off is asked
    for from there on, if the server vouches that it is still the same. Raises StageFailed.
    """
    bounds = limits or Limits()
    task = _Download(
        url, redirects, bounds, where, stage, bearer, time.monotonic() + bounds.total_s
    )
    got = _Got()
    retrying = Retrying(
        retry=retry_if_exception_type(_Away),
        stop=stop_after_attempt(bounds.attempts),
        wait=wait_exponential(multiplier=0.25, max=4),
        reraise=True,
    )
    try:
        retrying(_attempt, task, got)
    except _Away as e:
        raise task.failed(str(e), "the loop tries again") from e
    return bytes(got.data)


def _attempt(task: _Download, got: _Got) -> None:
    if time.monotonic() > task.end:
        raise task.failed(f"took over {task.limits.total_s:g} s")
    url = task.url
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            with requests.get(
                url,
                headers=_headers(task, got),
                stream=True,
                timeout=(5.0, task.limits.silence_s),
                allow_redirects=False,
            ) as answer:
                if answer.status_code not in _REDIRECTS:
                    _read(task, answer, got)
                    return
                url = _next(task, url, answer)
        except (requests.RequestException, HTTPError) as e:
            raise _Away(type(e).__name__) from e
    raise task.failed(f"sends us on more than {_MOST_REDIRECTS} times")


def _headers(task: _Download, got: _Got) -> dict[str, str]:
    # Compressed on the way, a small answer could unpack to any size.
    headers = {"Accept-Encoding": "identity"}
    if task.bearer is not None:
        headers["Authorization"] = f"Bearer {task.bearer.value}"
    if got.data and got.etag:
        headers |= {"Range": f"bytes={len(got.data)}-", "If-Range": got.etag}
    return headers


def _next(task: _Download, url: str, answer: requests.Response) -> str:
    """Where it is said to be, if that is a place of the table."""
    target = urljoin(url, answer.headers.get("Location", ""))
    parts = urlsplit(target)
    if f"{parts.scheme}://{parts.netloc}" not in task.redirects:
        place = f"{parts.scheme}://{parts.hostname}"
        text = f"HTTP {answer.status_code} to {place}, which is not followed"
        raise task.failed(text, "is the version right?")
    return target


def _read(task: _Download, answer: requests.Response, got: _Got) -> None:
    status = answer.status_code
    if status in _BUSY:
        raise _Away(f"HTTP {status}")
    goes_on = status == _PARTIAL and _begins_at(answer) == len(got.data)
    if not goes_on:
        got.data.clear()
    if status in {_PARTIAL, _UNSATISFIABLE} and not goes_on:
        raise _Away(f"HTTP {status} for another part than was asked for")
    if not goes_on and status != requests.codes.ok:
        raise task.failed(f"HTTP {status}", "is the version right?")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise task.failed("packed on the way, which was not asked for")
    etag = answer.headers.get("ETag", "")
    got.etag = etag if etag.startswith('"') else ""
    said = answer.headers.get("Content-Length", "")
    if said.isdigit() and len(got.data) + int(said) > task.limits.max_bytes:
        raise task.failed(f"is over {task.limits.max_bytes} bytes")
    # read1 returns what is there: read would wait for a whole chunk of a server that drips.
    while chunk := answer.raw.read1(_CHUNK_BYTES, decode_content=False):
        got.data += chunk
        if len(got.data) > task.limits.max_bytes:
            raise task.failed(f"is over {task.limits.max_bytes} bytes")
        if time.monotonic() > task.end:
            raise task.failed(f"took over {task.limits.total_s:g} s")


def _begins_at(answer: requests.Response) -> int:
    """The first byte of a part, -1 where it is not said."""
    unit, _, said = answer.headers.get("Content-Range", "").partition(" ")
    first = said.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdigit() else -1
