"""Files that visitors send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import Value
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

UNCHECKED = Rule(
    code="unchecked-upload",
    level="block",
    family="files",
    summary="takes an upload without WordPress's checks",
    why="Without wp_handle_upload() a visitor decides on name and type of what is stored.",
    fix="wp_handle_upload() or media_handle_upload(), which know the site's allowed types and quota.",
)
WIDE_TYPES = Rule(
    code="wide-upload-types",
    level="block",
    family="files",
    summary="allows uploads that run in a browser or a server",
    why="A PHP, HTML, script or SVG file among the media is script on the site's own address.",
    fix="Leave upload_mimes alone; the site file lists allowed types. SVG needs a sanitiser.",
)

RULES = (UNCHECKED, WIDE_TYPES)

CHECKS: Final = words(
    "wp_check_filetype wp_check_filetype_and_ext wp_handle_upload media_handle_upload"
    " wp_get_image_mime getimagesize file_is_valid_image"
)
_RUNS = re.compile(r"(?i)(?:^|\|)(?:php\d?|phtml|phar|html?|js|exe|sh|xhtml|swf)(?:\||$)")
_DRAWS = re.compile(r"(?i)(?:^|\|)svgz?(?:\||$)")
_MIME = re.compile(r"[a-z]+/[-+.a-z0-9]+", re.IGNORECASE)


def _moved(run: Run, call: Call) -> None:
    checked = bool(run.here.all_calls() & CHECKS)
    run.report(UNCHECKED, call.node, level="warn" if checked else None)


def _handled(run: Run, call: Call) -> None:
    test = (call.at(1).items or {}).get("test_type")
    if test is not None and test.known in {"", "0"}:
        run.report(UNCHECKED, call.node, "test_type is off")


def _unfiltered(run: Run, call: Call) -> None:
    if call.known(0) == "ALLOW_UNFILTERED_UPLOADS" and call.known(1) not in {"", "0"}:
        run.report(UNCHECKED, call.node, "ALLOW_UNFILTERED_UPLOADS")


def mime_added(run: Run, node: Node, key: str | None, value: Value) -> None:
    """`$mimes['svg'] = 'image/svg+xml'`: an extension that is given a type."""
    text = value.known
    if key is None or text is None or _MIME.fullmatch(text) is None:
        return
    if _RUNS.search(key):
        run.report(WIDE_TYPES, node, key)
    elif _DRAWS.search(key):
        cleaned = any("sanitiz" in name for name in (*run.functions, *run.classes))
        run.report(WIDE_TYPES, node, key, level="info" if cleaned else "warn")


FUNCTIONS: dict[str, Check] = {
    "move_uploaded_file": _moved,
    "wp_handle_upload": _handled,
    "wp_handle_sideload": _handled,
    "define": _unfiltered,
}
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
