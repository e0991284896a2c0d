"""What lies in a package beside its code: archives, programs, hidden files, PHP by another name."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from reconciler.core.layers import File
from reconciler.core.vetting.finding import Finding, Level, Rule, found

NOT_A_FILE = Rule(
    code="not-a-file",
    level="block",
    family="packaging",
    summary="neither a file nor a folder",
    why="A link or a device reaches outside the package, to other bytes on every machine.",
    fix="put the file itself there",
    final=True,
)
NESTED_ARCHIVE = Rule(
    code="nested-archive",
    level="block",
    family="packaging",
    summary="an archive inside the package",
    why="Nobody reviews what is inside it, and code can run it from there (phar://) or unpack it.",
    fix="ship the files themselves, or none",
)
PROGRAM_INSIDE = Rule(
    code="program-inside",
    level="block",
    family="packaging",
    summary="a program or library for the machine itself",
    why="Machine code cannot be reviewed here, and every webhead of every site would carry it.",
    fix="remove it; tools that sites need belong in the image",
)
PHP_IN_DISGUISE = Rule(
    code="php-in-disguise",
    level="block",
    family="packaging",
    summary="PHP in a file that is not named .php",
    why="Code hides where reviewers and scanners do not look; one include runs it.",
    fix="remove it, or name it .php",
)
SERVER_SETTINGS = Rule(
    code="server-settings",
    level="block",
    family="packaging",
    summary="a file that sets up the web server or PHP",
    why="It changes how code beside it runs (auto_prepend_file, handlers), if any server obeys it.",
    fix="remove it; settings of server and PHP belong in the image",
)
VERSION_CONTROL = Rule(
    code="version-control-folder",
    level="warn",
    family="packaging",
    summary="a folder of version control",
    why="It holds history, other versions of the code and sometimes credentials, in public.",
    fix="leave it out of the package",
)
HIDDEN_FILE = Rule(
    code="hidden-file",
    level="warn",
    family="packaging",
    summary="a hidden file",
    why="It is overlooked in a review and has no use on a site.",
    fix="leave it out of the package",
)
RULES = (
    NOT_A_FILE,
    NESTED_ARCHIVE,
    PROGRAM_INSIDE,
    PHP_IN_DISGUISE,
    SERVER_SETTINGS,
    VERSION_CONTROL,
    HIDDEN_FILE,
)

_ARCHIVES = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (257, b"ustar", "tar"),
)
_PROGRAMS = (
    (b"\x7fELF", "ELF"),
    (b"\xfe\xed\xfa\xce", "Mach-O"),
    (b"\xfe\xed\xfa\xcf", "Mach-O"),
    (b"\xce\xfa\xed\xfe", "Mach-O"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"\x00asm", "WebAssembly"),
)
_DOS_HEADER_BYTES = 64
_SHEBANG = re.compile(rb"#![ \t]*/[^\n]{1,200}")
_PHAR_END = b"__HALT_COMPILER"

# What PHP would run, in text: `<?php` and white space, or `<?=`.
_OPEN_TAG = re.compile(rb"<\?(?:php[\s]|=)", re.IGNORECASE)
# Three random bytes are "<?=" once in 16 MB; a picture needs a run of text after them to count.
_OPEN_TAG_IN_BINARY = re.compile(rb"<\?(?:php[\s]|=[\x20-\x7e\s]{8})", re.IGNORECASE)
_SAMPLES = frozenset({
    "adoc", "css", "csv", "dist", "est", "htm", "html", "js", "json", "jsx", "less", "map",
    "markdown", "md", "mjs", "mustache", "neon", "po", "pot", "rst", "scss", "sh", "sql",
    "tpl", "ts", "tsx", "twig", "txt", "vue", "xml", "yaml", "yml",
})  # fmt: skip
"""Kinds of text that show PHP in examples and grammars; only a tag at their start is code."""
_INCLUDED = frozenset({"inc", "phtml", "module", "tpl", "template", "view"})
"""Endings that honest code gives to what it includes: analysed as PHP, and said."""

_SERVER_FILES = {".htaccess", ".user.ini", "php.ini", "web.config", ".htpasswd"}
# What in an .htaccess does more than to close a folder.
_OPENS = re.compile(
    rb"php_|handler|addtype|forcetype|rewrite|redirect|errordocument|execcgi|includes|\baction\b"
    rb"|prepend|append|setenv|header|proxy|\+",
    re.IGNORECASE,
)
_VERSION_CONTROL = {".git", ".svn", ".hg", ".bzr", "cvs", ".jj"}
_TOOLS = re.compile(
    r"\.(?:editorconfig|gitattributes|gitignore|gitkeep|keep|distignore|nvmrc|babelrc|browserslistrc"
    r"|(?:es|style|js)lint(?:rc|ignore).*|prettier(?:rc|ignore).*|phpcs\.xml.*|wp-env\.json"
    r"|wordpress-org|github|gitlab-ci\.yml|travis\.yml|npmignore|php-cs-fixer.*)"
)


def packaging_findings(files: Mapping[str, File]) -> Iterator[Finding]:
    """What `files` (path → file) holds that no site needs."""
    told: set[str] = set()
    for path, file in files.items():
        yield from _by_name(path, file, told)
        yield from _by_bytes(path, file)


def php_paths(files: Mapping[str, File]) -> tuple[str, ...]:
    """Paths of what PHP can run, sorted: files named .php, and others that hold its opening tag."""
    return tuple(
        sorted(
            path
            for path, file in files.items()
            if suffix(path) == "php" or _disguise(path, file.data) in {"block", "warn"}
        )
    )


def suffix(path: str) -> str:
    """The ending of a file's name in lower case, without the dot; "" for none."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def digest_of(data: bytes) -> str:
    """What stands for bytes in an excerpt, so that accepting one file accepts no other."""
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def line_at(data: bytes, offset: int) -> int:
    """The line of the byte at `offset`, from 1."""
    return data.count(b"\n", 0, offset) + 1


