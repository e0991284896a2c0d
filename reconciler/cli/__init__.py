"""The command line: flags, exit codes, and the only layer that prints.

Exit codes: 0 done, 1 failed, 2 usage, 3 refused by a guard, 4 changes found
(`plan --detailed-exitcode`). Commands import what is heavy when they run, so that
`wpaas --help` stays quick.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from reconciler.cli import (
    advisories,
    cluster,
    doctor,
    env,
    fleet,
    image,
    live,
    outdated,
    plugin,
    review,
    site,
    streams,
    validate,
)
from reconciler.errors import Refused, StageFailed, UsageError, WpaasError

EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_INTERRUPTED = 1, 2, 3, 130

DESCRIPTION = """\
WordPress sites from a Git repository, on Docker Swarm.

  wpaas validate          check the files of a fleet, every problem at once
  wpaas review            what a pull request does, and who must agree
  wpaas site new NAME     write the file of a new site
  wpaas plan              what would change, and why; changes nothing
  wpaas run               follow the repository and converge, until stopped
  wpaas status            which sites are up, where, at which commit
  wpaas doctor            what is wrong with the machine, and what to do
"""

EPILOG = """\
The cluster is the one of the nearest folder with .wpaas/, another of its clusters with --cluster,
or the context file that the variable WPAAS_CONTEXT names. `wpaas COMMAND --help` tells more.

exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a guard, 4 changes found (`wpaas plan
--detailed-exitcode`), 130 interrupted
"""


class Parser(argparse.ArgumentParser):
    """argparse, with what was probably meant below its complaint about a word."""

    def error(self, message: str) -> NoReturn:
        """Print usage, complaint and a fix, and end with the exit code of wrong usage."""
        from reconciler.core.nearest import suggestion

        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        wrong = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
        otherwise = f"`{self.prog} --help` explains"
        words = re.findall(r"[\w-]+", wrong[2]) if wrong else []
        print(f"  fix: {suggestion(wrong[1] if wrong else '', words, otherwise)}", file=sys.stderr)
        sys.exit(EXIT_USAGE)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = Parser(
        prog="wpaas",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument(
        "--cluster", metavar="NAME", help="which known cluster (default: the current)"
    )
    commands = root.add_subparsers(metavar="COMMAND", required=True, dest="command")
    for module in (
        *(validate, review, fleet, live, site, plugin, outdated, advisories, image, cluster),
        *(doctor, env),
    ):
        module.add(commands)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    streams.prepare()
    try:
        arguments = parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except WpaasError as e:
        return _failed(e)
    except KeyboardInterrupt:
        print("\nwpaas: interrupted; run it again to go on", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        streams.give_up_output()
        return EXIT_FAILED
    except OSError as e:
        if e.filename is None:
            streams.give_up_output()
        print(f"wpaas: {e.filename or 'writing the output'}: {e.strerror or e}", file=sys.stderr)
        return EXIT_FAILED
    return code


def _failed(error: WpaasError) -> int:
    match error:
        case Refused():
            said, code = f"refused: {error}", EXIT_REFUSED
        case UsageError():
            said, code = str(error), EXIT_USAGE
        case StageFailed():
            said, code = f"stage {error.stage}: {error}", EXIT_FAILED
        case _:
            said, code = str(error), EXIT_FAILED
    print(f"wpaas: {said}", file=sys.stderr)
    return code
