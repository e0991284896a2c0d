"""Licences: a package runs inside WordPress (GPL-2.0-or-later), so that its own must fit."""

import json
import re
from collections.abc import Iterator
from typing import Any

from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.finding import Finding, Rule, found
from reconciler.core.vetting.headers import About

LICENCE_MISSING = Rule(
    code="licence-missing",
    level="block",
    family="licence",
    summary="no licence is named",
    why="Without one nobody may pass the code on, and an image does just that.",
    fix="ask the author to name one in the main file or the readme",
)
LICENCE_INCOMPATIBLE = Rule(
    code="licence-incompatible",
    level="block",
    family="licence",
    summary="the licence does not go with WordPress's",
    why="WordPress is GPL-2.0-or-later; what extends it must be under terms that fit.",
    fix="ask the author for another licence, or choose another package",
)
LICENCE_UNCLEAR = Rule(
    code="licence-unclear",
    level="warn",
    family="licence",
    summary="a licence that this program does not know",
    why="A person has to read it: most fit, some forbid commercial use or passing on.",
    fix="read the licence; accept the finding if it is compatible with the GPL",
)
RULES = (LICENCE_MISSING, LICENCE_INCOMPATIBLE, LICENCE_UNCLEAR)

MAX_MANIFEST_BYTES = 4 * 1024 * 1024

# By the list of the Free Software Foundation; documents and fonts are no code, but ship with it.
COMPATIBLE = frozenset({
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0",
    "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-3.0", "CC-BY-4.0",
    "CC-BY-SA-4.0", "CC0-1.0", "FTL", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only",
    "GPL-3.0-or-later", "HPND", "ISC", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0",
    "NCSA", "OFL-1.1", "Python-2.0", "Ruby", "Unicode-DFS-2016", "Unlicense", "W3C", "WTFPL",
    "X11", "ZPL-2.1", "Zlib",
})  # fmt: skip
INCOMPATIBLE = frozenset({
    "Apache-1.0", "Apache-1.1", "APSL-2.0", "BSD-4-Clause", "BUSL-1.1", "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "CDDL-1.0", "Elastic-2.0", "EPL-1.0",
    "JSON", "MPL-1.0", "MPL-1.1", "MS-RL", "PHP-3.0", "PHP-3.01",
    "PolyForm-Noncommercial-1.0.0", "SSPL-1.0", "proprietary",
})  # fmt: skip
_BY_LOWER = {name.lower(): name for name in COMPATIBLE | INCOMPATIBLE}
_GNU = re.compile(
    r"(?:gnu )?(a|l)?(?:gpl|ffero gpl|esser gpl)[ -]?v?(?:ersion )?(\d)?(?:[.](\d))?\s*(.*)"
)
_WORDS = (
    (r"\bgnu\b|\bthe\b|\blicen[cs]ed?\b|\bunder\b|\bversion\b", " "),
    (r"\baffero general public\b", "agpl"),
    (r"\b(?:lesser|library) general public\b", "lgpl"),
    (r"\bgeneral public\b", "gpl"),
    (r"[,()]", " "),
    (r"\s+", " "),
)
_NAMED = (
    (r"apache[ -]?(?:v?2(?:\.0)?)?", "Apache-2.0"),
    (r"(?:expat|x11|mit)(?: x11)?", "MIT"),
    (r"(?:new |modified |revised )?bsd(?:[ -]?3[ -]?clause)?", "BSD-3-Clause"),
    (r"(?:simplified |freebsd )?bsd[ -]?2[ -]?clause", "BSD-2-Clause"),
    (r"(?:mozilla public|mpl)[ -]?v?2(?:\.0)?", "MPL-2.0"),
    (r"public domain|cc0", "CC0-1.0"),
    (r"(?:sil )?(?:open font|ofl).*", "OFL-1.1"),
    (r"wtfpl.*|do what the.*", "WTFPL"),
    (r"(?:all rights reserved|commercial|envato|regular|split|proprietary|unlicensed)\b.*", ""),
)
_GNU_URL = re.compile(r"https?://(?:www\.)?(?:gnu\.org/licenses|opensource\.org/licenses?)/(\S+)")


