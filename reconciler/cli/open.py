"""Shared by the commands: find the context, open the fleet, print one shape or the other."""

import argparse
import gc
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.shell.context import Context
    from reconciler.shell.forge import Forge
    from reconciler.shell.sources import Archives
    from reconciler.sync.fleet import Fleet


@contextmanager
def without_search_for_cycles() -> Iterator[None]:
    """For thousands of documents, which hold no cycles: looking for some takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def add_format(command: argparse.ArgumentParser) -> None:
    """`--format text|json`."""
    command.add_argument("--format", choices=("text", "json"), default="text")


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    description: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """A command: its line in the list, what its help begins with, and what stands below the options.

    Lines are kept as they are written.
    """
    return commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=more or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def whole(low: int, high: int) -> Callable[[str], int]:
    """A type for argparse: a whole number from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text[:12]) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return read


def context(arguments: argparse.Namespace) -> "Context":
    """The context of `--cluster`, or the current one."""
    from reconciler.shell.context import find

    return find(arguments.cluster, Path.cwd())


def known_context(arguments: argparse.Namespace) -> "Context | None":
    """The context that belongs to the folder in `arguments.fleet`, None where none is known there."""
    from reconciler.shell.context import find

    try:
        return find(arguments.cluster, arguments.fleet.resolve())
    except UsageError:
        return None


def archives_here(arguments: argparse.Namespace) -> "Archives":
    """The archives of that context; without one, those that this user keeps."""
    from reconciler.shell.sources import Archives, archives_of
    from reconciler.shell.vetting_cache import default_folder

    known = known_context(arguments)
    return archives_of(known) if known else Archives(default_folder().parent / "archives")


def fleet(arguments: argparse.Namespace) -> "Fleet":
    """All adapters, for the chosen context."""
    from reconciler.daemon import clock
    from reconciler.sync.fleet import open_fleet

    return open_fleet(context(arguments), now=clock.now)


def forge_of(repository: str) -> "Forge":
    """The forge that the environment names. Raises UsageError where there is no token."""
    from reconciler.core.derive import Secret
    from reconciler.shell.forge import Forge

    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        fix = "set GITHUB_TOKEN, in a job that runs no code of the pull request"
        raise UsageError("the token is missing", fix=fix)
    return Forge(
        os.environ.get("GITHUB_API_URL") or "https://api.github.com",
        repository,
        Secret(token),
        os.environ.get("WPAAS_REVIEW_BOT") or "github-actions[bot]",
    )


def print_json(value: Any) -> None:
    """Stable JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
