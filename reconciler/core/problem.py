"""Bad input as a value: where it stands, what was found, and what to write instead."""

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

ProblemCode = Literal[
    "advisories-old",
    "advisories-unreadable",
    "allowlist-missing",
    "archive-not-pinned",
    "base-lock-old",
    "base-moved-on",
    "certificate-file",
    "control-character",
    "domain-confusable",
    "domain-repeated",
    "domain-reserved",
    "domain-syntax",
    "domain-taken",
    "duplicate-key",
    "encoding",
    "file-kind",
    "file-name",
    "file-too-large",
    "json-syntax",
    "last-owner-removed",
    "locale-unknown",
    "missing-field",
    "name-confusable",
    "name-mismatch",
    "name-reserved",
    "name-was-used",
    "no-sites",
    "not-allowed-value",
    "not-among-owners",
    "not-an-owner",
    "number-not-allowed",
    "out-of-range",
    "package-not-read",
    "package-repeated",
    "personal-data-in-git",
    "platform-contradiction",
    "platform-missing",
    "plugin-blocked",
    "plugin-closed",
    "plugin-deprecated",
    "plugin-handed-over",
    "plugin-needs-plugin",
    "plugin-not-vetted",
    "plugin-repeated",
    "plugin-source-missing",
    "plugin-tree-mismatch",
    "plugin-version-not-vetted",
    "plugin-vulnerable",
    "removes-anothers-site",
    "repeated-item",
    "replicas-too-many",
    "review-differs",
    "review-missing",
    "secret-in-git",
    "service-address",
    "site-renamed",
    "size-unknown",
    "state-ending",
    "text-not-nfc",
    "theme-blocked",
    "theme-deprecated",
    "theme-not-vetted",
    "timezone-unknown",
    "too-deep",
    "too-many-values",
    "unknown-field",
    "unquoted-scalar",
    "vetting-blocks",
    "wrong-form",
    "wrong-type",
    "yaml-feature",
    "yaml-syntax",
]

MAX_SHOWN_CHARS = 60
MIN_SECRET_CHARS = 24
MIN_SECRET_BITS_PER_CHAR = 4.5
HIDDEN = "(hidden: it looks like a secret)"

# Prefixes that forges, clouds and chat services give their tokens, and PEM blocks. Looking for plain
# text first takes a tenth of the time, and nearly every text holds none of these.
_PREFIXES = (
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AKIA", "ASIA", "AIza"),
    *("xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "sk_live_", "sk-", "npm_", "pypi-"),
)
_PEM = "-----BEGIN "
_MARKS = (*_PREFIXES, _PEM)
_TOKEN = re.compile(
    rf"(?:{'|'.join(map(re.escape, _PREFIXES))})\w{{8,}}|{_PEM}[A-Z ]*PRIVATE KEY-----"
)
_UNBROKEN = re.compile(rf"[A-Za-z0-9+=_\-]{{{MIN_SECRET_CHARS},}}")
_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of one file.

    `line` and `column` count from 1; both are 1 where the whole file is meant. `pointer` is a
    JSON Pointer (RFC 6901), "" for the whole document. `value` is text fit to print, see `shown`.
    """

    code: ProblemCode
    severity: Severity = "error"
    file: str
    line: int = 1
    column: int = 1
    pointer: str = ""
    value: str = ""
    message: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.code}"
        at = f" at {self.pointer}" if self.pointer else ""
        return f"{place}{at}: {self.message}\n  fix: {self.fix}"


def in_order(problem: Problem) -> tuple[str, int, int, str, str, str]:
    """Sort key: the order in which a reader meets the problems."""
    return (
        problem.file,
        problem.line,
        problem.column,
        problem.pointer,
        problem.code,
        problem.message,
    )


def looks_secret(text: str) -> bool:
    """Whether a text looks like a token or key: a known prefix, or long, unbroken and random.

    Digests in hexadecimal have 4 bits a character at most and stay below the limit.
    """
    if any(mark in text for mark in _MARKS) and _TOKEN.search(text):
        return True
    return any(
        not _HEXADECIMAL.fullmatch(run) and _bits_per_char(run) > MIN_SECRET_BITS_PER_CHAR
        for run in _UNBROKEN.findall(text)
    )


def _bits_per_char(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def escaped(text: str) -> str:
    """Replace what a terminal or a reader cannot see by its code point, as `\\u202e`."""
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _INVISIBLE else c for c in text)


def shown(value: object) -> str:
    """A value as text for a message: escaped, cut to 60 characters, never a secret."""
    match value:
        case str() as text if looks_secret(text):
            return HIDDEN
        case str() as text:
            plain = escaped(text[: MAX_SHOWN_CHARS + 1])
        case bool() | None:
            plain = {True: "true", False: "false", None: "null"}[value]
        case dict() | list():
            return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
        case _:
            plain = str(value)
    return plain if len(plain) <= MAX_SHOWN_CHARS else plain[: MAX_SHOWN_CHARS - 1] + "…"
