"""Which fields of a site's file change, in words, and whether the site restarts for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.blob import Blob
from reconciler.core.checker import Schema
from reconciler.core.document import child
from reconciler.core.jsontext import parse_json
from reconciler.core.manifest import Site
from reconciler.core.problem import shown
from reconciler.core.vetting.report_phrase import Phrase, Quoted

MAX_SHOWN = 6
_WORDS = {
    "/domains/primary": "the domain",
    "/domains/aliases": "the other domains",
    "/domains/www": "what www. does",
    "/resources/size": "the size",
    "/uploads/max_file_mb": "the largest upload",
    "/replicas": "the number of webheads",
    "/secret_generation": "all passwords and keys",
}


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """A phrase for each field that changes, in the schema's order."""

    words: tuple[Phrase, ...]
    restarts: bool

    def phrase(self) -> Phrase:
        """All of them in one sentence."""
        parts: list[str | Quoted] = []
        chosen = self.words[:MAX_SHOWN]
        for number, words in enumerate(chosen):
            last = number == len(self.words) - 1
            parts += ["" if number == 0 else " and " if last else ", ", *words]
        if len(self.words) > MAX_SHOWN:
            parts.append(f" and {len(self.words) - MAX_SHOWN} fields more")
        return tuple(parts)


def field_changes(before: Site, after: Site, old: Blob, new: Blob, schema: Schema) -> FieldChanges:
    """Compare a site that is good on both sides. What is left out counts as the field's default."""
    sides = [parse_json(blob.path, blob.data).document for blob in (old, new)]
    first, second = (dict(_leaves(side.value, schema, "")) if side else {} for side in sides)
    words: list[Phrase] = []
    restarts = False
    for pointer, applies in _fields(schema, ""):
        was, now = first.get(pointer), second.get(pointer)
        if was == now or pointer == "/$schema":
            continue
        restarts |= applies == "restart"
        words.append(_phrase(pointer, was, now, before, after))
    if before.plugin_versions != after.plugin_versions:
        restarts = True
    return FieldChanges(tuple(words), restarts)


def _fields(schema: Schema, pointer: str) -> Iterator[tuple[str, str]]:
    for key, part in schema.get("properties", {}).items():
        at = child(pointer, key)
        if "properties" in part:
            yield from _fields(part, at)
        else:
            yield at, part.get("x-wpaas-applies", "restart")


def _leaves(value: Mapping[str, Any], schema: Schema, pointer: str) -> Iterator[tuple[str, Any]]:
    for key, part in schema.get("properties", {}).items():
        at, found = child(pointer, key), value.get(key, part.get("default"))
        if "properties" in part:
            yield from _leaves(found if isinstance(found, Mapping) else {}, part, at)
        else:
            yield at, found


def _phrase(pointer: str, was: Any, now: Any, before: Site, after: Site) -> Phrase:
    if pointer == "/plugins":
        return _plugins(before, after)
    words = _WORDS.get(pointer) or f"the {pointer.rsplit('/', 1)[-1].replace('_', ' ')}"
    if isinstance(was, list) or isinstance(now, list):
        return _list(words, was or [], now or [])
    if was is None or now is None:
        verb = "none" if now is None else shown(now)
        return (f"{words} (now ", Quoted(verb), ")")
    return (f"{words} (", Quoted(shown(was)), " → ", Quoted(shown(now)), ")")


def _list(words: str, was: list[Any], now: list[Any]) -> Phrase:
    moved = [f"+{shown(item)}" for item in now if item not in was]
    moved += [f"-{shown(item)}" for item in was if item not in now]
    return (f"{words} (", Quoted(" ".join(moved) or "another order"), ")")


def _plugins(before: Site, after: Site) -> Phrase:
    moved = [f"+{slug}" for slug in after.plugins if slug not in before.plugins]
    moved += [f"-{slug}" for slug in before.plugins if slug not in after.plugins]
    for slug in after.plugins:
        was, now = before.plugin_versions.get(slug), after.plugin_versions.get(slug)
        if was != now and slug in before.plugins:
            moved.append(f"{slug} {was or 'default'} → {now or 'default'}")
    return ("the plugins (", Quoted(" ".join(moved) or "another order"), ")")
