"""Where a live spec departs from the wanted one, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Set at each write from what is true at that moment; a change of theirs alone is no reason to write.
UNCOMPARED = frozenset({"/Labels/wpaas.commit", "/UpdateConfig/Order"})
SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: its path, the live value and the wanted one."""

    path: str
    have: Any
    want: Any

    def __str__(self) -> str:
        return f"{self.path} {_shown(self.have)} → {_shown(self.want)}"


def differences(want: Any, have: Any, path: str = "") -> Iterator[Difference]:
    """Every place where `have` does not hold what `want` says.

    Keys that only `have` knows are the engine's defaults and not a difference; an empty wanted
    value equals a missing one, since the engine leaves empty fields out of its answers.
    Lists are compared whole: their order restarts tasks.
    """
    if path in UNCOMPARED:
        return
    if isinstance(want, Mapping):
        live = have if isinstance(have, Mapping) else {}
        for key in sorted(want):
            yield from differences(want[key], live.get(key), f"{path}/{key}")
    elif isinstance(want, (list, tuple)):
        live_list = list(have) if isinstance(have, (list, tuple)) else []
        if len(want) != len(live_list):
            yield Difference(path, live_list, list(want))
            return
        for number, (wanted, found) in enumerate(zip(want, live_list, strict=True)):
            yield from differences(wanted, found, f"{path}/{number}")
    elif want != have and (want or have):
        yield Difference(path, have, want)


def as_forced(want: Mapping[str, Any], have: Mapping[str, Any]) -> dict[str, Any]:
    """`want` with the live `ForceUpdate`, the count of restarts that people asked for by hand.

    Without it a write that changes no task would set the count back, and that restarts every task
    (Engine API, TaskSpec).
    """
    forced = have.get("TaskTemplate", {}).get("ForceUpdate", 0)
    if not forced:
        return dict(want)
    return {**want, "TaskTemplate": {**want["TaskTemplate"], "ForceUpdate": forced}}


def _shown(value: Any) -> str:
    if value is None or value in ([], {}, ""):
        return "nothing"
    text = str(value)
    if "@sha256:" in text:
        text = text.rpartition("@sha256:")[2][:12]
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
