"""Code that waits for a date, or acts otherwise when a search engine looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import REQUEST, Value
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

DORMANT = Rule(
    code="dormant-code",
    level="warn",
    family="obfuscation",
    summary="behaves otherwise after a date",
    why="Sold plugins have waited months before they acted: nothing is seen in tests until then.",
    fix="Read what the date guards; a seasonal notice is harmless, a request or a write is not.",
)
CLOAKED = Rule(
    code="cloaked-code",
    level="warn",
    family="obfuscation",
    summary="tells search engines or its reviewers from visitors",
    why="Injected links are shown to search engines only, so that nobody of the site sees them.",
    fix="Ask the author what it is for; statistics can leave bots out by the log.",
)

RULES = (DORMANT, CLOAKED)

_DATE = re.compile(r"(?:19|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:[0-3]\d)?.*|20[2-9]\d")
_BOT = re.compile(r"(?i)googlebot|bingbot|yandex|baidu|slurp|duckduckbot|crawler|spider|\bbot\b")
EARLIEST: Final = 1_500_000_000  # seconds: 2017
LATEST: Final = 4_102_444_800  # seconds: 2100


def compared(run: Run, node: Node, operator: str, left: Value, right: Value) -> None:
    """Two values are compared: the clock with a fixed date?"""
    if operator in {"==", "!=", "===", "!=="} and not {left.kind, right.kind} & {"clock"}:
        return
    for one, other in ((left, right), (right, left)):
        if one.kind == "clock" and (other.kind == "date" or _is_date(other.known)):
            run.report(DORMANT, node)


def _is_date(text: str | None) -> bool:
    if text is None:
        return False
    if text.isdigit() and len(text) < 13 and EARLIEST < int(text) < LATEST:
        return True
    return _DATE.fullmatch(text) is not None and (not text.isdigit() or len(text) in {4, 8})


def _searched(run: Run, call: Call) -> None:
    agent = next((one for one in call.arguments if one.kind == "server HTTP_USER_AGENT"), None)
    if agent is None or not agent.taint & REQUEST:
        return
    for one in call.arguments:
        for text in (one.known, *[item.known for item in (one.items or {}).values()]):
            if text is not None and _BOT.search(text):
                run.report(CLOAKED, call.node, text[:60])
                return


FUNCTIONS: dict[str, Check] = dict.fromkeys(
    words(
        "strpos stripos strstr stristr str_contains preg_match preg_match_all mb_strpos"
        " mb_stripos substr_count"
    ),
    _searched,
)
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
