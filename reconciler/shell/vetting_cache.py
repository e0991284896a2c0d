"""Reports that are kept: one file for each, named by the PHP file's content and path, and the rules."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.core.vetting.finding import Fact, Finding, Rule
from reconciler.core.vetting.php.report import PhpReport

_SUM_CHARS = 64


def default_folder() -> Path:
    """Where programs of this user keep what can be made again (XDG Base Directory)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "wpaas" / "vetting"


class ReportCache:
    """Kept reports below `folder`, of one digest of the rules.

    An entry that is damaged, cut short or of other rules counts as none. A folder that cannot be
    written keeps nothing, and that is no error.
    """

    def __init__(self, folder: Path, engine: str, rules: Mapping[str, Rule]) -> None:
        self._folder = folder
        self._engine = engine
        self._rules = rules

    def get(self, path: str, data: bytes) -> PhpReport | None:
        """The report of a PHP file with this content at this path of its package, if it is kept."""
        try:
            raw = self._place(path, data).read_bytes()
        except OSError:
            return None
        total, body = raw[:_SUM_CHARS], raw[_SUM_CHARS:]
        if hashlib.sha256(body).hexdigest().encode() != total:
            return None
        try:
            return self._read(path, json.loads(body))
        except (ValueError, KeyError, TypeError):
            return None

    def put(self, path: str, data: bytes, report: PhpReport) -> None:
        """Keep a report; whoever reads meanwhile sees the whole of it or nothing."""
        body = json.dumps(_written(report), separators=(",", ":")).encode()
        place = self._place(path, data)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as beside:
                beside.write(hashlib.sha256(body).hexdigest().encode() + body)
            Path(beside.name).replace(place)
        except OSError:
            return

    def _place(self, path: str, data: bytes) -> Path:
        about = f"{self._engine}\0{hashlib.sha256(data).hexdigest()}\0".encode()
        name = hashlib.sha256(about + path.encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / self._engine[:16] / name[:2] / name[2:]

    def _read(self, path: str, value: dict[str, Any]) -> PhpReport:
        findings = tuple(
            Finding(
                rule=self._rules[code],
                level=level,
                file=path,
                line=line,
                excerpt=excerpt,
                detail=detail,
            )
            for code, level, line, excerpt, detail in value["findings"]
        )
        facts = tuple(Fact(ability, name, path, line) for ability, name, line in value["facts"])
        return PhpReport(findings=findings, facts=facts, names=tuple(value["names"]))


def _written(report: PhpReport) -> dict[str, Any]:
    return {
        "findings": [[f.code, f.level, f.line, f.excerpt, f.detail] for f in report.findings],
        "facts": [[f.ability, f.value, f.line] for f in report.facts],
        "names": list(report.names),
    }
