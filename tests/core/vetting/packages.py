"""Small packages for tests, and what is said of them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.layers import File
from reconciler.core.manifest import PackageKind
from reconciler.core.vetting.candidate import Candidate, Grants, Target
from reconciler.core.vetting.finding import Fact, Finding
from reconciler.core.vetting.outside import Outside, Public
from reconciler.core.vetting.php.report import PhpReport

TARGET = Target(php="8.4", wp="6.8")
MAIN = """<?php
/**
 * Plugin Name: Event List
 * Version: 3.10
 * Author: Nils B.
 * License: GPL-2.0-or-later
 * Text Domain: event-list
 */
"""
STYLE = "/*\nTheme Name: Plain\nVersion: 1.0\nLicense: GPL-2.0-or-later\n*/\n"


def files(contents: Mapping[str, str | bytes]) -> dict[str, File]:
    """path → text or bytes, as files."""
    return {
        path: File(data if isinstance(data, bytes) else data.encode())
        for path, data in contents.items()
    }


def plugin(
    contents: Mapping[str, str | bytes] | None = None,
    *,
    main: str = MAIN,
    version: str = "3.10",
    grants: Grants | None = None,
) -> Candidate:
    """The plugin `event-list`: its main file and `contents` beside it."""
    return Candidate(
        kind="plugin",
        slug="event-list",
        version=version,
        target=TARGET,
        files=files({"event-list.php": main, **(contents or {})}),
        grants=grants or Grants(),
    )


def theme(contents: Mapping[str, str | bytes]) -> Candidate:
    """The theme `plain`, of nothing but `contents`."""
    kind: PackageKind = "theme"
    return Candidate(kind=kind, slug="plain", version="1.0", target=TARGET, files=files(contents))


def said(findings: Iterable[Finding]) -> list[str]:
    """`level code file:line` of each."""
    return [f"{f.level} {f.code} {f.file}:{f.line}" for f in findings]


def codes(findings: Iterable[Finding]) -> set[str]:
    """Codes of what is more than a note."""
    return {f.code for f in findings if f.level != "info"}


def analyse(path: str, data: bytes) -> PhpReport:
    """A real, tiny analysis: functions are names, `wp_remote_get('https://HOST/…')` is a host."""
    text = data.decode("utf-8", "replace")
    facts = [
        Fact("host", match[1], path, text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"wp_remote_get\( ?'https://([^/']+)", text)
    ]
    names = tuple(re.findall(r"^function (\w+)", text, re.MULTILINE))
    return PhpReport(findings=(), facts=tuple(facts), names=names)


def reports(candidate: Candidate) -> dict[str, PhpReport]:
    """`analyse` of each PHP file."""
    return {
        path: analyse(path, file.data)
        for path, file in candidate.files.items()
        if path.endswith(".php")
    }


def essentials(value: Any, schema: Mapping[str, Any]) -> None:
    """Raise where `value` is not of `schema`."""
    import jsonschema

    jsonschema.Draft202012Validator(schema).validate(value)


def known(days: int | None) -> Outside:
    """A version that is public for so many days, and of whose holes nothing is known."""
    return (
        Outside(public=Public(days=days, words=f"public for {days} days"))
        if days is not None
        else Outside()
    )
