"""What vetting says of a package: findings, each by a rule, and facts about what it can do.

A rule's words stand once, beside the code that applies it. Facts are no judgement: their difference
between two versions is what a reviewer wants to see first.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from reconciler.core.problem import escaped

Level = Literal["block", "warn", "info"]
LEVELS: tuple[Level, ...] = ("block", "warn", "info")

Family = Literal[
    "packaging",
    "licence",
    "versions",
    "execution",
    "obfuscation",
    "files",
    "statelessness",
    "database",
    "requests",
    "network",
    "self-update",
    "cron",
    "multisite",
    "libraries",
    "advisories",
    "behaviour",
]

Ability = Literal[
    "asset-host",  # where pages load scripts or styles from
    "ajax",  # wp_ajax_* and, as `public NAME`, wp_ajax_nopriv_*
    "block",
    "capability",
    "cron",
    "host",  # asked by the server
    "hook",
    "option",
    "page",  # of the admin
    "process",
    "route",  # `METHODS namespace/path`
    "shortcode",
    "table",
    "write",  # a folded path, or the function that writes
]

MAX_EXCERPT_CHARS = 160
MARK_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that is looked for.

    `summary` says in a few words what was found, `why` what it does here, `fix` how to mend it or
    what to grant. A `final` rule has no known false alarm: no exception accepts it.
    """

    code: str
    level: Level
    family: Family
    summary: str
    why: str
    fix: str
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule applied to one place. `line` counts from 1; 1 where the whole file is meant.

    `file` is "" for the package as a whole. `excerpt` is one line, made with `excerpt_of`. `detail`
    says what is special here (a name, a path, the way data took), and may be empty. `level` is the
    rule's, or a lower one where the place shows that it matters less.
    """

    rule: Rule
    level: Level
    file: str
    line: int
    excerpt: str
    detail: str = ""

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def mark(self) -> str:
        """What an exception remembers: the rule and the snippet, wherever in the package it stands.

        White space and numbers of lines do not count, so that a bump shows only what is new.
        """
        snippet = re.sub(r"\s+", "", self.excerpt)
        return hashlib.sha256(f"{self.code}\0{snippet}".encode()).hexdigest()[:MARK_DIGITS]


def found(
    rule: Rule,
    file: str,
    line: int,
    text: str,
    *,
    detail: str = "",
    level: Level | None = None,
) -> Finding:
    """A finding of `rule` at a place whose source is `text`."""
    return Finding(
        rule=rule,
        level=level or rule.level,
        file=file,
        line=line,
        excerpt=excerpt_of(text),
        detail=detail,
    )


def excerpt_of(text: str) -> str:
    """Source as one line fit to print: white space folded, invisible characters named, cut short."""
    plain = escaped(" ".join(text[: 4 * MAX_EXCERPT_CHARS].split()))
    return plain if len(plain) <= MAX_EXCERPT_CHARS else plain[: MAX_EXCERPT_CHARS - 1] + "…"


def in_order(finding: Finding) -> tuple[int, str, int, str, str]:
    """Sort key: the worst first, then by place."""
    return (
        LEVELS.index(finding.level),
        finding.file,
        finding.line,
        finding.code,
        finding.excerpt,
    )


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """Something the package can do: the kind of ability, its name, and where the code says so."""

    ability: Ability
    value: str
    file: str
    line: int


def abilities(facts: Iterable[Fact]) -> dict[str, list[str]]:
    """Ability → its values, both sorted; without places, which move with every version."""
    gathered: dict[str, set[str]] = {}
    for fact in facts:
        gathered.setdefault(fact.ability, set()).add(fact.value)
    return {ability: sorted(gathered[ability]) for ability in sorted(gathered)}


def gained(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Ability → values that `after` has and `before` lacks; empty ones are left out."""
    new = {
        ability: sorted(set(values) - set(before.get(ability, ())))
        for ability, values in after.items()
    }
    return {ability: values for ability, values in sorted(new.items()) if values}
