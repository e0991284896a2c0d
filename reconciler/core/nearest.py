"""What somebody probably meant: the allowed words nearest to a wrong one."""

from collections.abc import Iterable
from difflib import SequenceMatcher

MIN_LIKENESS = 0.6
MUCH_WORSE = 0.1
MAX_COMPARED_CHARS = 64


def nearest(word: str, allowed: Iterable[str], count: int = 1) -> tuple[str, ...]:
    """At most `count` of `allowed` that resemble `word`, the best first, ties by name.

    Those that are much less alike than the best are left out.
    """
    short = word[:MAX_COMPARED_CHARS].casefold()
    matcher = SequenceMatcher(autojunk=False, b=short)
    found = []
    for candidate in sorted(set(allowed)):
        matcher.set_seq1(candidate[:MAX_COMPARED_CHARS].casefold())
        if matcher.real_quick_ratio() < MIN_LIKENESS or matcher.quick_ratio() < MIN_LIKENESS:
            continue
        likeness = matcher.ratio()
        if likeness >= MIN_LIKENESS:
            found.append((-likeness, candidate))
    best = min(found, default=(0.0, ""))[0]
    alike = (found for found in sorted(found) if found[0] - best <= MUCH_WORSE)
    return tuple(candidate for _, candidate in alike)[:count]


def suggestion(word: str, allowed: Iterable[str], otherwise: str) -> str:
    """A fix as text: the nearest allowed value, or `otherwise` where nothing is near."""
    near = nearest(word, allowed)
    return f'write "{near[0]}"' if near else otherwise
