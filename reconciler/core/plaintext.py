"""What no text of the fleet may hold: hidden characters, a person's address, a secret."""

import dataclasses
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from reconciler.core.document import Document, child
from reconciler.core.problem import HIDDEN, Problem, escaped, looks_secret, shown

# The look-behind lets a match begin at a word's start only: else 32 KiB without "@" take seconds.
_ADDRESS = re.compile(r"(?<![^\s@<>\"'])[^\s@<>\"']+@[^\s@<>\"']+\.[A-Za-z]{2,}")
# Controls, direction marks and zero-width characters, halves, private and unassigned ones.
_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together; harmless between them


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str, bool]]:
    """Every text of a document as (pointer, text, whether it is a key). Depth is bounded."""
    if isinstance(value, str):
        yield pointer, value, False
    elif isinstance(value, dict):
        for key, item in value.items():
            yield child(pointer, key), key, True
            yield from texts(item, child(pointer, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, child(pointer, number))


def harmless(data: bytes) -> bool:
    """Whether no text of a good JSON file can have a problem below: true of nearly every file.

    Without an escape, each text of it is a part of the file between two quotes, and JSON lets no
    control character but DEL into one.
    """
    odd = b"@" in data or b"\\" in data or b"\x7f" in data
    return data.isascii() and not odd and not looks_secret(data.decode("ascii"))


def text_problems(document: Document) -> Iterator[Problem]:
    """Hidden characters and text in another than the composed form, and secrets (a warning)."""
    for pointer, text, is_key in texts(document.value):
        place = document.keys.get(pointer) if is_key else None
        hidden = _first_hidden(text)
        if hidden is not None:
            code = f"U+{ord(hidden):04X} {unicodedata.name(hidden, '')}".strip()
            yield document.problem(
                "control-character",
                pointer,
                f"the text holds {code}, which nobody sees",
                "remove that character",
                value=text,
                at_key=place,
            )
        elif unicodedata.normalize("NFC", text) != text:
            yield document.problem(
                "text-not-nfc",
                pointer,
                "the text is not in Unicode's composed form (NFC)",
                f'write "{shown(unicodedata.normalize("NFC", text))}"',
                value=text,
                at_key=place,
            )
        if looks_secret(text):
            yield dataclasses.replace(
                document.problem(
                    "secret-in-git",
                    pointer,
                    "this looks like a secret, and the file is public",
                    "revoke it where it was issued first, then remove it here",
                    value=HIDDEN,
                    at_key=place,
                ),
                severity="warning",
            )


def _first_hidden(text: str) -> str | None:
    for before, c in zip(" " + text, text, strict=False):
        if unicodedata.category(c) in _HIDDEN and not (
            c == ZERO_WIDTH_JOINER and unicodedata.category(before) in ("So", "Mn", "Sk")
        ):
            return c
    return None


def address_problems(document: Document) -> Iterator[Problem]:
    """Mail addresses: the repository is public and keeps its history."""
    for pointer, text, is_key in texts(document.value):
        found = _ADDRESS.search(text)
        if found is None:
            continue
        yield document.problem(
            "personal-data-in-git",
            pointer,
            "a mail address, and everybody can read this file for ever",
            "remove it; write a forge login where a person is meant",
            value=_masked(found[0]),
            at_key=document.keys.get(pointer) if is_key else None,
        )


def _masked(address: str) -> str:
    """Enough to find it, not enough to write to it: messages are public too."""
    return escaped(address[:1]) + "…@…"
