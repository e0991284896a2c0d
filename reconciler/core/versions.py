"""The order of versions as WordPress sees it: PHP's `version_compare`, rule for rule.

Neither PEP 440 nor semantic versioning: `1.0` is older than `1.0.0`, and an unknown word is older
than `dev`. Source: php_version_compare in ext/standard/versioning.c, measured against PHP 8.4.
"""

from collections.abc import Iterable
from functools import cmp_to_key
from itertools import pairwise, takewhile

# PHP takes the first that the word begins with: "development" is dev, "patch" is p.
_WORDS = (
    ("dev", 0),
    ("alpha", 1),
    ("a", 1),
    ("beta", 2),
    ("b", 2),
    ("RC", 3),
    ("rc", 3),
    ("#", 4),
    ("pl", 5),
    ("p", 5),
)
_UNKNOWN = -1
_NUMBER = "#N#"
_DIGITS = "0123456789"
_MOST = 2**63 - 1  # where C's strtol stops
_MOST_DIGITS = 4_000  # Python refuses to read longer numbers


def compare(one: str, other: str) -> int:
    """-1, 0 or 1: whether `one` is older than `other`, the same, or newer."""
    if not one or not other:
        return (one > "") - (other > "")
    return _compared(_canonical(one), _canonical(other))


def compare_padded(one: str, other: str) -> int:
    """As `compare`, with zeros put behind the shorter number: 1.0 and 1.0.0 are the same.

    For ranges that somebody else wrote: an advisory for "up to 2.0" means 2.0.0 too.
    """
    if not one or not other:
        return compare(one, other)
    first, second = _canonical(one).split("."), _canonical(other).split(".")
    length = max(_numbers(first), _numbers(second))
    return _compared(_padded(first, length), _padded(second, length))


def newest(versions: Iterable[str]) -> str | None:
    """The newest of `versions`, None for none."""
    return max(versions, key=cmp_to_key(compare), default=None)


def in_order(versions: Iterable[str]) -> list[str]:
    """`versions`, the oldest first."""
    return sorted(versions, key=cmp_to_key(compare))


def _canonical(version: str) -> str:
    """Points instead of signs, and one wherever digits begin or end. What begins with # stays."""
    if version.startswith("#") or not version:
        return version
    version = version.encode(errors="replace").decode("latin-1")  # PHP sees bytes
    out = [version[0]]
    for before, c in pairwise(version):
        border = "." not in (before, c) and _is_digit(before) != _is_digit(c)
        if c in "-_+" or not (border or (c.isascii() and c.isalnum())):
            out += [] if out[-1] == "." else ["."]
        else:
            out += [".", c] if border and out[-1] != "." else [c]
    return "".join(out).removesuffix(".")


def _compared(one: str, other: str) -> int:
    """Part by part; what is left over counts as newer where it begins with a number."""
    more, other_more = ".", "."
    while one and other and more and other_more:
        mine, more, one_rest = one.partition(".")
        theirs, other_more, other_rest = other.partition(".")
        found = _part(mine, theirs)
        if found:
            return found
        one, other = one_rest if more else one, other_rest if other_more else other
    if more:
        return 1 if _is_digit(one[:1]) else compare(one, _NUMBER)
    if other_more:
        return -1 if _is_digit(other[:1]) else compare(_NUMBER, other)
    return 0


def _part(one: str, other: str) -> int:
    if _is_digit(one[:1]) and _is_digit(other[:1]):
        mine, theirs = _number(one), _number(other)
    else:
        mine, theirs = _rank(one), _rank(other)
    return (mine > theirs) - (mine < theirs)


def _is_digit(c: str) -> bool:
    return c != "" and c in _DIGITS


def _number(part: str) -> int:
    """The digits that a part begins with."""
    digits = "".join(takewhile(_is_digit, part))
    return min(int(digits[:_MOST_DIGITS]), _MOST)


def _rank(word: str) -> int:
    if _is_digit(word[:1]):
        word = _NUMBER
    for name, rank in _WORDS:
        if word.startswith(name):
            return rank
    return _UNKNOWN


def _numbers(parts: list[str]) -> int:
    """How many numbers a version begins with."""
    return sum(1 for _ in takewhile(lambda part: _is_digit(part[:1]), parts))


def _padded(parts: list[str], length: int) -> str:
    own = _numbers(parts)
    return ".".join([*parts[:own], *["0"] * (length - own), *parts[own:]])
