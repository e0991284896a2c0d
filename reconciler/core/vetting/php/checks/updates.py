"""Packages that bring code of their own: updaters, installers, downloads that are run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.core.vetting.finding import Rule
from reconciler.core.vetting.php.call import Call, Check
from reconciler.core.vetting.php.value import HOLE, REMOTE, REQUEST, Value
from reconciler.core.vetting.php.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from reconciler.core.vetting.php.run import Run

OWN_UPDATER = Rule(
    code="own-updater",
    level="block",
    family="self-update",
    summary="updates itself past the allowlist",
    why="Versions are pinned and part of the image; an updater of its own cannot write here, and"
    " asks a host who runs what.",
    fix="Take the build without the updater; new versions come by `wpaas plugin bump`.",
)
REMOTE_CODE = Rule(
    code="remote-code",
    level="block",
    family="self-update",
    summary="fetches code and puts it in place",
    why="What it fetches was reviewed by nobody, and can be another thing tomorrow.",
    fix="Ship the code in the package; propose other plugins in the allowlist.",
)

RULES = (OWN_UPDATER, REMOTE_CODE)

UPDATE_HOOKS: Final = words(
    "pre_set_site_transient_update_plugins pre_set_site_transient_update_themes"
    " site_transient_update_plugins site_transient_update_themes plugins_api"
    " themes_api pre_site_transient_update_plugins transient_update_plugins"
    " pre_set_transient_update_plugins"
)
_UPDATE_HOST = re.compile(r"update_(?:plugins|themes)_[a-z0-9-]+\.[a-z0-9.-]+")
KNOWN_UPDATERS: Final = words(
    "edd_sl_plugin_updater edd_theme_updater wp_github_updater puc_v4_factory"
    " pucfactory plugin_update_checker wpupdatesplugin wc_am_client wc_am_client_25"
    " bsf_core freemius github_updater licensemanager_updater"
    " wp_license_manager_client yith_plugin_licence"
)
_CODE = re.compile(r"\.(?:php\d?|phtml|phar|inc|zip)\Z", re.IGNORECASE)
_CODE_ROOTS = ("{package", "{theme}", "{root}", "{content}")


def update_hook(run: Run, hook: str, node: Node) -> None:
    """A callback on what WordPress knows of updates."""
    if hook in UPDATE_HOOKS or _UPDATE_HOST.fullmatch(hook):
        run.report(OWN_UPDATER, node, hook)


def _updater(run: Run, call: Call) -> None:
    run.report(OWN_UPDATER, call.node, call.name)


def _static_updater(run: Run, call: Call) -> None:
    owner = call.target.kind.removeprefix("static ").rpartition("\\")[2]
    if owner.startswith("puc") and call.name == "buildupdatechecker":
        run.report(OWN_UPDATER, call.node, "Plugin Update Checker")


def _upgraded(run: Run, call: Call) -> None:
    run.report(REMOTE_CODE, call.node, call.name)


def _unpacked(run: Run, call: Call) -> None:
    calls = run.here.all_calls()
    if call.at(0).taint & REMOTE or calls & {"download_url"}:
        run.report(REMOTE_CODE, call.node, "download and unpack")


def judge_written_code(run: Run, value: Value, node: Node) -> None:
    """Contents and path, with a NUL between: foreign text that lands where code is."""
    contents, _, path = (value.text or "").rpartition("\0")
    foreign = value.taint & (REMOTE | REQUEST)
    if not foreign or not contents or HOLE not in contents:
        return
    if _CODE.search(path) or path.startswith(_CODE_ROOTS):
        run.report(REMOTE_CODE, node, path[-80:])


FUNCTIONS: dict[str, Check] = {
    "fs_dynamic_init": _updater,
    "unzip_file": _unpacked,
}
METHODS: dict[str, Check] = {"buildupdatechecker": _static_updater}
CLASSES: dict[str, Check] = {
    **dict.fromkeys(KNOWN_UPDATERS, _updater),
    **dict.fromkeys(
        ["plugin_upgrader", "theme_upgrader", "core_upgrader", "language_pack_upgrader"], _upgraded
    ),
}
