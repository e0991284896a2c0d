"""`image/packages.lock`: the Debian packages of the base, stage by stage, and the day they were read.

    # date: 2026-11-24
    [webhead]
    adduser=3.152

A mirror forgets old versions. The build takes a version of the lock where it can and the mirror's
own where it cannot, and says so in the image: a security update must not stop a fleet.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.core.blob import Blob
from reconciler.core.problem import Problem

FILE = "image/packages.lock"
STAGES = ("programs", "wordpress", "webhead")
"""The stages of the Dockerfile that install packages; only the last one's are in the image."""

OLD_DAYS = 45
REFRESH = "run `make base-lock`, look at what changed, and commit it"

_DATE = re.compile(r"# date: (\d{4}-\d{2}-\d{2})")
_BASE = re.compile(r"# base: ([a-z0-9./:-]+@sha256:[0-9a-f]{64})")
_ENTRY = re.compile(r"([a-z0-9][a-z0-9.+-]+)=([0-9A-Za-z.+:~-]+)")


@dataclass(frozen=True, slots=True)
class Lock:
    """Stage → package → version, as of `day` (YYYY-MM-DD, "" where the file does not say).

    `base`: the image to build from, by digest; "" where the engine that made the lock had it from
    no registry.
    """

    day: str
    stages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    base: str = ""

    def __str__(self) -> str:
        lines = ["# Debian packages of the base image, made by `make base-lock`."]
        lines += [f"# date: {self.day}", *([f"# base: {self.base}"] if self.base else [])]
        for stage in STAGES:
            lines += ["", f"[{stage}]"]
            lines += [f"{name}={version}" for name, version in sorted(self.stages[stage].items())]
        return "\n".join(lines) + "\n"


def parse(text: str) -> Lock:
    """Read the file. Lines that are no entry are left out; the build reads it in the same way."""
    found, base = _DATE.search(text), _BASE.search(text)
    stages: dict[str, dict[str, str]] = {stage: {} for stage in STAGES}
    stage = ""
    for line in text.splitlines():
        entry = _ENTRY.fullmatch(line)
        if line.startswith("[") and line.endswith("]"):
            stage = line[1:-1]
        elif entry and stage in stages:
            stages[stage][entry[1]] = entry[2]
    return Lock(found[1] if found else "", stages, base[1] if base else "")


def of(blobs: Mapping[str, Blob]) -> Lock:
    """The lock of a commit; an empty one where it has none."""
    blob = blobs.get(FILE)
    return parse(blob.data.decode("utf-8", "replace") if blob else "")


def entries(listing: Iterable[str]) -> dict[str, str]:
    """Package → version of lines as `dpkg-query` prints them (`NAME=VERSION`)."""
    found = (_ENTRY.fullmatch(line.strip()) for line in listing)
    return {entry[1]: entry[2] for entry in found if entry}


def changes(before: Lock, after: Lock) -> Iterator[str]:
    """What differs between two locks, a line for each package."""
    for stage in STAGES:
        old, new = before.stages.get(stage, {}), after.stages.get(stage, {})
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f"{stage}: {name} {old.get(name, '(new)')} → {new.get(name, '(gone)')}"


def lock_problems(blobs: Mapping[str, Blob], today: date | None) -> Iterator[Problem]:
    """A lock that is old: security updates since its day are not in a base built of it."""
    day = of(blobs).day
    try:
        age = (today - date.fromisoformat(day)).days if today and day else 0
    except ValueError:
        return
    if age > OLD_DAYS:
        message = f"the Debian packages are those of {day}, {age} days ago"
        yield Problem(
            code="base-lock-old", file=FILE, message=message, fix=REFRESH, value=day,
            severity="warning",
        )  # fmt: skip
