"""CODEOWNERS, as forges read it: patterns like those of .gitignore, and the last that fits counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.core.blob import EXECUTABLE, REGULAR, Blob

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""The first of them that is there counts."""
MAX_LINES = 2_000
_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]{0,38}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")


@dataclass(frozen=True, slots=True)
class Owners:
    """Patterns with who owns what fits them, in the file's order."""

    rules: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """`@login` and `@organisation/team` that own a path; empty where nobody does."""
        fits = (owners for pattern, owners in reversed(self.rules) if pattern.fullmatch(path))
        return next(fits, ())


def read_owners(blobs: Mapping[str, Blob]) -> Owners:
    """The owners of a commit. Words that are no owner, mail addresses too, are left out."""
    blob = next((blobs[place] for place in PLACES if place in blobs), None)
    if blob is None or blob.mode not in {REGULAR, EXECUTABLE}:
        return Owners()
    rules = []
    for line in blob.data.decode("utf-8", "replace").splitlines()[:MAX_LINES]:
        words = re.sub(r"(^|\s)#.*", "", line).split()
        if words:
            owners = tuple(word for word in words[1:] if _OWNER.fullmatch(word))
            rules.append((_pattern(words[0]), owners))
    return Owners(tuple(rules))


def _pattern(written: str) -> re.Pattern[str]:
    anchored = "/" in written.rstrip("/")
    folder = written.endswith("/")
    parts = re.split(r"(/\*\*/|\*\*/|/\*\*|\*|\?)", written.strip("/"))
    words = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(words.get(part, re.escape(part)) for part in parts)
    # `docs/*` is what stands in docs/ itself; a name alone is a file or everything in a folder.
    below = "/.*" if folder else "" if written.endswith("*") else "(?:/.*)?"
    everything = written in {"*", "**", "/**"}
    return re.compile(".*" if everything else f"{'' if anchored else '(?:.*/)?'}{body}{below}")
