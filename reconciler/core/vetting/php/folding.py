"""PHP functions whose answer is known when their arguments are: how hidden names come to light."""

import base64
import binascii
import codecs
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from reconciler.core.vetting.php.value import HOLE, MAX_TEXT_CHARS, Value, array, literal
from reconciler.core.vetting.php.words import words

MAX_INFLATED_BYTES = 65_536
MAX_PARTS = 2_000


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data[:MAX_TEXT_CHARS].decode("utf-8", "surrogateescape")


def number(text: str) -> int:
    """A PHP number as an integer. Raises ValueError."""
    lowered = text.strip().lower().replace("_", "")
    if len(lowered) > 20:
        raise ValueError(lowered)
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if lowered.startswith(prefix):
            return int(lowered[2:], base)
    if len(lowered) > 1 and lowered.startswith("0") and lowered.isdigit():
        return int(lowered, 8)
    value = float(lowered)
    if not math.isfinite(value):
        raise ValueError(lowered)
    return int(value)


def _chr(text: str) -> str:
    return _text(bytes([number(text) % 256]))


def _base64(text: str, *_strict: str) -> str:
    kept = "".join(text.split()).rstrip("=")
    kept = kept[: MAX_TEXT_CHARS * 2]
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    return _text(base64.b64decode(kept + "=" * (-len(kept) % 4), validate=True))


def _inflate(window: int) -> Callable[[str], str]:
    def inflate(text: str) -> str:
        return _text(zlib.decompressobj(window).decompress(_bytes(text), MAX_INFLATED_BYTES))

    return inflate


def _substr(text: str, start: str, length: str | None = None) -> str:
    data = _bytes(text)
    first = number(start)
    first = max(len(data) + first, 0) if first < 0 else first
    if length is None:
        return _text(data[first:])
    count = number(length)
    return _text(data[first : len(data) + count if count < 0 else first + count])


def _sprintf(pattern: str, *arguments: str) -> str:
    """The directives that put names and paths together: %s, %d, %c, %x, with positions."""
    answer, rest, following = [], pattern, list(arguments)
    while "%" in rest:
        before, _, rest = rest.partition("%")
        answer.append(before)
        if rest.startswith("%"):
            answer.append("%")
            rest = rest[1:]
            continue
        position, dollar, behind = rest.partition("$")
        if dollar and position.isdigit() and len(position) < 3:
            argument, rest = arguments[int(position) - 1], behind
        else:
            argument = following.pop(0)
        directive, rest = rest[:1], rest[1:]
        forms: dict[str, Callable[[str], str]] = {
            "s": str,
            "d": lambda value: str(number(value)),
            "c": _chr,
            "x": lambda value: f"{number(value):x}",
        }
        answer.append(forms[directive](argument))
    return "".join([*answer, rest])


def _strtr(text: str, old: str, new: str) -> str:
    return text.translate(dict(zip(map(ord, old), new, strict=False)))


def _dirname(path: str, levels: str = "1") -> str:
    for _ in range(min(number(levels), 20)):
        path = path.rstrip("/").rpartition("/")[0] or ("/" if path.startswith("/") else ".")
    return path


