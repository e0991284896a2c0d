"""What is printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.checks.obfuscation import OBFUSCATED
from reconciler.core.vetting.php.value import CHECKED, DECODED, HTML, REQUEST, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

UNESCAPED = Rule(
    code="unescaped-output",
    level="warn",
    family="requests",
    summary="prints a part of the request unescaped",
    why="A link can then run script in the browser of whoever follows it, an administrator's too.",
    fix="esc_html(), esc_attr(), esc_url() or wp_kses() at the place that prints.",
)

RULES = (UNESCAPED,)

_ACTIVE = re.compile(r"(?i)<(?:script|iframe|object|embed)\b|\bon[a-z]+\s*=|javascript:")


def judge_echo(run: Run, value: Value, node: Node) -> None:
    """What is printed: a visitor's text, or script that was hidden."""
    if value.comes_from(REQUEST, safe=HTML | CHECKED) and not value.kind.startswith("_"):
        run.report(UNESCAPED, node)
    if value.taint & DECODED and _ACTIVE.search(value.text or ""):
        run.report(OBFUSCATED, node, "prints script that it decodes")


def _printed(run: Run, call: Call) -> None:
    for value in call.arguments:
        run.sink(judge_echo, value, call.node)


FUNCTIONS: dict[str, Check] = dict.fromkeys(("printf", "vprintf", "_e"), _printed)
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
