"""The command line: flags, exit codes, and the only layer that prints.

Exit codes: 0 done, 1 failed, 2 usage, 3 refused by a guard, 4 changes found
(`plan --detailed-exitcode`). Commands import what is heavy when they run, so that
`wpaas --help` stays quick.
"""

import argparse
import sys
from collections.abc import Sequence

from reconciler.cli import (
    advisories,
    cluster,
    doctor,
    env,
    fleet,
    live,
    packages,
    plugin,
    site,
    validate,
)
from reconciler.errors import Refused, UsageError, WpaasError

EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_INTERRUPTED = 1, 2, 3, 130

DESCRIPTION = """\
WordPress sites from a Git repository, on Docker Swarm.

  wpaas validate          check the files of a fleet, every problem at once
  wpaas plan              what would change, and why; changes nothing
  wpaas run               follow the repository and converge, until stopped
  wpaas status            which sites are up, where, at which commit
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="wpaas", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root.add_argument(
        "--cluster", metavar="NAME", help="which known cluster (default: the current)"
    )
    commands = root.add_subparsers(metavar="COMMAND", required=True, dest="command")
    for module in (validate, fleet, live, site, plugin, packages, advisories, cluster, doctor, env):
        module.add(commands)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except Refused as e:
        print(f"wpaas: refused: {e}", file=sys.stderr)
        return EXIT_REFUSED
    except UsageError as e:
        print(f"wpaas: {e}", file=sys.stderr)
        return EXIT_USAGE
    except WpaasError as e:
        stage = getattr(e, "stage", "")
        print(f"wpaas: {f'stage {stage}: ' if stage else ''}{e}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("wpaas: interrupted; run it again to go on", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED
    return code
