"""The only place that reads the clock."""

import random
import time
from datetime import UTC, datetime

JITTER = 0.1


def now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - here and nowhere else


def seconds() -> float:
    """A clock that only goes forward, in seconds."""
    return time.monotonic()


def with_jitter(interval_s: float) -> float:
    """The interval, up to a tenth shorter or longer: many daemons do not ask one forge at once."""
    return interval_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spread, not secrecy
