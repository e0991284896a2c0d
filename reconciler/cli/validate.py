"""`wpaas validate`: every problem of a fleet's files at once, without a cluster."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.open import command, without_search_for_cycles
from reconciler.cli.streams import coloured

if TYPE_CHECKING:
    from reconciler.core.blob import Blob
    from reconciler.core.problem import Problem

EXIT_PROBLEMS = 1
EPILOG = """\
formats:
  text    file:line:column, the code, what was found and what to write instead
  json    {"files": N, "problems": [{"code", "severity", "file", "line", "column",
          "pointer", "value", "message", "fix"}]}
  github  annotations for GitHub Actions, shown beside the lines of a pull request

Each code has a section in docs/problems.md.

examples:
  wpaas validate
  wpaas validate ~/fleet --format json

exit codes: 0 no error (warnings do not count), 1 errors, 2 wrong usage
"""
_RED, _YELLOW, _BOLD, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    validate = command(
        commands,
        "validate",
        "check the files of a fleet, every problem at once",
        "Check the files of a fleet without a cluster: every problem at once, each\n"
        "with its place and what to write instead.",
        EPILOG,
    )
    validate.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        type=Path,
        default=Path(),
        help="folder with sites/, plugins-allowlist.yaml and platform.yaml (default: .)",
    )
    validate.add_argument("--format", choices=("text", "json", "github"), default="text")
    validate.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the problems; 1 when one of them is an error."""
    with without_search_for_cycles():
        blobs, problems = _found(arguments.path)
    files = sum(1 for path in blobs if not path.startswith("image"))
    match arguments.format:
        case "json":
            print(as_json(files, problems))
        case "github":
            from reconciler.core.annotations import as_github

            print(as_github(problems), end="")
        case _:
            text = as_coloured_text if coloured() else as_text
            print(text(files, problems))
    return EXIT_PROBLEMS if any(p.severity == "error" for p in problems) else 0


def _found(folder: Path) -> "tuple[Mapping[str, Blob], Sequence[Problem]]":
    from reconciler.core.compiler import compile_fleet
    from reconciler.daemon import clock
    from reconciler.shell.schemas import load_schemas
    from reconciler.shell.worktree import read_worktree

    blobs = read_worktree(folder)
    return blobs, compile_fleet(blobs, load_schemas(), now=clock.now()).problems


def as_text(files: int, problems: "Sequence[Problem]") -> str:
    """Each problem with its fix, and a last line that counts them."""
    return "\n".join([*map(str, problems), _summary(files, problems)])


def as_coloured_text(files: int, problems: "Sequence[Problem]") -> str:
    """The same text for a terminal; nothing is said by colour alone."""
    lines = []
    for problem in problems:
        head, fix = str(problem).rsplit("\n", 1)
        colour = _RED if problem.severity == "error" else _YELLOW
        coded = f"{colour}{problem.severity}: {problem.code}{_PLAIN}"
        head = head.replace(f"{problem.severity}: {problem.code}", coded, 1)
        lines.append(f"{head}\n{fix}")
    return "\n".join([*lines, f"{_BOLD}{_summary(files, problems)}{_PLAIN}"])


def _summary(files: int, problems: "Sequence[Problem]") -> str:
    errors = sum(1 for problem in problems if problem.severity == "error")
    warnings = len(problems) - errors
    parts = [_count(files, "file")]
    parts += [_count(errors, "error")] if errors else []
    parts += [_count(warnings, "warning")] if warnings else []
    return ", ".join(parts if problems else [*parts, "no problems"])


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def as_json(files: int, problems: "Sequence[Problem]") -> str:
    """One object; its shape is stable."""
    listed = [
        {
            "code": problem.code,
            "severity": problem.severity,
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "pointer": problem.pointer,
            "value": problem.value,
            "message": problem.message,
            "fix": problem.fix,
        }
        for problem in problems
    ]
    return json.dumps({"files": files, "problems": listed}, indent=2, ensure_ascii=False)
