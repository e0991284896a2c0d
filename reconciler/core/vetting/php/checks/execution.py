"""Code that is made at run time, programs that are started, and files that are run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import (
    CHECKED,
    DECODED,
    HOLE,
    NAME,
    PATH,
    REMOTE,
    REQUEST,
    ROW,
    SOURCES,
    STORED,
    UPLOAD,
    Value,
)
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

EVAL = Rule(
    code="php-eval",
    level="block",
    family="execution",
    summary="runs text as PHP",
    why="Nobody can review code that is made at run time; on a shared image it would run beside"
    " every site's secrets.",
    fix="Ask the author for a version without it; keep configuration as data (JSON).",
)
DECODED_CODE = Rule(
    code="decoded-code",
    level="block",
    family="execution",
    summary="decodes, downloads or takes from a visitor what it then runs",
    why="This is how back doors are built: the code that runs is not the code that was reviewed.",
    fix="Do not use this package. If your site ran it, look for what it left behind.",
    final=True,
)
PROCESS = Rule(
    code="process-start",
    level="block",
    family="execution",
    summary="starts a program",
    why="The image has no tools to start, and a process escapes PHP's limits.",
    fix="Use PHP's own extensions (imagick, curl, zip); WP-CLI commands belong in an operator's"
    " container.",
)
TAINTED_CALL = Rule(
    code="tainted-call",
    level="block",
    family="execution",
    summary="calls a function or makes an object whose name comes from outside",
    why="Whoever writes the request, the option or the answer chooses which code runs.",
    fix="Choose from a list that is written in the code.",
)
HIDDEN_CALLBACK = Rule(
    code="hidden-callback",
    level="block",
    family="execution",
    summary="reaches a dangerous function under a hidden name",
    why="A name that is put together or handed over as text has one purpose: not to be found.",
    fix="Call the function by its name, so that it can be judged.",
)
INCLUDE = Rule(
    code="include-from-outside",
    level="block",
    family="execution",
    summary="runs a file that comes from outside the package",
    why="Uploads, temporary files, options and requests are not part of the reviewed image.",
    fix="Include by a path that begins with __DIR__, from a list that is written in the code.",
)
RULES = (EVAL, DECODED_CODE, PROCESS, TAINTED_CALL, HIDDEN_CALLBACK, INCLUDE)

EVALS: Final = frozenset(("eval", "assert", "create_function"))
STARTERS: Final = words(
    "exec shell_exec system passthru proc_open popen pcntl_exec dl expect_popen"
)
DANGEROUS: Final = EVALS | STARTERS
# What nobody hides who has nothing to hide.
UNUSUAL: Final = words(
    "base64_decode gzinflate gzuncompress str_rot13 file_put_contents"
    " move_uploaded_file unlink wp_insert_user wp_create_user wp_set_auth_cookie"
    " phpinfo curl_exec fsockopen unserialize wp_remote_get wp_remote_post copy rename"
    " fopen create_function preg_replace"
)
RUN_BY = REQUEST | REMOTE | UPLOAD | DECODED
# Scripts, styles and drawings are printed into pages by including them; that is fine.
_NOT_PHP = re.compile(r"\.(?:png|jpe?g|gif|ico|webp|txt|dat|log|bak|woff2?)\Z")
_SCHEME = re.compile(r"[a-z][a-z0-9.+-]*://|data:|expect:")  # of any stream, PHP's or their own
_E_MODIFIER = re.compile(r"(?s)\s*([^\w\s\\])(.*)([^\w\s\\])([a-zA-Z]*)\s*")


def _evaluated(run: Run, call: Call) -> None:
    if call.name == "assert":
        value = call.at(0)
        if value.text is None and not value.taint & SOURCES:
            return None  # a comparison: PHP evaluates no text since 8.0, and here is none
        if value.known is not None and not value.taint:
            return run.report(EVAL, call.node, "a text in assert()")
    else:
        run.report(EVAL, call.node)
    last = call.arguments[-1] if call.arguments else Value()
    run.sink(judge_code, last, call.node)
    return None


def judge_code(run: Run, value: Value, node: Node) -> None:
    """What is run as code."""
    if value.taint & (SOURCES):
        run.report(DECODED_CODE, node, f"run: {origin(value)}")


def origin(value: Value) -> str:
    """Where a value comes from, in words."""
    words = (
        (DECODED, "decoded text"),
        (REMOTE, "another host's answer"),
        (UPLOAD, "an upload or temporary file"),
        (REQUEST, "the request"),
        (STORED, "an option"),
        (ROW, "a row"),
    )
    return ", ".join(word for bit, word in words if value.taint & bit)


def _replaced(run: Run, call: Call) -> None:
    patterns = call.at(0)
    for one in (patterns.items or {"": patterns}).values():
        matched = _E_MODIFIER.fullmatch(one.text or "")
        if matched is not None and "e" in matched[4]:
            run.report(EVAL, call.node, "preg_replace with the modifier e")
            run.sink(judge_code, call.at(1), call.node)


def _started(run: Run, call: Call) -> None:
    judge_process(run, call.name, call.at(0), call.node)


def judge_process(run: Run, how: str, command: Value, node: Node) -> None:
    """A program is started; on the command line of WP-CLI that is less."""
    run.fact("process", (command.text or "").split(" ")[0].split("/")[-1] or how, node)
    run.report(PROCESS, node, how, level="warn" if run.cli else None)
    run.sink(judge_command, command, node)


def judge_command(run: Run, value: Value, node: Node) -> None:
    """A command line that a visitor or another host writes."""
    if value.taint & RUN_BY:
        run.report(DECODED_CODE, node, f"command: {origin(value)}")


def judge_call(run: Run, value: Value, node: Node) -> None:
    """A function whose name is in a variable."""
    _judge_name(run, value, node, "the name of a function")


def judge_new(run: Run, value: Value, node: Node) -> None:
    """A class whose name is in a variable."""
    if value.kind.startswith(("new ", "this")) or value.items is not None:
        return
    _judge_name(run, value, node, "the name of a class")


def judge_method(run: Run, value: Value, node: Node) -> None:
    """A method whose name is in a variable: less, for the object limits the choice."""
    if value.comes_from(REQUEST | REMOTE | DECODED, safe=NAME) and not value.clean & CHECKED:
        run.report(TAINTED_CALL, node, f"the name of a method: {origin(value)}", level="warn")


def _judge_name(run: Run, value: Value, node: Node, what: str) -> None:
    if value.items is not None:
        method = value.items.get("1")
        if method is not None:
            judge_method(run, method, node)
        return
    if not value.taint & SOURCES:
        return
    prefixed = bool(value.text) and not (value.text or "").startswith(HOLE)
    mild = prefixed or value.clean & CHECKED
    if value.taint & DECODED and not value.taint & (SOURCES & ~DECODED):
        run.report(HIDDEN_CALLBACK, node, f"{what}: {origin(value)}")
        return
    run.report(TAINTED_CALL, node, f"{what}: {origin(value)}", level="warn" if mild else None)


def say_hidden(run: Run, value: Value, name: str, node: Node) -> None:
    """A call through a text: `('ex' . 'ec')()`."""
    if name in DANGEROUS or (name in UNUSUAL and value.taint & DECODED):
        run.report(HIDDEN_CALLBACK, node, name)
    elif name in UNUSUAL:
        run.report(HIDDEN_CALLBACK, node, name, level="warn")
    elif value.taint & SOURCES:
        run.sink(judge_call, value, node)


def judge_include(run: Run, value: Value, node: Node) -> None:
    """A file that is run."""
    text = value.text or ""
    lowered = text.lower().lstrip("/")
    if _SCHEME.match(lowered) or text.startswith(("{uploads}", "{temp}")):
        run.report(INCLUDE, node, text[:60])
    elif value.taint & (REMOTE | UPLOAD | DECODED):
        run.report(INCLUDE, node, origin(value))
    elif value.taint & REQUEST:
        safe = value.clean & (PATH | CHECKED)
        fixed = bool(text) and not text.startswith(HOLE)
        run.report(INCLUDE, node, origin(value), level="warn" if safe and fixed else None)
    elif value.taint & (STORED | ROW):
        safe = value.clean & (PATH | CHECKED)
        run.report(INCLUDE, node, origin(value), level="warn" if safe else None)
    elif value.known is not None and _NOT_PHP.search(lowered):
        run.report(INCLUDE, node, f"not a PHP file: {text[-60:]}")


def _preloaded(run: Run, call: Call) -> None:
    text = call.at(0).text or ""
    if text.upper().startswith(("LD_PRELOAD", "PATH=")):
        run.report(PROCESS, call.node, text[:40])


def _foreign(run: Run, call: Call) -> None:
    if call.target.kind == "static ffi":
        run.report(PROCESS, call.node, "FFI")


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(EVALS, _evaluated),
    **dict.fromkeys(STARTERS, _started),
    **dict.fromkeys(("preg_replace", "preg_filter", "mb_ereg_replace"), _replaced),
    "putenv": _preloaded,
}
METHODS: dict[str, Check] = {"cdef": _foreign}
CLASSES: dict[str, Check] = {}
