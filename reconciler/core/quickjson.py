"""Site files that are good, read by the standard parser; what it lets through is kept out first.

A fleet has thousands of good files and a few bad ones. Places are needed for problems alone, so they
are looked up by the strict parser when somebody asks for the first one.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from reconciler.core.bytestext import BOMS
from reconciler.core.checker import Checker
from reconciler.core.document import Document, Position
from reconciler.core.jsontext import MAX_BYTES, MAX_DIGITS, parse_json

NOTHING: Mapping[str, Position] = {}


def good_document(file: str, data: bytes, checker: Checker) -> Document | None:
    """The document of a file without a fault of syntax or shape; None where `parse_json` must look.

    Both read the same: a property in tests/core/test_quickjson.py compares them.
    """
    # An escape may hide half a character, and is rare in a file written by hand.
    if len(data) > MAX_BYTES or b"\\u" in data or b"\0" in data or data.startswith(tuple(BOMS)):
        return None
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not checker.fits(value):
        return None
    places = _Places(file, data)
    return Document(
        file, value, _Later(lambda: places.document.values), _Later(lambda: places.document.keys)
    )


class _Places:
    def __init__(self, file: str, data: bytes) -> None:
        self._file, self._data = file, data

    @cached_property
    def document(self) -> Document:
        parsed = parse_json(self._file, self._data).document
        return parsed or Document(self._file, None, NOTHING, NOTHING)


class _Later(Mapping[str, Position]):
    """A mapping that is made when it is first looked into."""

    def __init__(self, made: Callable[[], Mapping[str, Position]]) -> None:
        self._made = made

    def __getitem__(self, key: str) -> Position:
        return self._made()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._made())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)


def _refused(text: str) -> Any:
    raise ValueError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_refused, parse_constant=_refused
)
