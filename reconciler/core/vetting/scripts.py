"""Scripts and styles that visitors' browsers run: readable, from here, and not too heavy."""

import re
from collections.abc import Iterator

from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.finding import Fact, Finding, Rule, found
from reconciler.core.vetting.packaging import digest_of, line_at, suffix

SCRIPT_OBFUSCATED = Rule(
    code="script-obfuscated",
    level="block",
    family="obfuscation",
    summary="a script that is made not to be read",
    why="It runs in every visitor's and editor's browser, and nobody can say what it does there.",
    fix="ask the author for the source; minified is fine, hidden is not",
)
SCRIPT_WITHOUT_SOURCE = Rule(
    code="script-without-source",
    level="warn",
    family="obfuscation",
    summary="a minified script without its source",
    why="It cannot be reviewed, and the GPL asks for the form that people edit.",
    fix="ask the author to ship the source beside it, or a source map",
)
SCRIPT_HEAVY = Rule(
    code="script-heavy",
    level="warn",
    family="files",
    summary="more than 1 MiB for a browser to load",
    why="On a phone such a page takes seconds longer, and the edge keeps and sends every byte.",
    fix="ask whether it loads on the front; accept the finding for the admin's own pages",
)
RULES = (SCRIPT_OBFUSCATED, SCRIPT_WITHOUT_SOURCE, SCRIPT_HEAVY)

HEAVY_BYTES = 1024 * 1024
MIN_MINIFIED_BYTES = 4 * 1024
MINIFIED_LINE_BYTES = 500
MIN_HIDDEN_NAMES = 10
MIN_CODES = 40
MAX_SCANNED_BYTES = 4 * 1024 * 1024
MAX_HOSTS = 50

_HIDDEN_NAME = re.compile(rb"\b_0x[0-9a-f]{4,6}\b")
_PACKED = re.compile(
    rb"\beval\s*\(\s*(?:function\s*\(\s*p\s*,\s*a\s*,\s*c|atob\s*\(|unescape\s*\()"
)
_CODES = re.compile(rb"fromCharCode\s*\(\s*(?:(?:0x[0-9a-f]+|\d+)\s*,\s*){%d}" % MIN_CODES, re.I)
# A host counts where it is loaded from or sent to, not where it stands in a text or a namespace.
_LOADED = re.compile(
    rb"""(?:\.src\s*=\s*|\bimport\s*\(?\s*|\bfrom\s*|\bfetch\s*\(\s*|\bgetScript\s*\(\s*"""
    rb"""|\bimportScripts\s*\(\s*|\bsendBeacon\s*\(\s*|\bnew\s+(?:Worker|WebSocket|EventSource)\s*\(\s*"""
    rb"""|\.open\s*\(\s*["'`][A-Za-z]{3,6}["'`]\s*,\s*|\burl\s*:\s*)["'`]"""
    rb"""(?:https?:|wss?:)?//([A-Za-z0-9.-]{1,253})(?=[:/"'`?#])"""
)
_STYLE_LOADED = re.compile(
    rb"""(?:@import\s*["']|url\(\s*["']?)(?:https?:)?//([A-Za-z0-9.-]{1,253})""", re.I
)


def script_findings(candidate: Candidate) -> Iterator[Finding]:
    """What is wrong with JavaScript and style sheets of the package."""
    linked = _links_to_source(candidate)
    for path, data in _browser_files(candidate):
        if len(data) > HEAVY_BYTES and not _for_admin(path):
            detail = f"{len(data) / HEAVY_BYTES:.1f} MiB"
            yield found(SCRIPT_HEAVY, path, 1, digest_of(data), detail=detail)
        if suffix(path) == "css":
            continue
        hidden = _obfuscated(data)
        if hidden is not None:
            at, detail = hidden
            text = data[at : at + 120].decode("utf-8", "replace")
            yield found(SCRIPT_OBFUSCATED, path, line_at(data, at), text, detail=detail)
        elif _minified(data) and not _has_source(path, candidate):
            level = "info" if linked else SCRIPT_WITHOUT_SOURCE.level
            detail = "the readme links to its source" if linked else ""
            yield found(SCRIPT_WITHOUT_SOURCE, path, 1, digest_of(data), detail=detail, level=level)


def script_facts(candidate: Candidate) -> Iterator[Fact]:
    """Hosts that scripts and style sheets load from, or send to."""
    for path, data in _browser_files(candidate):
        pattern = _STYLE_LOADED if suffix(path) == "css" else _LOADED
        seen: set[str] = set()
        for match in pattern.finditer(data[:MAX_SCANNED_BYTES]):
            host = match[1].decode("ascii").lower().strip(".")
            if "." in host and host not in seen and len(seen) < MAX_HOSTS:
                seen.add(host)
                yield Fact("asset-host", host, path, line_at(data, match.start()))


def _browser_files(candidate: Candidate) -> Iterator[tuple[str, bytes]]:
    for path in sorted(candidate.files):
        if suffix(path) in {"js", "mjs", "css"}:
            yield path, candidate.files[path].data


def _obfuscated(data: bytes) -> tuple[int, str] | None:
    """(where, what) of the first sign that a script hides."""
    names: set[bytes] = set()
    for match in _HIDDEN_NAME.finditer(data):
        names.add(match[0])
        if len(names) >= MIN_HIDDEN_NAMES:
            return match.start(), "names as _0x1a2b"
    for pattern, what in ((_PACKED, "packed code for eval"), (_CODES, "text as numbers")):
        found_at = pattern.search(data)
        if found_at:
            return found_at.start(), what
    return None


def _minified(data: bytes) -> bool:
    return (
        len(data) > MIN_MINIFIED_BYTES and len(data) / (data.count(b"\n") + 1) > MINIFIED_LINE_BYTES
    )


def _has_source(path: str, candidate: Candidate) -> bool:
    """Whether a readable form is beside it, in a source folder, or in a map."""
    folder, _, name = path.rpartition("/")
    stem = re.sub(r"(?:[.-]min)?\.m?js$", "", name)
    beside = f"{folder}/" if folder else ""
    source_map = candidate.files.get(f"{path}.map")
    if source_map and b'"sourcesContent"' in source_map.data:
        return True
    for ending in (".js", ".src.js", ".dev.js", "-dev.js", ".ts", ".jsx", ".tsx"):
        near = candidate.files.get(f"{beside}{stem}{ending}")
        if f"{beside}{stem}{ending}" != path and near and not _minified(near.data):
            return True
    sources = {"src", "source", "sources", "unminified", "dev"}
    return any(
        sources & set(other.split("/")[:-1])
        and (re.sub(r"\.(?:m?jsx?|tsx?)$", "", other.rsplit("/", 1)[-1]) == stem or stem == "index")
        and suffix(other) in {"js", "mjs", "jsx", "ts", "tsx"}
        and not _minified(candidate.files[other].data)
        for other in candidate.files
    )


def _links_to_source(candidate: Candidate) -> bool:
    readme = candidate.files.get("readme.txt") or candidate.files.get("README.md")
    link = re.compile(
        rb"https?://(?:github\.com|gitlab\.com|codeberg\.org|plugins\.svn\.wordpress\.org)/"
    )
    return bool(readme and link.search(readme.data))


def _for_admin(path: str) -> bool:
    return bool({"admin", "editor", "wp-admin"} & set(path.lower().split("/")))
