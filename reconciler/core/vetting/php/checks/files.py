"""Where a package writes: only uploads and the temporary folder outlive nothing and harm nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.checks.execution import origin
from reconciler.core.vetting.php.checks.statelessness import appended, archived, checked_in_store
from reconciler.core.vetting.php.checks.updates import judge_written_code
from reconciler.core.vetting.php.value import (
    CHECKED,
    HOLE,
    PATH,
    REQUEST,
    UPLOAD,
    Value,
    joined,
    literal,
)
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.function import Judge
    from reconciler.core.vetting.php.run import Run

CODE_FOLDER = Rule(
    code="writes-code-folder",
    level="block",
    family="files",
    summary="writes where the image is",
    why="The root is read-only, and every site and replica shares it: the write fails, and where it"
    " did not, only one replica would see it.",
    fix="Keep data in options, transients or the uploads folder (wp_upload_dir()).",
)
SERVER_FILES = Rule(
    code="server-files",
    level="block",
    family="files",
    summary="installs a drop-in or edits the server's own files",
    why="Drop-ins, must-use plugins, wp-config.php, .htaccess and robots.txt belong to the platform;"
    " the root is read-only and nginx reads no .htaccess.",
    fix="The platform caches and configures already; switch that part off, or use the robots_txt"
    " filter.",
)
CODE_IN_UPLOADS = Rule(
    code="code-in-uploads",
    level="block",
    family="files",
    summary="writes PHP into a folder for data",
    why="Code that appears at run time was reviewed by nobody. Uploads live in an object store and"
    " are never executed.",
    fix="Ship the code in the package; keep data as JSON.",
)
PATH_FROM_REQUEST = Rule(
    code="path-from-request",
    level="block",
    family="files",
    summary="a visitor chooses which file is written, read or deleted",
    why="../ leads out of the folder, to wp-config.php and its secrets.",
    fix="sanitize_file_name(basename(…)) below a fixed folder, or validate_file().",
)

RULES = (CODE_FOLDER, SERVER_FILES, CODE_IN_UPLOADS, PATH_FROM_REQUEST)

DROP_INS: Final = words(
    "object-cache.php advanced-cache.php db.php db-error.php install.php"
    " maintenance.php sunrise.php php-error.php fatal-error-handler.php blog-"
    " deleted.php blog-inactive.php blog-suspended.php"
)
SERVER: Final = words(
    ".htaccess wp-config.php robots.txt .user.ini php.ini web.config .htpasswd"
    " nginx.conf wp-settings.php index.php wp-load.php .maintenance"
)
_CODE_ROOTS = ("{package}", "{theme}", "{root}", "{content}")
_EXECUTABLE = re.compile(r"\.(?:php\d?|phtml|phar|pht|phps|inc)\Z", re.IGNORECASE)
_WRITE_MODE = re.compile(r"[waxc+]")

# Function → places of the paths it writes.
WRITERS: Final = {
    "file_put_contents": (0,),
    "mkdir": (0,),
    "wp_mkdir_p": (0,),
    "rename": (0, 1),
    "copy": (1,),
    "unlink": (0,),
    "wp_delete_file": (0,),
    "rmdir": (0,),
    "touch": (0,),
    "symlink": (1,),
    "link": (1,),
    "chmod": (0,),
    "imagejpeg": (1,),
    "imagepng": (1,),
    "imagegif": (1,),
    "imagewebp": (1,),
    "unzip_file": (1,),
    "insert_with_markers": (0,),
    "move_uploaded_file": (1,),
}
_METHOD_WRITERS: Final = {
    "put_contents": (0,),
    "mkdir": (0,),
    "move": (1,),
    "copy": (1,),
    "delete": (0,),
    "touch": (0,),
    "rmdir": (0,),
    "chmod": (0,),
}
READERS: Final = words("readfile file_get_contents file fopen show_source highlight_file")
_NOT_FILES = ("php://", "http://", "https://", "data:")


def _written(run: Run, call: Call) -> None:
    for place in WRITERS[call.name]:
        if place < len(call.arguments):
            run.sink(_judge_of(call.name), call.at(place), call.node)
    run.effect(
        "delete" if call.name in {"unlink", "rmdir", "wp_delete_file"} else "file", call.node
    )
    if call.name == "file_put_contents":
        _contents(run, call, call.at(0), call.at(1))
        appended(run, call)
    elif call.name in {"copy", "rename"}:
        _contents(run, call, call.at(1), call.at(0))


def _judge_of(name: str) -> Judge:
    return judge_deleted if name in {"unlink", "rmdir", "wp_delete_file"} else judge_path


def _contents(run: Run, call: Call, path: Value, contents: Value) -> None:
    """What is written counts as well: code from another host, a visitor's text into PHP."""
    run.sink(judge_written_code, joined(contents, literal("\0" + (path.text or HOLE))), call.node)


