"""The file as text: parts nobody can read, lines nobody wants to read."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from tree_sitter import Query, QueryCursor

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.checks.execution import DANGEROUS, EVAL, EVALS, PROCESS
from reconciler.core.vetting.php.checks.obfuscation import OBFUSCATED
from reconciler.core.vetting.php.grammar import LANGUAGE
from reconciler.core.vetting.php.literals import escape
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

UNREADABLE = Rule(
    code="php-unreadable",
    level="block",
    family="obfuscation",
    summary="cannot be read as PHP, wholly or in part",
    why="What the parser cannot read, no check has seen; such places are made to hide code.",
    fix="A generated table belongs into JSON; ask for the source of everything else.",
)

RULES = (UNREADABLE,)

HALT: Final = b"__halt_compiler"
MAX_LINE_BYTES: Final = 5_000
MAX_NAMES_ON_LINE: Final = 100  # a table of literals holds none
MIN_LITERAL_BYTES: Final = 400
MAX_ENTROPY_BITS: Final = 5.2
MAX_HEX_SHARE: Final = 0.4
MIN_HEX_BYTES: Final = 24
# A letter or a digit written as the number of its byte.
_LETTERS: Final = re.compile(rb"\\(?:x[3-7][0-9A-Fa-f]|[0-7]{2,3})")
_NAMES: Final = Query(LANGUAGE, "(name) @name")
_TEXTS: Final = Query(
    LANGUAGE,
    "(encapsed_string (string_content) @text) (encapsed_string (escape_sequence) @escape)"
    " (heredoc_body (string_content) @text) (heredoc_body (escape_sequence) @escape)",
)
_STRINGS: Final = frozenset(["string", "encapsed_string", "heredoc", "nowdoc"])
_CALLS: Final = words(
    "function_call_expression member_call_expression scoped_call_expression"
    " object_creation_expression include_expression require_expression"
)


def judge_text(run: Run, root: Node) -> None:
    """Long lines, scrambled names, literals that look like noise; looked for where bytes hint at them."""
    data = run.data
    lines = list(_long(data))
    if any(len(line) > MAX_LINE_BYTES for line in lines):
        _long_lines(run, root)
    # Only where 400 bytes stand without a space can a literal be noise.
    if any(len(word) >= MIN_LITERAL_BYTES for line in lines for word in line.split()):
        _literals(run, root)
    if b"_0x" in data and _scrambled(run, root):
        return
    if data.count(b"\\") >= MIN_HEX_BYTES and len(_LETTERS.findall(data)) >= MIN_HEX_BYTES:
        _numbered(run, root)


def _long(data: bytes) -> Iterator[bytes]:
    """The lines that are long enough for a literal of noise; found from newline to newline."""
    start = 0
    while start + MIN_LITERAL_BYTES <= len(data):
        end = data.rfind(b"\n", start, start + MIN_LITERAL_BYTES)
        if end < 0:
            end = data.find(b"\n", start)
            end = len(data) if end < 0 else end
            yield data[start:end]
        start = end + 1


def end_of_code(data: bytes, root: Node) -> int:
    """Where `__halt_compiler();` ends the script; the length of `data` where nothing does."""
    if b"halt_compiler" not in data.lower():
        return len(data)
    for node, _parent in _leaves(root):
        if node.type == "name" and data[node.start_byte : node.end_byte].lower() == HALT:
            end = data.find(b")", node.end_byte) + 1
            if not end:
                return len(data)
            rest = data[end : end + 16].lstrip()
            return end + data[end : end + 16].index(b";") + 1 if rest[:1] == b";" else end
    return len(data)


def judge_tail(run: Run, root: Node, tail: bytes) -> None:
    """Data behind the end of the script: the script alone can tell what it is for."""
    if tail.strip(b"; \t\r\n?>"):
        last = root.named_children[-1] if root.named_children else root
        run.report(OBFUSCATED, last, f"{len(tail)} bytes of data behind __halt_compiler()")


def _leaves(root: Node) -> Iterator[tuple[Node, str]]:
    """Every leaf in order, with the kind of what it stands in; no recursion, for trees may be deep."""
    cursor = root.walk()
    parents: list[str] = []
    while True:
        node = cursor.node
        if node is not None and node.child_count == 0:
            yield node, parents[-1] if parents else ""
        elif node is not None and cursor.goto_first_child():
            parents.append(node.type)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            parents.pop()


def _long_lines(run: Run, root: Node) -> None:
    """A long line counts where code stands on it, not where a literal or HTML fills it."""
    code = Counter(node.start_point[0] for node in _caught(_NAMES, root, "name"))
    for row, count in code.items():
        if count > MAX_NAMES_ON_LINE:
            run.report(OBFUSCATED, _at_row(root, row), f"{count} names on line {row + 1}")
            return


def _at_row(root: Node, row: int) -> Node:
    return root.descendant_for_point_range((row, 0), (row, 1)) or root


def _literals(run: Run, root: Node) -> None:
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, called = stack.pop()
        kind = node.type
        if kind in _STRINGS:
            size = node.end_byte - node.start_byte
            if size >= MIN_LITERAL_BYTES:
                _noise(run, node, run.source(node), called=called)
            continue
        inside = called or kind in _CALLS
        if kind in {"array_creation_expression", "anonymous_function", "assignment_expression"}:
            inside = False
        stack.extend((child, inside) for child in node.named_children)


def _noise(run: Run, node: Node, text: bytes, *, called: bool) -> None:
    body = text.strip(b"'\"")
    if b" " in body[:MIN_LITERAL_BYTES] or body.startswith((b"data:", b"<", b"M")):
        return
    if entropy(body) <= MAX_ENTROPY_BITS:
        return
    run.report(OBFUSCATED, node, "a literal of noise", level=None if called else "info")


def entropy(data: bytes) -> float:
    """Bits per byte."""
    total = len(data)
    return -sum(n / total * math.log2(n / total) for n in Counter(data).values()) if total else 0.0


def _start(node: Node) -> int:
    return node.start_byte


def _caught(query: Query, root: Node, name: str) -> list[Node]:
    """What a query catches comes in no certain order, and a report has one."""
    return sorted(QueryCursor(query).captures(root).get(name, ()), key=_start)


def _scrambled(run: Run, root: Node) -> bool:
    for node in _caught(_NAMES, root, "name"):
        if run.source(node).startswith(b"_0x"):
            run.report(OBFUSCATED, node, "scrambled names")
            return True
    return False


def _numbered(run: Run, root: Node) -> None:
    hexed = 0
    first: Node | None = None
    escapes = _caught(_TEXTS, root, "escape")
    for node in escapes:
        # Bytes that cannot be typed have to be written as numbers; letters have not.
        if run.source(node)[1:2] in b"x01234567" and escape(run.text(node)).isalnum():
            hexed += 1
            first = first or node
    if first is None or hexed < MIN_HEX_BYTES:
        return
    texts = sum(node.end_byte - node.start_byte for node in _caught(_TEXTS, root, "text"))
    whole = texts + len(escapes)
    if hexed > MAX_HEX_SHARE * whole:
        run.report(OBFUSCATED, first, f"{hexed} of {whole} characters are written as numbers")


def judge_broken(run: Run, root: Node) -> None:
    """Where the tree has holes, names are looked for among the bare tokens as well."""
    run.report(UNREADABLE, _first_error(root))
    _judge_tokens(run, root, frozenset(("ERROR",)))


def judge_unwalked(run: Run, root: Node, why: str) -> None:
    """The same for a tree that was too deep or too large to be walked to its end."""
    run.report(UNREADABLE, root, why)
    _judge_tokens(run, root, frozenset(("ERROR", "function_call_expression")))


def _judge_tokens(run: Run, root: Node, within: frozenset[str]) -> None:
    before: Node | None = None
    holder = ""
    for node, parent in _leaves(root):
        if before is not None and node.type == "(":
            name = run.source(before).decode("utf-8", "replace").lower().lstrip("\\")
            if name in DANGEROUS and {holder, parent} & within:
                run.report(EVAL if name in EVALS else PROCESS, before, name)
        before, holder = (node, parent) if node.type == "name" else (None, "")


def _first_error(root: Node) -> Node:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            return node
        stack.extend(child for child in reversed(node.children) if child.has_error)
    return root
