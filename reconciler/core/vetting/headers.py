"""What a package says of itself: the headers of its main file, and its readme, as WordPress reads them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.core.layers import File
from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.finding import Finding, Rule, found
from reconciler.core.vetting.licence_text import licence_in

MAIN_FILE = Rule(
    code="main-file",
    level="block",
    family="packaging",
    summary="not exactly one main file",
    why="WordPress lists one plugin for each file with the header `Plugin Name`; a site's file names one.",
    fix="keep the header in one file at the top of the package",
)
HEADER_MISSING = Rule(
    code="header-missing",
    level="block",
    family="packaging",
    summary="a header is missing",
    why="Without it nobody can say which version runs, or compare it with advisories.",
    fix="add the header to the first comment of the main file",
)
HEADER_MISPLACED = Rule(
    code="header-misplaced",
    level="warn",
    family="packaging",
    summary="a header stands outside a comment",
    why="WordPress reads the first such line of 8 KiB, code and strings included; people read comments.",
    fix="write each header once, in a comment at the top",
)
VERSION_DIFFERS = Rule(
    code="version-differs",
    level="block",
    family="packaging",
    summary="the main file names another version",
    why="Advisories are matched by version: with the wrong one, a known hole is not seen.",
    fix="write the version of the main file in the allowlist, or fetch the right archive",
)
STABLE_TAG_DIFFERS = Rule(
    code="stable-tag-differs",
    level="warn",
    family="packaging",
    summary="the readme names another stable version",
    why="The directory serves the stable tag; this may be a version that was never released.",
    fix="ask the author which version is meant",
)
TEXT_DOMAIN_DIFFERS = Rule(
    code="text-domain-differs",
    level="info",
    family="packaging",
    summary="the text domain is not the slug",
    why="Language packs are found by the slug, so its translations are not loaded.",
    fix="ask the author to use the slug as text domain",
)
UPDATE_URI = Rule(
    code="update-uri",
    level="block",
    family="self-update",
    summary="it asks another host for updates",
    why="Code here comes with a commit only; an own updater offers what nobody reviewed.",
    fix="remove the header `Update URI`, or write `Update URI: false`",
)
NETWORK_ONLY = Rule(
    code="network-only",
    level="block",
    family="multisite",
    summary="it works on a network of sites only",
    why="Every site here is a WordPress of its own.",
    fix="choose a plugin for single sites",
)
THEME_INCOMPLETE = Rule(
    code="theme-incomplete",
    level="block",
    family="packaging",
    summary="no theme that WordPress can show",
    why="WordPress needs style.css with `Theme Name`, and index.php or templates/index.html.",
    fix="add the file, or name the parent theme in the header `Template`",
)
RULES = (
    MAIN_FILE,
    HEADER_MISSING,
    HEADER_MISPLACED,
    VERSION_DIFFERS,
    STABLE_TAG_DIFFERS,
    TEXT_DOMAIN_DIFFERS,
    UPDATE_URI,
    NETWORK_ONLY,
    THEME_INCOMPLETE,
)

HEADER_BYTES = 8 * 1024
MAX_HEADER_CHARS = 300
_COMMENT = re.compile(r"/\*.*?\*/|(?:^[ \t]*(?://|#)[^\n]*\n?)+", re.DOTALL | re.MULTILINE)
_README_FIELD = re.compile(r"^[ \t*]*([A-Za-z][A-Za-z ]{1,30}):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_OWN_DIRECTORY = re.compile(r"(?:https?://)?(?:api\.)?(?:wordpress\.org|w\.org)(?:/.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A package's own words; "" where it says nothing. `main` is the file with the headers."""

    main: str = ""
    name: str = ""
    version: str = ""
    author: str = ""
    author_uri: str = ""
    home: str = ""
    licence: str = ""
    text_domain: str = ""
    update_uri: str = ""
    network: str = ""
    requires_php: str = ""
    requires_wp: str = ""
    tested_up_to: str = ""
    stable_tag: str = ""
    parent: str = ""
    contributors: tuple[str, ...] = ()


def header(text: str, name: str) -> str:
    """The value of a header as WordPress's get_file_data finds it in `text`; "" for none."""
    pattern = rf"^(?:[ \t]*<\?php)?[ \t/*#@]*{re.escape(name)}:([^\n]*)$"
    match = re.search(pattern, text, re.MULTILINE | re.IGNORECASE)
    if match is None:
        return ""
    return re.sub(r"\s*(?:\*/|\?>).*", "", match[1]).strip()[:MAX_HEADER_CHARS]


