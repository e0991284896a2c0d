"""Strings, numbers and arrays as they are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.core.vetting.php.folding import number
from reconciler.core.vetting.php.grammar import operands
from reconciler.core.vetting.php.value import CLEAN, NUMBER, Value, array, common, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

MAX_ITEMS = 3_000
_QUOTE = ord("'")
_TRUE, _EMPTY = literal("1"), literal("")
_SIMPLE = {
    "n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f", "\\": "\\", "$": "$",
    '"': '"', "`": "`",
}  # fmt: skip
_CODE = re.compile(r"(?:x([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]{1,6})\}|([0-7]{1,3}))")


def single_quoted(run: Run, node: Node) -> Value:
    """`'…'`: only a backslash and a quote are escaped."""
    source = run.data[node.start_byte : node.end_byte]
    known = run.literals.get(source)
    if known is not None:
        return known
    start = 1 if source[0] == _QUOTE else 2  # b'…'
    body = source[start:-1].decode("utf-8", "surrogateescape")
    if "\\" in body:
        body = body.replace("\\\\", "\0").replace("\\'", "'").replace("\0", "\\")
    run.literals[source] = value = Value(body, 0, CLEAN)
    return value


def escape(text: str) -> str:
    """What an escape sequence between double quotes stands for."""
    simple = _SIMPLE.get(text[1:])
    if simple is not None:
        return simple
    matched = _CODE.fullmatch(text[1:])
    if matched is None:
        return text
    hexadecimal, point, octal = matched.groups()
    if point is not None:
        return chr(int(point, 16)) if int(point, 16) < 0xD800 else "�"
    byte = bytes([int(hexadecimal, 16) if hexadecimal else int(octal, 8) & 0xFF])
    return byte.decode("utf-8", "surrogateescape")


def encapsed(run: Run, node: Node) -> Value:
    """`"…"`: parts that are written and parts that are variables."""
    parts = node.named_children
    if not parts:
        return literal("")
    whole = _part(run, parts[0])
    for part in parts[1:]:
        whole = joined(whole, _part(run, part))
    return whole


def _part(run: Run, node: Node) -> Value:
    kind = node.type
    if kind in {"string_content", "nowdoc_string"}:
        return literal(run.text(node))
    if kind == "escape_sequence":
        return literal(escape(run.text(node)))
    return run.value(node)


def heredoc(run: Run, node: Node) -> Value:
    """`<<<EOT`: like double quotes, without the closing mark's indentation."""
    body = node.child_by_field_name("value")
    if body is None:
        return literal("")
    whole = encapsed(run, body)
    end = node.child_by_field_name("end_tag")
    indent = end.start_point[1] if end is not None else 0
    text = whole.text
    if text is not None:
        lines = text.removeprefix("\n").split("\n")
        if indent:
            lines = [line[indent:] if not line[:indent].strip() else line for line in lines]
        text = "\n".join(lines)
        if not indent:
            text = text.removesuffix("\n")
    return Value(text, whole.taint, whole.clean)


def integer(run: Run, node: Node) -> Value:
    """A number in any of PHP's forms, as decimal text."""
    source = run.data[node.start_byte : node.end_byte]
    known = run.literals.get(source)
    if known is not None:
        return known
    try:
        value = literal(str(number(source.decode("utf-8", "surrogateescape"))))
    except ValueError:
        value = NUMBER
    run.literals[source] = value
    return value


def boolean(run: Run, node: Node) -> Value:
    """`true` is "1", `false` the empty text, as PHP prints them."""
    # "true" is the shorter word of two.
    return _TRUE if node.end_byte - node.start_byte == len("true") else _EMPTY


def null(_run: Run, _node: Node) -> Value:
    """`null` prints as nothing."""
    return _EMPTY


def array_of(run: Run, node: Node) -> Value:
    """`[…]` and `array(…)`."""
    items: dict[str, Value] = {}
    place, unpacked = 0, None
    for element in node.named_children:
        if element.type != "array_element_initializer":
            if element.is_named and element.type != "comment":
                run.value(element)
            continue
        parts = operands(element)
        if len(parts) == 2:
            key = run.value(parts[0]).known
            value = run.value(parts[1])
        elif len(parts) == 1:
            value = run.value(parts[0])
            if parts[0].type == "variadic_unpacking":
                unpacked = value
                continue
            key = str(place)
            place += 1
        else:
            continue
        if key is None:
            key = f"\0{len(items)}"
        if len(items) < MAX_ITEMS:
            items[key] = value
    whole = array(items)
    if unpacked is not None:
        return Value(None, whole.taint | unpacked.taint, common(whole, unpacked), items)
    return whole