def _opened(run: Run, call: Call) -> None:
    mode = call.known(1)
    if mode is not None and _WRITE_MODE.search(mode):
        run.effect("file", call.node)
        run.sink(judge_path, call.at(0), call.node)
        if "a" in mode:
            appended(run, call)
    else:
        _read(run, call)


def _read(run: Run, call: Call) -> None:
    run.sink(judge_read, call.at(0), call.node)


def _by_object(run: Run, call: Call) -> None:
    if call.target.kind == "filesystem":
        for place in _METHOD_WRITERS[call.name]:
            run.sink(judge_path, call.at(place), call.node)
        run.effect("file", call.node)
        if call.name == "put_contents":
            _contents(run, call, call.at(0), call.at(1))


def _archive(run: Run, call: Call) -> None:
    if call.target.kind == "zip":
        place = call.at(0)
        if call.name == "extractto":
            run.effect("file", call.node)
            run.sink(judge_path, place, call.node)
        else:
            archived(run, call)


def _file_object(run: Run, call: Call) -> None:
    if _WRITE_MODE.search(call.known(1) or "r"):
        run.effect("file", call.node)
        run.sink(judge_path, call.at(0), call.node)


def _logged(run: Run, call: Call) -> None:
    if call.known(1) == "3":
        run.sink(judge_path, call.at(2), call.node)


def judge_deleted(run: Run, value: Value, node: Node) -> None:
    """A path that is deleted: what is gone can be chosen by a visitor as well."""
    judge_path(run, value, node)


def judge_read(run: Run, value: Value, node: Node) -> None:
    """A path that is read."""
    text = value.text or ""
    if text.startswith(_NOT_FILES) or "://" in text[:12]:
        return
    if value.comes_from(REQUEST, safe=PATH | CHECKED) and not value.taint & UPLOAD:
        run.report(PATH_FROM_REQUEST, node, f"reads: {origin(value)}")


def judge_path(run: Run, value: Value, node: Node) -> None:
    """A path that is written."""
    text = value.text or ""
    if text.startswith(_NOT_FILES):
        return
    run.fact("write", text if text.strip(HOLE + "/") else _function_of(run, node), node)
    name = text.rpartition("/")[2].lower()
    guarded = bool(run.here.all_calls() & {"is_writable", "wp_is_writable", "is_writeable"})
    if value.comes_from(REQUEST, safe=PATH | CHECKED) and not value.taint & UPLOAD:
        run.report(PATH_FROM_REQUEST, node, f"writes: {origin(value)}")
    if _server_file(text, name):
        run.report(SERVER_FILES, node, text[-80:])
    elif text.startswith(("{uploads}", "{temp}")):
        if _EXECUTABLE.search(name) and name != "index.php":
            run.report(CODE_IN_UPLOADS, node, text[-80:])
        checked_in_store(run, text, node)
    elif "{package?}" in text:
        run.report(CODE_FOLDER, node, text[-80:], level="warn")
    elif text.startswith(_CODE_ROOTS):
        run.report(CODE_FOLDER, node, text[-80:], level="warn" if guarded else None)


def _server_file(text: str, name: str) -> bool:
    if text.startswith("{content}/mu-plugins") or "/mu-plugins/" in text:
        return True
    if text.startswith(("{uploads}", "{temp}")):
        return name in {".user.ini"}
    if name in DROP_INS or name == "wp-config.php":
        return text.startswith(("{content}", "{root}", HOLE)) or "/" not in text
    if name == "index.php":
        return text.startswith("{root}/index.php")
    return name in SERVER and not text.startswith(("{package}", "{theme}"))


def _function_of(run: Run, node: Node) -> str:
    text = run.data[node.start_byte : node.start_byte + 60].decode("utf-8", "replace")
    return text.partition("(")[0].strip().rpartition(">")[2] + "()"


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(WRITERS, _written),
    **dict.fromkeys(READERS, _read),
    "fopen": _opened,
    "error_log": _logged,
}
METHODS: dict[str, Check] = {
    **dict.fromkeys(_METHOD_WRITERS, _by_object),
    "extractto": _archive,
    "open": _archive,
}
CLASSES: dict[str, Check] = {"splfileobject": _file_object}