def about(candidate: Candidate) -> About:
    """Read the headers of the main file (of style.css for a theme) and the readme."""
    mains = main_files(candidate)
    own = f"{candidate.slug}.php"
    main = own if own in mains else next(iter(mains), "")
    text = head(candidate.files[main]) if main else ""
    readme = _readme(candidate.files)
    contributors = (name.strip() for name in readme.get("contributors", "").split(","))
    title = "Theme Name" if candidate.kind == "theme" else "Plugin Name"
    home = "Theme URI" if candidate.kind == "theme" else "Plugin URI"
    return About(
        main=main,
        name=header(text, title),
        version=header(text, "Version"),
        author=header(text, "Author"),
        author_uri=header(text, "Author URI"),
        home=header(text, home),
        licence=header(text, "License")
        or readme.get("license", "")
        or licence_in(text, candidate.files),
        text_domain=header(text, "Text Domain"),
        update_uri=header(text, "Update URI"),
        network=header(text, "Network"),
        requires_php=header(text, "Requires PHP") or readme.get("requires php", ""),
        requires_wp=header(text, "Requires at least") or readme.get("requires at least", ""),
        tested_up_to=header(text, "Tested up to") or readme.get("tested up to", ""),
        stable_tag=readme.get("stable tag", ""),
        parent=header(text, "Template") if candidate.kind == "theme" else "",
        contributors=tuple(sorted({name for name in contributors if name})),
    )


def main_files(candidate: Candidate) -> tuple[str, ...]:
    """Files at the top that WordPress would list: for a theme style.css, if it names one."""
    if candidate.kind == "theme":
        style = candidate.files.get("style.css")
        return ("style.css",) if style and header(head(style), "Theme Name") else ()
    return tuple(
        path
        for path, file in sorted(candidate.files.items())
        if "/" not in path and path.lower().endswith(".php") and header(head(file), "Plugin Name")
    )


def header_findings(candidate: Candidate, words: About) -> Iterator[Finding]:
    """What is wrong with the headers, compared with the slug and version that are asked for."""
    yield from _main_findings(candidate, words)
    if not words.main:
        return
    text = head(candidate.files[words.main])
    if not words.version:
        yield found(HEADER_MISSING, words.main, 1, "Version", detail="Version")
    elif words.version != candidate.version:
        detail = f"{words.version}, asked for is {candidate.version}"
        yield _at(VERSION_DIFFERS, words.main, text, "Version", words.version, detail)
    yield from _misplaced(words.main, text)
    if words.stable_tag and words.stable_tag not in {words.version, "trunk"}:
        detail = f"{words.stable_tag}, the main file says {words.version or 'nothing'}"
        yield found(STABLE_TAG_DIFFERS, words.main, 1, words.stable_tag, detail=detail)
    if words.text_domain and words.text_domain != candidate.slug:
        yield _at(TEXT_DOMAIN_DIFFERS, words.main, text, "Text Domain", words.text_domain)
    uri = words.update_uri
    if uri and uri.lower() != "false" and not _OWN_DIRECTORY.fullmatch(uri.lower()):
        yield _at(UPDATE_URI, words.main, text, "Update URI", uri, uri)
    if words.network.lower() == "true":
        yield _at(NETWORK_ONLY, words.main, text, "Network", words.network)


def head(file: File) -> str:
    """The part of a file in which WordPress looks for headers, with its line ends made LF."""
    text = file.data[:HEADER_BYTES].decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _main_findings(candidate: Candidate, words: About) -> Iterator[Finding]:
    mains = main_files(candidate)
    if candidate.kind == "plugin":
        if len(mains) != 1:
            detail = f"{len(mains)} files: {', '.join(mains[:5])}" if mains else "none"
            yield found(MAIN_FILE, words.main, 1, ", ".join(mains) or "no main file", detail=detail)
        return
    if not mains:
        yield found(THEME_INCOMPLETE, "style.css", 1, "Theme Name", detail="style.css")
    shown = {"index.php", "templates/index.html", "block-templates/index.html"}
    if not words.parent and not shown & candidate.files.keys():
        yield found(THEME_INCOMPLETE, "", 1, "index.php", detail="no template for the front page")


def _misplaced(path: str, text: str) -> Iterator[Finding]:
    inside = "\n".join(match[0] for match in _COMMENT.finditer(text))
    for name in ("Plugin Name", "Theme Name", "Version", "Update URI"):
        value = header(text, name)
        if value and header(inside, name) != value:
            yield _at(HEADER_MISPLACED, path, text, name, value, name)


def _at(rule: Rule, path: str, text: str, name: str, value: str, detail: str = "") -> Finding:
    """A finding on the line of a header."""
    match = re.search(rf"{re.escape(name)}:", text, re.IGNORECASE)
    line = text.count("\n", 0, match.start()) + 1 if match else 1
    return found(rule, path, line, f"{name}: {value}", detail=detail)


def _readme(files: Mapping[str, File]) -> dict[str, str]:
    """Fields of the readme before its first section: name in lower case → value."""
    for path in sorted(files):
        if path.lower() in {"readme.txt", "readme.md"}:
            text = head(files[path])
            fields = re.split(r"^==[^=]|^##\s", text, maxsplit=1, flags=re.MULTILINE)[0]
            return {
                match[1].strip().lower(): match[2].strip("* ")[:MAX_HEADER_CHARS]
                for match in _README_FIELD.finditer(fields)
            }
    return {}