def _by_name(path: str, file: File, told: set[str]) -> Iterator[Finding]:
    """Each hidden folder is told once, by the first file in it."""
    parts = path.split("/")
    for depth, part in enumerate(parts, start=1):
        if part.lower() in _VERSION_CONTROL:
            folder = "/".join(parts[:depth])
            if folder not in told:
                told.add(folder)
                yield found(VERSION_CONTROL, path, 1, folder)
            return
    if parts[-1].lower() in _SERVER_FILES:
        closes = parts[-1].lower() == ".htaccess" and not _OPENS.search(file.data)
        yield found(
            SERVER_SETTINGS,
            path,
            1,
            f"{parts[-1]}, {digest_of(file.data)}",
            detail="it only closes folders, and nginx does not read it" if closes else "",
            level="info" if closes else None,
        )
        return
    for depth, part in enumerate(parts, start=1):
        if part.startswith(".") or part in {"__MACOSX", "Thumbs.db"}:
            hidden = "/".join(parts[:depth])
            if hidden not in told:
                told.add(hidden)
                level: Level | None = "info" if _TOOLS.fullmatch(part) else None
                yield found(HIDDEN_FILE, path, 1, hidden, level=level)
            return


def _by_bytes(path: str, file: File) -> Iterator[Finding]:
    data = file.data
    archive = _archive(path, data)
    if archive:
        yield found(NESTED_ARCHIVE, path, 1, f"{archive}, {digest_of(data)}", detail=archive)
        return
    program = _program(data)
    if program:
        yield found(PROGRAM_INSIDE, path, 1, f"{program}, {digest_of(data)}", detail=program)
        return
    shebang = _SHEBANG.match(data)
    if shebang and suffix(path) != "php":
        text = shebang[0].decode("utf-8", "replace")
        yield found(PROGRAM_INSIDE, path, 1, text, detail="a script", level="warn")
    level = _disguise(path, data)
    if level is not None:
        at = _tag(path, data)
        text = data[at : at + 160].decode("utf-8", "replace")
        if suffix(path) not in _SAMPLES and b"\0" in data:
            text = f"{text[:60]} … {digest_of(data)}"
        yield found(PHP_IN_DISGUISE, path, line_at(data, at), text, level=level)


def _archive(path: str, data: bytes) -> str:
    if suffix(path) == "phar" or (_PHAR_END in data[:4096] and suffix(path) != "php"):
        return "phar"
    for offset, magic, name in _ARCHIVES:
        if data[offset : offset + len(magic)] == magic:
            return name
    return ""


def _program(data: bytes) -> str:
    for magic, name in _PROGRAMS:
        if data.startswith(magic):
            return name
    if data[:2] == b"MZ" and len(data) > _DOS_HEADER_BYTES:
        at = int.from_bytes(data[60:64], "little")
        if data[at : at + 4] == b"PE\0\0":
            return "PE (Windows)"
    return ""


def _tag(path: str, data: bytes) -> int:
    """Where the first opening tag of PHP stands; -1 for none."""
    binary = b"\0" in data[:8192] and suffix(path) not in _SAMPLES
    match = (_OPEN_TAG_IN_BINARY if binary else _OPEN_TAG).search(data)
    return match.start() if match else -1


def _disguise(path: str, data: bytes) -> Level | None:
    """How bad PHP in this file is: a sample in a text is worth a word, code in a picture is not."""
    kind = suffix(path)
    if kind == "php" or b"<?" not in data:
        return None
    at = _tag(path, data)
    if at < 0:
        return None
    before = data[:at].removeprefix(b"\xef\xbb\xbf").strip()
    if _SHEBANG.fullmatch(before):
        before = b""
    if kind in _INCLUDED:
        return "warn"
    if (kind in _SAMPLES or _is_prose(path)) and before:
        return "info"
    return "block"


def _is_prose(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name.startswith(("readme", "license", "licence", "changelog", "copying", "notice"))


def without_content(paths: Iterable[str]) -> Iterator[Finding]:
    """Entries that are neither file nor folder, as one finding each."""
    for path in paths:
        yield found(NOT_A_FILE, path, 1, path)
