"""Bundled libraries: what Composer installed, and copies of what WordPress has itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.finding import Finding, Rule, found
from reconciler.core.vetting.licence import as_object
from reconciler.core.vetting.packaging import digest_of

LIBRARY_OF_CORE = Rule(
    code="library-of-core",
    level="warn",
    family="libraries",
    summary="a copy of a library that WordPress has itself",
    why="WordPress updates its own; the copy keeps its holes, and two versions on a page clash.",
    fix="ask the author to use the one in WordPress",
)
NAME_TAKEN = Rule(
    code="name-taken",
    level="warn",
    family="libraries",
    summary="names that another allowed package defines too",
    why="One image holds all packages: a site with both gets a fatal error, or the other's code.",
    fix="ask the author for an own prefix or namespace, or do not allow both on one site",
)
RULES = (LIBRARY_OF_CORE, NAME_TAKEN)

MAX_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, order=True)
class Library:
    """A library inside a package; `version` is "" where nothing says it."""

    name: str
    version: str
    file: str


# File name → what it is. Only names that mean nothing else.
_OF_CORE = (
    (r"jquery(?:[-.]\d[\d.]*)?(?:\.slim)?(?:\.min)?\.js", "jQuery"),
    (r"jquery[-.]migrate(?:[-.]\d[\d.]*)?(?:\.min)?\.js", "jQuery Migrate"),
    (r"jquery[-.]ui(?:[-.]\d[\d.]*)?(?:\.custom)?(?:\.min)?\.js", "jQuery UI"),
    (r"(?:underscore|backbone|lodash|moment|react|react-dom|masonry\.pkgd|clipboard|hoverintent|twemoji)"
     r"(?:[-.]\d[\d.]*)?(?:\.production|\.development)?(?:\.min)?\.js", ""),
    (r"tinymce(?:\.min)?\.js", "TinyMCE"),
    (r"(?:class[-.])?phpmailer\.php", "PHPMailer"),
    (r"(?:class-)?simplepie\.php", "SimplePie"),
    (r"getid3\.php", "getID3"),
    (r"pclzip\.lib\.php|class-pclzip\.php", "PclZip"),
    (r"passwordhash\.php|class-phpass\.php", "phpass"),
)  # fmt: skip
_OF_CORE_RE = tuple((re.compile(pattern), name) for pattern, name in _OF_CORE)
_JS_VERSION = re.compile(rb"(?:@version|[vV]ersion:?|\bv)\s*[\"']?(\d+\.\d+(?:\.\d+)?)")
_PHP_VERSION = re.compile(rb"VERSION['\"]?\s*(?:=|,)\s*['\"](\d+\.\d+[\w.]*)['\"]")


def libraries(candidate: Candidate) -> tuple[Library, ...]:
    """Libraries inside the package, sorted: by Composer's own list, and by file name."""
    listed = set(_composer(candidate))
    for path, name in _copies(candidate):
        listed.add(Library(name.lower(), _version(candidate.files[path].data), path))
    return tuple(sorted(listed))


def library_findings(candidate: Candidate) -> Iterator[Finding]:
    """Copies of what WordPress ships."""
    for path, name in _copies(candidate):
        data = candidate.files[path].data
        version = _version(data)
        detail = f"{name} {version}".strip()
        yield found(LIBRARY_OF_CORE, path, 1, f"{detail}, {digest_of(data)}", detail=detail)


def name_findings(names: Mapping[str, str], taken: Mapping[str, str]) -> Iterator[Finding]:
    """Names of this package (name → file) that others have: `taken` maps name → package.

    One finding for each other package: a bundled library has hundreds of names.
    """
    clashes: dict[str, list[str]] = {}
    for name in sorted(names):
        other = taken.get(name)
        if other is not None:
            clashes.setdefault(other, []).append(name)
    for other, shared in sorted(clashes.items()):
        more = f" and {len(shared) - MAX_NAMES_SHOWN} more" if len(shared) > MAX_NAMES_SHOWN else ""
        detail = f"{other}: {', '.join(shared[:MAX_NAMES_SHOWN])}{more}"
        text = f"{other}: {', '.join(shared)}"
        yield found(NAME_TAKEN, names[shared[0]], 1, text, detail=detail)


def _composer(candidate: Candidate) -> Iterator[Library]:
    for path in sorted(candidate.files):
        if not path.endswith("composer/installed.json"):
            continue
        listed = as_object(candidate.files[path].data).get("packages")
        for package in listed if isinstance(listed, list) else ():
            name = package.get("name") if isinstance(package, dict) else None
            if isinstance(name, str):
                version = package.get("version")
                plain = version.removeprefix("v") if isinstance(version, str) else ""
                yield Library(name[:100], plain[:40], path)


def _copies(candidate: Candidate) -> Iterator[tuple[str, str]]:
    for path in sorted(candidate.files):
        base = path.rsplit("/", 1)[-1].lower()
        for pattern, name in _OF_CORE_RE:
            if pattern.fullmatch(base):
                yield path, name or re.split(r"[-.]\d|\.", base, maxsplit=1)[0]
                break


def _version(data: bytes) -> str:
    start = data[:2048]
    match = _JS_VERSION.search(start) or _PHP_VERSION.search(data[:65536])
    return match[1].decode("ascii", "replace") if match else ""
