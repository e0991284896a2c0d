"""Shared by the commands: find the context, open the fleet, print one shape or the other."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.shell.context import Context
    from reconciler.sync.fleet import Fleet


def add_format(command: argparse.ArgumentParser) -> None:
    """`--format text|json`."""
    command.add_argument("--format", choices=("text", "json"), default="text")


def context(arguments: argparse.Namespace) -> "Context":
    """The context of `--cluster`, or the current one."""
    from reconciler.shell.context import find

    return find(arguments.cluster, Path.cwd())


def fleet(arguments: argparse.Namespace) -> "Fleet":
    """All adapters, for the chosen context."""
    from reconciler.daemon import clock
    from reconciler.sync.fleet import open_fleet

    return open_fleet(context(arguments), now=clock.now)


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