def _repeat(text: str, count: str) -> str:
    return text * max(0, min(number(count), MAX_TEXT_CHARS // max(len(text), 1)))


def _join_path(base: str, path: str) -> str:
    return path if path.startswith("/") else f"{base.rstrip('/')}/{path.lstrip('/')}"


def _hex(text: str) -> str:
    return _text(bytes.fromhex(text))


def _pack(form: str, text: str) -> str:
    return _hex(text) if form.upper().startswith("H") else HOLE


def _uudecode(text: str) -> str:
    lines = [binascii.a2b_uu(line) for line in _bytes(text).split(b"\n") if line]
    return _text(b"".join(lines))


def _urldecode(text: str) -> str:
    parts = text.split("%")
    decoded = [_bytes(parts[0])]
    for part in parts[1:]:
        try:
            decoded.append(bytes.fromhex(part[:2]) + _bytes(part[2:]))
        except ValueError:
            decoded.append(_bytes("%" + part))
    return _text(b"".join(decoded))


Fold = Callable[..., str]

FOLDS: Final[Mapping[str, Fold]] = {
    "base64_decode": _base64,
    "base64_encode": lambda text: base64.b64encode(_bytes(text)).decode("ascii"),
    "basename": lambda path, suffix="": path.rstrip("/").rpartition("/")[2].removesuffix(suffix),
    "bin2hex": lambda text: _bytes(text).hex(),
    "chr": _chr,
    "convert_uudecode": _uudecode,
    "dirname": _dirname,
    "gzdecode": _inflate(31),
    "gzinflate": _inflate(-15),
    "gzuncompress": _inflate(15),
    "hex2bin": _hex,
    "html_entity_decode": lambda text, *_: text.replace("&amp;", "&"),
    "lcfirst": lambda text: text[:1].lower() + text[1:],
    "ltrim": lambda text, chars=" \t\n\r\0\x0b": text.lstrip(chars),
    "pack": _pack,
    "path_join": _join_path,
    "plugin_basename": lambda path: path.removeprefix("{package}/"),
    "rawurldecode": _urldecode,
    "rtrim": lambda text, chars=" \t\n\r\0\x0b": text.rstrip(chars),
    "sprintf": _sprintf,
    "str_ireplace": lambda old, new, text, *_: text.replace(old, new) if old else text,
    "str_repeat": _repeat,
    "str_replace": lambda old, new, text, *_: text.replace(old, new) if old else text,
    "str_rot13": lambda text: codecs.encode(text, "rot13"),
    "stripslashes": lambda text: text.replace("\\", ""),
    "strrev": lambda text: _text(_bytes(text)[::-1]),
    "strtolower": str.lower,
    "strtoupper": str.upper,
    "strtr": _strtr,
    "substr": _substr,
    "trailingslashit": lambda path: path.rstrip("/\\") + "/",
    "trim": lambda text, chars=" \t\n\r\0\x0b": text.strip(chars),
    "ucfirst": lambda text: text[:1].upper() + text[1:],
    "untrailingslashit": lambda path: path.rstrip("/\\"),
    "urldecode": lambda text: _urldecode(text.replace("+", " ")),
    "vsprintf": _sprintf,
    "wp_normalize_path": lambda path: path.replace("\\", "/"),
}

# Those that work where parts of the text are missing.
WITH_HOLES: Final = words(
    "dirname ltrim path_join rtrim sprintf strtolower strtoupper trailingslashit trim"
    " untrailingslashit wp_normalize_path basename plugin_basename vsprintf"
)


def folded(name: str, arguments: Sequence[Value]) -> str | None:
    """What the function answers; None where that depends on what is not known."""
    fold = FOLDS.get(name)
    if fold is None:
        return None
    texts = [HOLE if one.text is None else one.text for one in arguments]
    if name not in WITH_HOLES and any(HOLE in text for text in texts):
        return None
    if name == "vsprintf":
        items = arguments[1].items if len(arguments) > 1 else None
        texts = texts[:1] + [i.text or HOLE for i in (items or {}).values()]
    try:
        answer = fold(*texts[:8])
    except (ValueError, TypeError, LookupError, OverflowError, zlib.error, RecursionError):
        return None  # wrong arguments: PHP would answer false, or stop
    return answer[:MAX_TEXT_CHARS]


FOLDED_ARRAYS: Final = ("implode", "join", "explode", "str_split", "array_reverse")


def folded_array(name: str, arguments: Sequence[Value]) -> Value | None:
    """The same for functions that take or give arrays."""
    if name in {"implode", "join"} and arguments:
        glue, pieces = arguments[0], arguments[-1]
        if glue.items is not None:
            glue, pieces = (arguments[1] if len(arguments) > 1 else literal("")), glue
        if pieces.items is None or (glue.text is None and len(arguments) > 1):
            return None
        texts = [HOLE if one.text is None else one.text for one in pieces.items.values()]
        between = (glue.text or "") if len(arguments) > 1 else ""
        return Value(between.join(texts[:MAX_PARTS]), pieces.taint, pieces.clean)
    texts_known = [one.known for one in arguments]
    if name == "explode" and len(texts_known) > 1 and texts_known[0] and texts_known[1] is not None:
        return _listed(texts_known[1].split(texts_known[0]))
    if name == "str_split" and texts_known and texts_known[0] is not None:
        try:
            size = number(texts_known[1] or "1") if len(texts_known) > 1 else 1
        except ValueError:
            return None
        text = texts_known[0][:MAX_PARTS]
        return (
            _listed([text[i : i + size] for i in range(0, len(text), size)]) if size > 0 else None
        )
    if name == "array_reverse" and arguments and arguments[0].items is not None:
        values = reversed(list(arguments[0].items.values()))
        return array({str(place): value for place, value in enumerate(values)})
    return None


def _listed(texts: list[str]) -> Value:
    return array({str(i): literal(text) for i, text in enumerate(texts[:MAX_PARTS])})
