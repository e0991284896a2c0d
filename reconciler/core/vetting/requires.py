"""What a package needs of PHP and WordPress, compared with what the image runs."""

import re
from collections.abc import Iterator

from reconciler.core.vetting.candidate import Target
from reconciler.core.vetting.finding import Finding, Rule, found
from reconciler.core.vetting.headers import About

NEEDS_NEWER_PHP = Rule(
    code="needs-newer-php",
    level="block",
    family="versions",
    summary="it needs a newer PHP than the image has",
    why="WordPress refuses to activate it, or it stops with a fatal error.",
    fix="choose an older version of it, or move the image to a newer PHP first",
)
NEEDS_NEWER_WORDPRESS = Rule(
    code="needs-newer-wordpress",
    level="block",
    family="versions",
    summary="it needs a newer WordPress than the image has",
    why="WordPress refuses to activate it, or it calls functions that are not there.",
    fix="choose an older version of it, or move the image to a newer WordPress first",
)
TESTED_LONG_AGO = Rule(
    code="tested-long-ago",
    level="warn",
    family="versions",
    summary="its author has not tried it with this WordPress",
    why="Nobody may be looking after it; a hole found in it would stay open.",
    fix="ask whether it is maintained; accept the finding for a plugin that is simply finished",
)
PHP_SYNTAX = Rule(
    code="php-syntax",
    level="block",
    family="versions",
    summary="the PHP that ships cannot compile it",
    why="A page that loads this file ends in a fatal error.",
    fix="choose a version made for this PHP, or remove the file if nothing loads it",
)
RULES = (NEEDS_NEWER_PHP, NEEDS_NEWER_WORDPRESS, TESTED_LONG_AGO, PHP_SYNTAX)

MOST_BEHIND = 1
"""Releases of WordPress (6.7 and 6.8 are two) that a package may not have been tried with."""


def numbers(version: str) -> tuple[int, int, int]:
    """The first three numbers of a version, zeros where there are fewer."""
    parts = [int(part) for part in re.findall(r"\d{1,6}", version)[:3]]
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return major, minor, patch


def version_findings(words: About, target: Target) -> Iterator[Finding]:
    """Ranges that the image is outside of."""
    if words.requires_php and numbers(words.requires_php) > numbers(target.php):
        detail = f"{words.requires_php}, the image has {target.php}"
        yield found(NEEDS_NEWER_PHP, words.main, 1, words.requires_php, detail=detail)
    if words.requires_wp and numbers(words.requires_wp) > numbers(target.wp):
        detail = f"{words.requires_wp}, the image has {target.wp}"
        yield found(NEEDS_NEWER_WORDPRESS, words.main, 1, words.requires_wp, detail=detail)
    if words.tested_up_to and _release(target.wp) - _release(words.tested_up_to) > MOST_BEHIND:
        detail = f"up to {words.tested_up_to}, the image has {target.wp}"
        yield found(TESTED_LONG_AGO, words.main, 1, words.tested_up_to, detail=detail)


def _release(version: str) -> int:
    """Count of WordPress's releases: after 5.9 comes 6.0."""
    major, minor, _ = numbers(version)
    return 10 * major + minor
