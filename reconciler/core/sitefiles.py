"""Which entries of sites/ are site files, and what the others are."""

import re
from collections.abc import Iterable, Mapping

from reconciler.core.blob import Blob
from reconciler.core.problem import Problem, escaped, shown

FOLDER = "sites/"
NOT_SITES = frozenset({"README.md", ".gitkeep", ".gitignore"})
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
SITE_FILE = re.compile(rf"sites/({NAME.pattern})\.json")


def by_name(blobs: Mapping[str, Blob]) -> tuple[dict[str, Blob], list[Problem]]:
    """(site name → blob, problems of entries that are no site files), both sorted by path."""
    files: dict[str, Blob] = {}
    misplaced = []
    for path in sorted(blobs):
        if not path.startswith(FOLDER) or path.removeprefix(FOLDER) in NOT_SITES:
            continue
        match = SITE_FILE.fullmatch(path)
        if match:
            files[match[1]] = blobs[path]
        else:
            misplaced.append(_misplaced(path))
    return files, misplaced


def _misplaced(path: str) -> Problem:
    rest = path.removeprefix(FOLDER)
    if "/" in rest and rest.split("/", 1)[0].endswith(".json"):
        return Problem(
            code="file-kind",
            file=escaped(path),
            value=shown(rest),
            message=f'"{shown(rest.split("/", 1)[0])}" is a directory, and a site is one file',
            fix="make it a file, or remove the directory",
        )
    last = rest.rsplit("/", 1)[-1].casefold()
    name = re.sub(r"[^a-z0-9]+", "-", last.removesuffix(".json")).strip("-")
    rename = f'rename it to "sites/{shown(name)}.json", or '
    known = last.endswith(".json") and NAME.fullmatch(name)
    return Problem(
        code="file-name",
        file=escaped(path),
        value=shown(rest),
        message=f'"{shown(rest)}" is not the name of a site file',
        fix=f"{rename if known else ''}move it out of sites/",
    )


def stems(problems: Iterable[Problem]) -> frozenset[str]:
    """Names of sites that such entries may have been meant for: none of these is a deletion."""
    found = set()
    for problem in problems:
        for part in problem.file.removeprefix(FOLDER).split("/"):
            found.add(part.split(".", 1)[0].casefold())
    return frozenset(found - {""})
