"""What the client in the network told, in the shapes that are read later.

The package can speak to the watcher itself: a record of it may be of any shape. What has none that can
be read is left out, and said.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Answer = Mapping[str, Any]
"""What came of a step: see `heard`."""

_LISTS: Mapping[str, tuple[str, ...]] = {
    "errors": ("level", "text"),
    "http": ("host", "how"),
    "writes": ("path",),
    "mails": (),
}
"""What a record lists, and which words each entry of a list must have."""
_NUMBERS = ("ms", "peak_kb", "queries", "clock")
_MOST_LINE = 10_000_000


def heard(told: object) -> Answer:
    """One answer of the client, every part of its right type.

    `skipped`: the step was left out, since the time for it was over. `bent`: a part of what the site
    told could not be read. A snapshot is the client's own and stays as it is.
    """
    raw = _mapping(told)
    if "snapshot" in raw:
        return {"snapshot": raw["snapshot"]}
    if not isinstance(raw.get("status"), int):
        return {"skipped": True}
    lines = [_line(line) for line in _list(raw.get("others"))]
    record = None if raw.get("record") is None else _record(raw["record"])
    return {
        "status": raw["status"],
        "whole": raw.get("whole") is True,
        "hosts": _texts(raw.get("hosts")),
        "record": record,
        "others": [line for line in lines if line],
        "bent": None in lines or any(part.get("bent") for part in (record, *lines) if part),
        **{key: _text(raw.get(key)) for key in ("type", "to", "said", "says", "body")},
    }


def _line(line: object) -> dict[str, Any] | None:
    """What else the watcher noted: a host that was asked for, or the record of another request."""
    raw = _mapping(line)
    if "how" in raw and isinstance(raw.get("host"), str):
        return {"how": _text(raw["how"]), "host": raw["host"]}
    return _record(raw) if "id" in raw else None


def _record(told: object) -> dict[str, Any]:
    raw = _mapping(told)
    kept: dict[str, Any] = {"id": _text(raw.get("id"))}
    bent = not isinstance(told, Mapping)
    for name, words in _LISTS.items():
        entries = _list(raw.get(name))
        kept[name] = [_entry(entry) for entry in entries if _has(entry, words)]
        bent = bent or len(kept[name]) != len(entries)
    numbers = {key: raw[key] for key in _NUMBERS if _is_number(raw.get(key))}
    bent = bent or len(numbers) != len(_NUMBERS)
    fatal = raw.get("fatal")
    surface = {str(key): _texts(values) for key, values in _mapping(raw.get("surface")).items()}
    return (
        kept
        | numbers
        | {
            "fatal": _entry(fatal) if _has(fatal, ("text",)) else None,
            "surface": surface,
            "may": _texts(raw.get("may")),
            "bent": bent or (fatal is not None and not _has(fatal, ("text",))),
        }
    )


def _has(entry: object, words: Iterable[str]) -> bool:
    return isinstance(entry, Mapping) and all(isinstance(entry.get(word), str) for word in words)


def _entry(entry: Any) -> dict[str, Any]:
    line = entry.get("line")
    kept = {str(key): value for key, value in entry.items() if isinstance(value, str)}
    return kept | {"line": min(max(int(line), 1), _MOST_LINE) if _is_number(line) else 1}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15  # noqa: PLR2004 - no number of ours is near


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
