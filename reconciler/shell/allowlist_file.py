"""plugins-allowlist.yaml, edited as a person would: comments, order and quotes stay as they are."""

import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from reconciler.core.manifest import (
    FindingException,
    Package,
    PackageKind,
    Source,
    SourceArchive,
    SourcePath,
    SourceRelease,
)
from reconciler.core.yamltext import reads_as_text
from reconciler.errors import StageFailed, UsageError

FILE = "plugins-allowlist.yaml"
_ITEM = re.compile(r"^packages:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)- ", re.MULTILINE)
_WIDE = 10_000
# What readers of YAML could take for something else than text is quoted.
_QUOTED = frozenset(
    {"version", "sha256", "tree_sha256", "tested_up_to", "until", "reviewed_at", "reason"}
)


class AllowlistFile:
    """The file in a fleet's folder, open for editing. `write` writes it whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageError where there is no such file, or one that nobody may edit by machine."""
        self._place = folder / FILE
        try:
            text = self._place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            fix = 'make it first: "packages: []" allows nothing'
            raise UsageError("it cannot be read", where=str(self._place), fix=fix) from e
        self._yaml = _editor(text)
        try:
            document = self._yaml.load(text)
        except YAMLError as e:
            raise UsageError("it is not YAML; see `wpaas validate`", where=str(self._place)) from e
        packages = document.get("packages") if isinstance(document, CommentedMap) else None
        if not isinstance(packages, CommentedSeq):
            raise UsageError("it has no list of packages", where=str(self._place))
        self._document = document
        self._packages = packages

    def add(self, package: Package) -> None:
        """Add an entry at the end: elsewhere it would part a comment from what it is about."""
        self._packages.fa.set_block_style()
        self._packages.append(entry_of(package))

    def pin(self, package: Package, version: str, fields: Mapping[str, Any]) -> None:
        """Write `fields` over those of the entry of `package` at `version`.

        A field with None goes. Raises UsageError where there is no such entry.
        """
        for number in self._numbers(package.kind, package.slug):
            entry = self._packages[number]
            if str(entry.get("version")) == version:
                _update(entry, fields)
                return
        what = f"there is no {package.kind} {package.slug} {version}"
        raise UsageError(what, where=str(self._place))

    def text(self) -> str:
        """The file as it would be written."""
        out = io.StringIO()
        self._yaml.dump(self._document, out)
        return out.getvalue()

    def write(self) -> Path:
        """Write the file. Raises StageFailed."""
        beside = self._place.with_name(f".{FILE}.{os.getpid()}")
        try:
            beside.write_text(self.text(), encoding="utf-8")
            beside.replace(self._place)
        except OSError as e:
            what = f"it cannot be written: {e.strerror}"
            raise StageFailed("compile", what, where=str(self._place)) from e
        return self._place

    def _numbers(self, kind: PackageKind, slug: str) -> Sequence[int]:
        return [
            number
            for number, entry in enumerate(self._packages)
            if isinstance(entry, CommentedMap)
            and (entry.get("kind"), entry.get("slug")) == (kind, slug)
        ]


def _editor(text: str) -> YAML:
    """An editor that indents as the file does, and never folds a line."""
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = _WIDE
    item = _ITEM.search(text)
    offset = len(item[1]) if item else 2
    editor.indent(mapping=2, sequence=offset + 2, offset=offset)
    return editor


def entry_of(package: Package) -> CommentedMap:
    """An entry as a person would write it: what says nothing is left out."""
    entry = CommentedMap()
    entry["slug"] = package.slug
    entry["kind"] = package.kind
    entry["version"] = package.version
    entry["source"] = _flow(source_of(package.source))
    if package.archive_sha256:
        entry["sha256"] = package.archive_sha256
    entry["tree_sha256"] = package.tree_sha256
    entry["license"] = package.license
    requires = {
        "php": _quoted(package.requires_php),
        "wp": _quoted(package.requires_wp),
        "plugins": _flow_list(package.requires_plugins),
    }
    if any(requires.values()):
        entry["requires"] = _flow({key: value for key, value in requires.items() if value})
    if package.tested_up_to:
        entry["tested_up_to"] = package.tested_up_to
    entry["state"] = package.state
    entry["network"] = _flow_list(package.network)
    for key in ("cron", "tables", "routes"):
        if getattr(package, key):
            entry[key] = _flow_list(getattr(package, key))
    if package.writes != "none":
        entry["writes"] = package.writes
    if package.exceptions:
        entry["exceptions"] = [_exception(each) for each in package.exceptions]
    entry["reviewed_by"] = _flow_list(package.reviewed_by)
    entry["reviewed_at"] = package.reviewed_at
    entry["reason"] = package.reason
    for key, value in entry.items():
        if isinstance(value, str):
            entry[key] = _quoted(value) if key in _QUOTED else _word(value)
    return entry


def _exception(each: FindingException) -> CommentedMap:
    words = {key: _quoted(getattr(each, key)) for key in ("mark", "because", "until")}
    return CommentedMap({"code": _word(each.code), **words})


def source_of(source: Source) -> dict[str, Any]:
    """A source as the file has it."""
    match source:
        case SourcePath(path):
            return {"path": _word(path)}
        case SourceArchive(archive):
            return {"archive": archive}
        case SourceRelease():
            words = ("forge", "owner", "repo", "asset")
            release: dict[str, Any] = {word: _word(getattr(source, word)) for word in words}
            if source.tag is not None:
                release["tag"] = _quoted(source.tag)
            return {"release": _flow(release)}


def _update(entry: CommentedMap, fields: Mapping[str, Any]) -> None:
    """Keep what a line has beside its value: its comment, and how its text was quoted."""
    for key, value in fields.items():
        if value is None:
            entry.pop(key, None)
        elif isinstance(value, dict):
            inner = entry.get(key)
            if isinstance(inner, CommentedMap):
                _update(inner, value)
            elif any(value.values()):
                entry[key] = _flow({k: v for k, v in value.items() if v})
        elif isinstance(value, tuple):
            entry[key] = _flow_list(value)
        else:
            entry[key] = _quoted(value) if key in _QUOTED | {"php", "wp", "tag"} else _word(value)


def _quoted(text: str | None) -> DoubleQuotedScalarString | None:
    return None if text is None else DoubleQuotedScalarString(text)


def _word(text: str) -> str:
    """A word as it is, in quotes where a reader could take it for a number or for "no"."""
    return text if reads_as_text(text) else DoubleQuotedScalarString(text)


def _flow(value: Mapping[str, Any]) -> CommentedMap:
    made = CommentedMap(value)
    made.fa.set_flow_style()
    return made


def _flow_list(items: Sequence[str]) -> CommentedSeq:
    made = CommentedSeq(_word(item) for item in items)
    made.fa.set_flow_style()
    return made
