"""Code that is written not to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

ENCODED = Rule(
    code="encoded-file",
    level="block",
    family="obfuscation",
    summary="needs a loader to be decrypted",
    why="Nobody can read what it does, and the image has no such loader.",
    fix="Ask the author for the source; GPL code comes with it.",
    final=True,
)
OBFUSCATED = Rule(
    code="obfuscated-code",
    level="warn",
    family="obfuscation",
    summary="is written not to be read",
    why="What cannot be read cannot be reviewed.",
    fix="Ask for the source it was made from, or find what the text becomes.",
)

RULES = (ENCODED, OBFUSCATED)

LOADERS: Final = words(
    "sg_load _il_exec ioncube_loader_version ioncube_license_properties"
    " zend_loader_enabled zend_obfuscate_function_name zend_get_id ioncube_file_info"
    " sg_get_const"
)
MARKERS: Final = ("ioncube loader", "sourceguardian", "zend optimizer", "zend guard loader")
MAX_GOTOS: Final = 4


def _loader(run: Run, call: Call) -> None:
    run.report(ENCODED, call.node, call.name)


def _extension(run: Run, call: Call) -> None:
    name = (call.known(0) or "").lower()
    if name in MARKERS:
        run.report(ENCODED, call.node, name)


def jumped(run: Run, node: Node) -> None:
    """`goto`: a few are taste, many are a scrambler's work."""
    run.gotos += 1
    if run.gotos == MAX_GOTOS:
        run.report(OBFUSCATED, node, "goto, again and again")


FUNCTIONS: dict[str, Check] = {
    **dict.fromkeys(LOADERS, _loader),
    "extension_loaded": _extension,
}
METHODS: dict[str, Check] = {}
CLASSES: dict[str, Check] = {}
