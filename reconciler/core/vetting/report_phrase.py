"""Phrases of a report: what we say and what the package says (`Quoted`) are kept apart.

So no format can take the package's text for markup.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reconciler.core.problem import escaped
from reconciler.core.vetting.finding import Finding, excerpt_of

KIBIBYTE = 1024
MAX_DEEDS = 6
MAX_VALUES = 6

_ORDER = (
    "process", "host", "asset-host", "write", "route", "ajax", "cron", "table", "capability",
    "option", "page", "shortcode", "block", "hook",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text of the package: shown as such, never markup."""

    text: str


Phrase = tuple[str | Quoted, ...]
Tone = Literal["plain", "loud", "good"]


@dataclass(frozen=True, slots=True)
class Section:
    """A labelled part of the first screen. A loud one is what nobody may overlook."""

    label: str
    lines: tuple[Phrase, ...]
    tone: Tone = "plain"


def counted(number: int, word: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def size_text(size: int) -> str:
    """A size in bytes, as people read it."""
    if size < KIBIBYTE:
        return counted(size, "byte")
    if size < KIBIBYTE * KIBIBYTE:
        return f"{size / KIBIBYTE:.0f} KiB"
    return f"{size / KIBIBYTE / KIBIBYTE:.1f} MiB"


def plain(phrase: Phrase) -> str:
    """A phrase as text on one line; what nobody could see is named."""
    parts = (escaped(part.text) if isinstance(part, Quoted) else part for part in phrase)
    return "".join(parts)


def at(file: str, line: int) -> Phrase:
    """A place in the package."""
    return (Quoted(f"{file}:{line}"),) if file else ("the package as a whole",)


def brief(findings: Iterable[Finding]) -> list[Phrase]:
    """A line for each rule that found something: where first, and at how many places more."""
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault((finding.level, finding.code), []).append(finding)
    lines: list[Phrase] = []
    for (level, code), (first, *others) in by_rule.items():
        special: Phrase = (": ", Quoted(first.detail)) if first.detail else ()
        more = f" (and {counted(len(others), 'place')} more)" if others else ""
        place = at(first.file, first.line)
        lines.append((f"{level} {code}  ", *place, f"{more}  {first.rule.summary}", *special))
    return lines


def snippet(finding: Finding) -> str:
    """The excerpt; "" where the detail has said it already."""
    return "" if finding.excerpt == excerpt_of(finding.detail) else finding.excerpt


def weighty(by_ability: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Abilities, those first that reach furthest."""
    rank = {ability: number for number, ability in enumerate(_ORDER)}
    return sorted(by_ability.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0]))


def cut(lines: Sequence[Phrase], most: int, what: str) -> tuple[Phrase, ...]:
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], (f"… and {len(lines) - most + 1} {what}",))
