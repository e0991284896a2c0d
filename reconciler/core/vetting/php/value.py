"""What is known of a PHP expression without running it: its text, where it came from, what cleaned it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reconciler.core.vetting.php.function import Function

# Stands in a text for a part that is not known.
HOLE: Final = "\ufffc"
MAX_TEXT_CHARS = 100_000
MAX_JOINED_ITEMS = 60

# Where a value came from.
REQUEST = 1 << 0
UPLOAD = 1 << 1
REMOTE = 1 << 2
STORED = 1 << 3  # an option, a transient, a row
DECODED = 1 << 4  # base64, gzip, rot13, chr() and the like
IDENTITY = 1 << 5  # who runs the site: the administrator's address, its plugins, its users
HOME = 1 << 6  # the site's own address
LOCAL_FILE = 1 << 7
ROW = 1 << 8  # what the database answered
SOURCES = REQUEST | UPLOAD | REMOTE | STORED | DECODED | ROW
FIRST_PARAMETER = 16  # the bit of a function's first parameter; the others follow
MAX_PARAMETERS = 24
PARAMETERS = ((1 << MAX_PARAMETERS) - 1) << FIRST_PARAMETER

# What a value is safe for.
SQL = 1 << 0
SQL_QUOTED = 1 << 1  # once it stands between quotes
HTML = 1 << 2
PATH = 1 << 3
URL = 1 << 4
NAME = 1 << 5  # of a function or a class
CHECKED = 1 << 6  # against a list or a pattern
CLEAN = (1 << 7) - 1

Items = Mapping[str, "Value"]


class Value:
    """An expression. `text`: None where nothing is known, with `HOLE`s where parts are missing.

    `items`: of an array, by key. `kind`: "" or what it is ("wpdb", "this", "new NAME", "closure").
    """

    __slots__ = ("clean", "function", "items", "kind", "taint", "text")

    def __init__(
        self,
        text: str | None = None,
        taint: int = 0,
        clean: int = 0,
        items: Items | None = None,
        kind: str = "",
        function: Function | None = None,
    ) -> None:
        self.text = text
        self.taint = taint
        self.clean = clean
        self.items = items
        self.kind = kind
        self.function = function

    @property
    def known(self) -> str | None:
        """The whole text; None where a part is missing."""
        return self.text if self.text is not None and HOLE not in self.text else None

    def comes_from(self, sources: int, *, safe: int = 0) -> bool:
        """Whether it holds something of `sources` that was not made safe for one of `safe`."""
        return bool(self.taint & sources) and not self.clean & safe

    def __repr__(self) -> str:
        return f"Value({self.text!r}, taint={self.taint:b}, clean={self.clean:b}, {self.kind!r})"


UNKNOWN: Final = Value()
NUMBER: Final = Value(None, 0, CLEAN)


def literal(text: str) -> Value:
    """A value that stands in the source."""
    return Value(text, 0, CLEAN)


def tainted(taint: int) -> Value:
    """Something of which only the origin is known."""
    return Value(None, taint)


def common(one: Value, other: Value, cleaned: int | None = None) -> int:
    """What two values are safe for together. A part that no stranger wrote makes nothing unsafe.

    `cleaned`: what the other is safe for where it stands, when that is more than it is by itself.
    """
    second = other.clean if cleaned is None else cleaned
    if one.taint & 0xFFFF:
        return one.clean & second if other.taint & 0xFFFF else one.clean
    return second if other.taint & 0xFFFF else one.clean & second


def joined(left: Value, right: Value) -> Value:
    """`left . right`."""
    one = HOLE if left.text is None else left.text
    two = HOLE if right.text is None else right.text
    cleaned = right.clean
    if cleaned & SQL_QUOTED and not cleaned & SQL and one[-1:] in {"'", '"', "%"}:
        cleaned |= SQL
    text = one + two
    if len(text) > MAX_TEXT_CHARS:
        text = text[:MAX_TEXT_CHARS] + HOLE
    return Value(text, left.taint | right.taint, common(left, right, cleaned))


def either(one: Value, other: Value) -> Value:
    """What holds when the program may have taken either way."""
    if one is other:
        return one
    same = one.text == other.text
    return Value(
        one.text if same else None,
        one.taint | other.taint,
        common(one, other),
        _either_items(one.items, other.items),
        one.kind if one.kind == other.kind else one.kind or other.kind,
        one.function or other.function,
    )


def merged(ways: list[dict[str, Value]]) -> dict[str, Value]:
    """The variables after any of `ways` may have been taken; the first way's are changed into them."""
    first = ways[0]
    for other in ways[1:]:
        if other == first:
            continue
        for name, value in other.items():
            known = first.get(name)
            if known is not value:
                first[name] = value if known is None else either(known, value)
    return first


def _either_items(one: Items | None, other: Items | None) -> Items | None:
    if one is None or other is None or len(one) > MAX_JOINED_ITEMS:
        return one if one is other else None
    if one is other or one == other:
        return one
    return {
        key: value if other.get(key, value) is value else either(value, other[key])
        for key, value in (*other.items(), *one.items())
    }


def array(items: dict[str, Value]) -> Value:
    """An array that was written out."""
    whole = Value(None, 0, CLEAN)
    for item in items.values():
        if item.taint or item.clean != CLEAN:
            whole = Value(None, whole.taint | item.taint, common(whole, item))
    return Value(None, whole.taint, whole.clean, items)


def item_of(value: Value, key: str | None) -> Value:
    """`value[key]`; `key` is None where it is not known."""
    if value.items is not None and key is not None:
        found = value.items.get(key)
        if found is not None:
            return found
    if value.text is not None and value.items is None and key is not None and key.isdigit():
        text = value.known
        if text is not None and int(key[:6]) < len(text):
            return Value(text[int(key[:6])], value.taint, value.clean)
    return Value(None, value.taint, value.clean)
