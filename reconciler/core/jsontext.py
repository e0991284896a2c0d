"""Strict JSON (RFC 8259) with positions.

The standard parser keeps the last of two equal keys, takes NaN and 1e999, and dies of depth; none
of these may come from a stranger's file. Depth is counted before parsing, so the descent is safe.
"""

import math
import re
from typing import Any, NoReturn

from reconciler.core.bytestext import Places, decode
from reconciler.core.document import Document, Parsed, Position, child
from reconciler.core.problem import Problem, ProblemCode, shown

MAX_BYTES = 32 * 1024
MAX_DEPTH = 6
MAX_DIGITS = 15
MAX_VALUES = 2_000

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.+-])")
_NOT_FINITE = re.compile(r"[-+]?(?:NaN|nan|Infinity|inf)\b")
_TYPOGRAPHIC = "\u201c\u201d\u201e\u201f\u2018\u2019\u00ab\u00bb"
_WORD = re.compile(r"[\w.+-]+")
_WORDS = {"true": True, "false": False, "null": None}
_PLAIN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


class _Broken(Exception):
    """Ends a parse; never leaves this file."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def parse_json(file: str, data: bytes) -> Parsed:
    """Parse one JSON file; nothing that can stand in `data` raises."""
    text = decode(file, data, MAX_BYTES)
    if isinstance(text, Problem):
        return Parsed(None, (text,))
    reader = _Reader(file, text)
    try:
        reader.refuse_depth()
        value = reader.document()
    except _Broken as broken:
        return Parsed(None, (*reader.problems, broken.problem))
    return Parsed(Document(file, value, reader.values, reader.keys), tuple(reader.problems))


class _Reader:
    """One pass over one text; `problems` are those that let the pass go on."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.at = 0
        self.places = Places(text)
        self.values: dict[str, Position] = {}
        self.keys: dict[str, Position] = {}
        self.problems: list[Problem] = []

    def refuse_depth(self) -> None:
        depth = 0
        for match in _BRACKETS.finditer(self.text):
            if match[0] in "[{":
                depth += 1
            elif match[0] in "]}":
                depth -= 1
            if depth > MAX_DEPTH:
                self.fail(
                    "too-deep",
                    f"values are nested more than {MAX_DEPTH} deep",
                    "compare with the examples in schemas/examples",
                    at=match.start(),
                )

    def document(self) -> Any:
        self.space()
        value = self.value("")
        self.space()
        if self.at < len(self.text):
            self.unexpected("text after the end of the document", "remove it")
        return value

    def value(self, pointer: str) -> Any:
        self.values[pointer] = self.here()
        if len(self.values) > MAX_VALUES:
            self.fail("too-many-values", f"more than {MAX_VALUES} values", "split or shorten it")
        match self.text[self.at : self.at + 1]:
            case "{":
                return self.object(pointer)
            case "[":
                return self.array(pointer)
            case '"':
                return self.string(pointer)
            case _:
                return self.scalar(pointer)

    def object(self, pointer: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, Position] = {}
        self.at += 1
        while self.more("}", bool(found)):
            key_at = self.here()
            if self.text[self.at : self.at + 1] != '"':
                self.unexpected("a key was expected", 'write the key in double quotes: "name"')
            key = self.string(pointer)
            path = child(pointer, key)
            self.space()
            self.take(":", f'write ":" after the key "{shown(key)}"')
            self.space()
            if key in first:
                self.duplicate(path, key, key_at, first[key])
                # Read on below a pointer no schema error can name: the first one keeps its place.
                self.value(f"{path}~again{self.at}")
                continue
            first[key] = self.keys[path] = key_at
            found[key] = self.value(path)
        return found

    def array(self, pointer: str) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        while self.more("]", bool(found)):
            found.append(self.value(child(pointer, len(found))))
        return found

    def more(self, end: str, begun: bool) -> bool:  # noqa: FBT001 - told apart by the caller's list
        """Step to the next member; False, and past `end`, when there is none."""
        self.space()
        here = self.text[self.at : self.at + 1]
        if here == end:
            self.at += 1
            return False
        if begun:
            self.take(",", 'write "," between two values')
            self.space()
            if self.text[self.at : self.at + 1] == end:
                self.unexpected('a "," stands before the end', f'remove the "," before "{end}"')
        return True

    def string(self, pointer: str) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            self.broken_string()
        halves = _ESCAPE.sub(_unescaped, match[1]).encode("utf-16-le", "surrogatepass")
        try:  # two escaped halves make one character; a half alone is no text
            text = halves.decode("utf-16-le")
        except UnicodeDecodeError:
            self.fail(
                "encoding",
                "half of a surrogate pair stands alone",
                "write the character itself, or both halves",
                pointer=pointer,
            )
        self.at = match.end()
        return text

    def scalar(self, pointer: str) -> int | float | bool | None:
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            self.at = number.end()
            return self.number(pointer, number)
        if _NOT_FINITE.match(self.text, self.at):
            self.bad_number(pointer, "NaN and Infinity are not JSON", "write a plain number")
        word = _WORD.match(self.text, self.at)
        if word is None or word[0] not in _WORDS:
            self.unexpected("a value was expected", "write a text in double quotes, or a number")
        self.at = word.end()
        return _WORDS[word[0]]

    def number(self, pointer: str, number: re.Match[str]) -> int | float:
        if sum(c.isdigit() for c in number[0]) > MAX_DIGITS:
            self.at = number.start()
            self.bad_number(pointer, f"more than {MAX_DIGITS} digits", "write a smaller number")
        if number[1] is None and number[2] is None:
            return int(number[0])
        value = float(number[0])
        if not math.isfinite(value):
            self.at = number.start()
            self.bad_number(pointer, "the number is beyond all limits", "write a smaller number")
        return value

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def here(self) -> Position:
        return self.places.at(self.at)

    def take(self, wanted: str, fix: str) -> None:
        if self.text[self.at : self.at + 1] != wanted:
            self.unexpected(f'"{wanted}" was expected', fix)
        self.at += 1

    def duplicate(self, pointer: str, key: str, at: Position, first: Position) -> None:
        self.problems.append(
            Problem(
                code="duplicate-key",
                file=self.file,
                line=at.line,
                column=at.column,
                pointer=pointer,
                value=shown(key),
                message=f'the key "{shown(key)}" stands in line {first.line} and again here',
                fix="keep one of the two",
            )
        )

    def bad_number(self, pointer: str, message: str, fix: str) -> NoReturn:
        self.fail("number-not-allowed", message, fix, pointer=pointer, value=self.found())

    def found(self) -> str:
        word = _WORD.match(self.text, self.at)
        return word[0] if word else self.text[self.at : self.at + 1]

    def broken_string(self) -> NoReturn:
        """Say what ends or spoils the text that begins here."""
        scan = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
        match = scan.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.text[self.at : self.at + 1] == "\\":
            self.unexpected("this escape does not exist", 'write "\\\\" for a backslash')
        if self.at < len(self.text) and self.text[self.at] not in "\r\n":
            self.unexpected("a control character stands in a text", 'write it as an escape: "\\t"')
        fix = "write the closing double quote on the same line"
        self.fail("json-syntax", "the text has no end", fix)

    def unexpected(self, message: str, fix: str) -> NoReturn:
        """A syntax error here, with the commonest slips called by their names."""
        rest = self.text[self.at :]
        if not rest:
            message, fix = "the file ends too early", "write the missing closing bracket"
            if not self.text.strip():
                message, fix = "the file is empty", "copy an example from schemas/examples"
        elif rest.startswith(("//", "/*", "#")):
            message, fix = "JSON has no comments", 'remove the comment, or use the field "notes"'
        elif rest[0] == "'":
            message, fix = "single quotes do not mark a text", 'write double quotes: "…"'
        elif rest[0] in _TYPOGRAPHIC:
            message, fix = "typographic quotes do not mark a text", 'write plain quotes: "…"'
        elif self.found() in ("True", "False", "None", "undefined"):
            message, fix = f'"{self.found()}" is not JSON', 'write "true", "false" or "null", plain'
        self.fail("json-syntax", message, fix, value=self.found())

    def fail(
        self,
        code: ProblemCode,
        message: str,
        fix: str,
        *,
        pointer: str = "",
        value: str = "",
        at: int | None = None,
    ) -> NoReturn:
        where = self.places.at(self.at if at is None else at)
        raise _Broken(
            Problem(
                code=code,
                file=self.file,
                line=where.line,
                column=where.column,
                pointer=pointer,
                value=shown(value) if value else "",
                message=message,
                fix=fix,
            )
        )


def _unescaped(match: re.Match[str]) -> str:
    return _PLAIN[match[1]] if match[1] else chr(int(match[2], 16))
