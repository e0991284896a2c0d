"""`wpaas outdated`: what runs beside what there is."""

import argparse
from pathlib import Path

from reconciler.cli.open import add_format, command, print_json, print_table
from reconciler.errors import UsageError

EPILOG = """\
The worst stands first: vulnerable, closed, outdated, unknown, current, own (kept in the repository).
What nobody could be asked about is unknown, with the day of the last answer where there was one.
Of the base, what `wpaas image refresh` locked is what runs; --base tells what there is newer.

examples:
  wpaas outdated --offline --format json
  wpaas outdated --base
exit codes: 0 shown, whatever it is; 1 failed, 2 wrong usage
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `outdated`."""
    outdated = command(
        commands,
        "outdated",
        "what there is newer: plugins, themes, WordPress, PHP, Debian",
        "Show what runs beside what there is: asked of the public directory, or as it was last known.",
        EPILOG,
    )
    outdated.add_argument("--offline", action="store_true", help="ask nobody: what is at hand only")
    outdated.add_argument(
        "--fleet", type=Path, default=Path(), metavar="DIR", help="the fleet's folder (default: .)"
    )
    outdated.add_argument(
        "--base",
        action="store_true",
        help="ask Debian's mirrors too, by a build on this machine's engine, which takes minutes",
    )
    add_format(outdated)
    outdated.set_defaults(run=_outdated)


def _outdated(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from reconciler.cli.packages import bench_of
    from reconciler.core.outdated import age_line, as_lines
    from reconciler.shell.cluster_nodes import builder_address
    from reconciler.sync.base import locked
    from reconciler.sync.outdated import outdated

    if arguments.base and arguments.offline:
        raise UsageError("--base asks the mirrors, and --offline asks nobody", fix="leave one out")
    bench = bench_of(arguments)
    day = bench.now.date().isoformat()
    mirrors = locked(builder_address(), bench.blobs, day) if arguments.base else None
    found = outdated(bench, "at hand" if arguments.offline else "ask", mirrors)
    age = age_line(bench.snapshot, bench.now)
    if arguments.format == "json":
        print_json({"advisories": age, "rows": [asdict(row) for row in found]})
    else:
        print_table(list(as_lines(found)))
        print(f"\n{age}")
    return 0
