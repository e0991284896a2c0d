"""A command that has something to put away: one signal ends it, more do not end the putting away."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def tidily(said: str) -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C, a cancelled job and a closed terminal alike.

    `said` is told then, and whatever comes until the end of the block is not listened to.
    """

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        with suppress(OSError):  # the terminal may be gone
            print(f"\nwpaas: {said}", file=sys.stderr, flush=True)
        raise KeyboardInterrupt

    # What is not listened to already (nohup) stays so.
    before = {each: old for each in _ENDS if (old := signal.getsignal(each)) != signal.SIG_IGN}
    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, old in before.items():
            signal.signal(each, old)