def spdx(text: str) -> str:
    """A licence's text as its SPDX name; "" where it is not known, `proprietary` for closed ones."""
    plain = re.sub(r"\s*[(<]https?://[^)>]*[)>]?", "", text.strip()).strip(".* ")
    plain = re.sub(r"\s*\((?:the )?[\w .-]{2,12}\)$", "", plain)
    url = _GNU_URL.match(plain.lower())
    if url:
        plain = re.sub(r"\.(?:html|txt|en)\b.*", "", url[1]).replace("old-licenses/", "")
    known = _BY_LOWER.get(plain.lower())
    if known:
        return known
    low = plain.lower()
    for pattern, word in _WORDS:
        low = re.sub(pattern, word, low)
    low = low.strip(" -./")
    gnu = _GNU.match(low)
    if gnu:
        return _gnu(gnu)
    for pattern, name in _NAMED:
        if re.fullmatch(pattern, low):
            return name or "proprietary"
    return _BY_LOWER.get(low.replace(" ", "-"), "")


def _gnu(match: re.Match[str]) -> str:
    family, rest = f"{(match[1] or '').upper()}GPL", match[4]
    later = bool(re.search(r"\+|later|newer|higher|above|any", rest))
    if match[2] is None:
        return f"{family}-2.0-or-later" if family == "GPL" else f"{family}-3.0-or-later"
    minor = match[3] or ("1" if family == "LGPL" and match[2] == "2" else "0")
    name = f"{family}-{match[2]}.{minor}-{'or-later' if later else 'only'}"
    # GPL-1.0 alone does not fit; "or later" does, and is then version 2.
    return _BY_LOWER.get(name.lower(), "GPL-2.0-or-later" if later else "")


def fits(expression: str) -> bool | None:
    """Whether an SPDX expression or a free text goes with the GPL; None where nobody can say."""
    parts = re.split(
        r"\s+or\s+(?!later|newer|any|higher)|\s*\|\|?\s*|(?<=\w)/(?=[A-Z])",
        expression.strip("() "),
        flags=re.I,
    )
    judged = [_all_fit(part) for part in parts]
    if True in judged:
        return True
    return None if None in judged else False


def _all_fit(part: str) -> bool | None:
    names = [spdx(name) for name in re.split(r"\s+and\s+|\s+with\s+\S+", part, flags=re.I) if name]
    if any(name in INCOMPATIBLE for name in names):
        return False
    return True if names and all(name in COMPATIBLE for name in names) else None


def licence_findings(candidate: Candidate, words: About) -> Iterator[Finding]:
    """The package's own licence, and those that vendored composer.json and package.json name."""
    if not words.licence:
        yield found(LICENCE_MISSING, words.main, 1, "License")
    else:
        yield from _judged(words.main, words.licence, words.licence)
    for path, manifest in manifests(candidate):
        licence = _stated(manifest)
        if licence and "/" in path:
            name = manifest.get("name")
            yield from _judged(
                path, licence, f"{name if isinstance(name, str) else path}: {licence}"
            )


def _judged(path: str, licence: str, excerpt: str) -> Iterator[Finding]:
    verdict = fits(licence)
    if verdict is None:
        yield found(LICENCE_UNCLEAR, path, 1, excerpt, detail=licence)
    elif not verdict:
        yield found(LICENCE_INCOMPATIBLE, path, 1, excerpt, detail=licence)


def manifests(candidate: Candidate) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, content) of each composer.json and package.json, and of what Composer installed."""
    for path in sorted(candidate.files):
        name = path.rsplit("/", 1)[-1]
        if name in {"composer.json", "package.json"}:
            value = as_object(candidate.files[path].data)
            if value:
                yield path, value
        elif path.endswith("composer/installed.json"):
            value = as_object(candidate.files[path].data)
            listed = value.get("packages") if value else None
            for package in listed if isinstance(listed, list) else ():
                if isinstance(package, dict):
                    yield path, package


def as_object(data: bytes) -> dict[str, Any]:
    """A JSON object; an empty one where it is none, or too large or deep to be a manifest."""
    if len(data) > MAX_MANIFEST_BYTES:
        return {}
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list):  # Composer 1 wrote the list alone
        return {"packages": value}
    return value if isinstance(value, dict) else {}


def _stated(manifest: dict[str, Any]) -> str:
    value = manifest.get("license")
    if isinstance(value, dict):
        value = value.get("type")
    if isinstance(value, list):
        names = [item.get("type") if isinstance(item, dict) else item for item in value]
        value = " OR ".join(name for name in names if isinstance(name, str))
    return value[:200] if isinstance(value, str) else ""
