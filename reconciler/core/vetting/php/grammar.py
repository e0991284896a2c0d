"""PHP's grammar, and a parse that ends: bounded by bytes and by the parser's own steps, not by a clock.

A clock would make the same file readable on one machine and unreadable on another; the reviews that
are kept in the repository are compared byte for byte.
"""

import tree_sitter_php
from tree_sitter import Language, Node, Parser, Point, Tree

LANGUAGE = Language(tree_sitter_php.language_php())

MAX_BYTES = 1_000_000
# Up to here no input was found that takes longer than half a second.
SMALL_BYTES = 100_000
# The parser reports after each 100 operations. A megabyte of ordinary PHP takes 8,000 reports;
# 16,000 last less than 2 s even where the input was made to be slow (nested brackets, long chains).
MAX_REPORTS = 16_000
CHUNK_BYTES = 65_536


def kind(name: str) -> int:
    """The number of a named kind of node. Raises KeyError where the grammar has none."""
    number = LANGUAGE.id_for_node_kind(name, True)  # noqa: FBT003 - takes no keywords
    if number is None:
        raise KeyError(name)
    return number


COMMENT = kind("comment")


def plain(nodes: list[Node]) -> list[Node]:
    """Nodes without comments, which PHP allows between any two tokens."""
    return [node for node in nodes if node.kind_id != COMMENT]


def operands(node: Node) -> list[Node]:
    """The named parts of a node, without comments."""
    nodes = node.named_children
    if len(nodes) > 1:
        for one in nodes:
            if one.kind_id == COMMENT:
                return plain(nodes)
    return nodes


def parse(data: bytes) -> Tree | None:
    """The syntax tree; None when `data` is over a cap."""
    if len(data) > MAX_BYTES:
        return None
    parser = Parser(LANGUAGE)
    if len(data) <= SMALL_BYTES:
        return parser.parse(data)
    reports = 0

    def read(offset: int, _point: Point) -> bytes:
        return data[offset : offset + CHUNK_BYTES]

    def stop(_offset: int, _failed: bool) -> bool:  # noqa: FBT001 - as the parser calls it
        nonlocal reports
        reports += 1
        return reports > MAX_REPORTS

    try:
        return parser.parse(read, progress_callback=stop)
    except ValueError:  # what the parser raises when it was stopped
        return None
