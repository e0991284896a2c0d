"""From a file's bytes to text that a parser may see: size, encoding, and nothing hidden."""

from bisect import bisect_right

from reconciler.core.document import Position
from reconciler.core.problem import Problem

KIBIBYTE = 1024
BOMS = {
    b"\xef\xbb\xbf": "a UTF-8 byte order mark",
    b"\xff\xfe": "a UTF-16 byte order mark",
    b"\xfe\xff": "a UTF-16 byte order mark",
}
SAVE_AS_UTF8 = "save the file as UTF-8 without a byte order mark"


def decode(file: str, data: bytes, max_bytes: int) -> str | Problem:
    """The text of a file, or the one reason why nobody should parse it."""
    if len(data) > max_bytes:
        return too_large(file, max_bytes)
    for mark, name in BOMS.items():
        if data.startswith(mark):
            return _encoding(file, Position(1, 1), f"the file begins with {name}")
    try:
        text = data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as e:
        good = data[: e.start].decode("utf-8")
        found = f"byte 0x{data[e.start]:02x} is not UTF-8"
        return _encoding(file, Places(good).at(len(good)), found)
    at = text.find("\0")
    if at >= 0:
        return _encoding(file, Places(text).at(at), "the file holds a NUL byte")
    return text


def too_large(file: str, max_bytes: int) -> Problem:
    """The file is above its limit, and was not read further."""
    return Problem(
        code="file-too-large",
        file=file,
        message=f"the file is larger than {max_bytes // KIBIBYTE} KiB",
        fix=f"keep it below {max_bytes // KIBIBYTE} KiB",
    )


class Places:
    """Lines and columns of one text; lines end with LF alone, as editors count them."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]

    def at(self, offset: int) -> Position:
        """Where the character `offset`, counted from 0, stands."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


def _encoding(file: str, at: Position, message: str) -> Problem:
    return Problem(
        code="encoding",
        file=file,
        line=at.line,
        column=at.column,
        message=message,
        fix=SAVE_AS_UTF8,
    )
