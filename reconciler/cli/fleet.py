"""`wpaas plan`, `apply` and `run`: the loop seen, done once, and followed."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.cli.open import add_format, command, context, fleet, print_json
from reconciler.errors import UsageError

EXIT_FAILED, EXIT_REFUSED, EXIT_CHANGES = 1, 3, 4
SHORTEST_S, LONGEST_S = 0.1, 86_400
PLAN = """\
One line for each operation: the site, what is done to what, and the cause. Where the image is not
in the registry yet, its digest is computed and nothing is uploaded.

examples:
  wpaas plan
  wpaas plan --detailed-exitcode --format json

exit codes: 0 shown, 1 a stage failed, 2 wrong usage, 3 a guard refuses the plan, 4 there are changes
(with --detailed-exitcode alone)
"""
APPLY = """\
Each operation is printed when it is done. A site that fails stops no other site; a file with a
problem leaves its site as it is. Refused while a daemon works on the same cluster.

exit codes: 0 all done, 1 a stage or a site failed, or a file has an error, 2 wrong usage, 3 a guard
refused a part of it
"""
RUN = """\
The log goes to standard error: a line for each new commit and for each operation. What fails is
tried again, later each time. SIGTERM or Ctrl-C ends it after the operation that is under way; kill
-9 does no harm, the next start goes on. One daemon for a cluster: a second one is refused.

examples:
  wpaas run
  wpaas run --watch ~/fleet        try changes without a commit
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the three commands."""
    plan = command(
        commands,
        "plan",
        "show what would change, and why; changes nothing",
        "Show what the newest commit would change, and why. Nothing is written anywhere.",
        PLAN,
    )
    plan.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 4 where there are changes"
    )
    add_format(plan)
    plan.set_defaults(run=_plan)
    apply = command(
        commands,
        "apply",
        "converge on the newest commit once, and end",
        "Carry out what `wpaas plan` shows, once. Safe to interrupt and to run again.",
        APPLY,
    )
    add_format(apply)
    apply.set_defaults(run=_apply)
    run = command(
        commands,
        "run",
        "follow the repository until stopped (the daemon)",
        "Follow the repository and carry out each new commit, until stopped.",
        RUN,
    )
    run.add_argument(
        "--watch",
        metavar="FOLDER",
        type=Path,
        help="follow a local working tree instead of commits, to try changes",
    )
    run.add_argument(
        "--interval",
        type=_seconds,
        metavar="SECONDS",
        help="look this often (default: the context's, else 30)",
    )
    run.set_defaults(run=_run)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds from {SHORTEST_S} to {LONGEST_S}"
        )
    return seconds


def _plan(arguments: argparse.Namespace) -> int:
    from reconciler.sync.dry import dry_plan

    plan = dry_plan(fleet(arguments))
    if arguments.format == "json":
        print_json(plan.as_json())
    else:
        print(plan)
    if plan.refused:
        return EXIT_REFUSED
    changes = bool(plan.operations)
    return EXIT_CHANGES if changes and arguments.detailed_exitcode else 0


def _apply(arguments: argparse.Namespace) -> int:
    from reconciler.shell.journal import sole_writer, write_report
    from reconciler.sync.loop import Memory, loop

    opened = fleet(arguments)
    with sole_writer(opened.state):
        report = loop(opened, Memory(), time.monotonic(), _say)
        write_report(opened.state, report.as_json())
    for problem in report.problems:
        print(problem, file=sys.stderr)
    for refusal in report.refused:
        print(refusal, file=sys.stderr)
    if notice := report.as_json()["notice"]:
        print(notice, file=sys.stderr)
    if report.error:
        print(f"stage {report.stage}: {report.error}", file=sys.stderr)
    if arguments.format == "json":
        print_json({**report.as_json(), "operations": [_as_json(out) for out in report.outcomes]})
    elif not report.outcomes and not report.error:
        print("nothing to do")
    if report.refused:
        return EXIT_REFUSED
    failed = report.error or report.failures or any(p.severity == "error" for p in report.problems)
    return EXIT_FAILED if failed else 0


def _as_json(outcome: Any) -> dict[str, Any]:
    operation: dict[str, Any] = outcome.operation.as_json()
    return {**operation, "seconds": round(outcome.seconds, 3), "error": outcome.error or None}


def _say(outcome: Any) -> None:
    mark = f"FAILED: {outcome.error}" if outcome.error else f"{outcome.seconds:.1f} s"
    print(f"{outcome.operation} ({mark})", file=sys.stderr, flush=True)


def _run(arguments: argparse.Namespace) -> int:
    import logging

    from reconciler.daemon import clock
    from reconciler.daemon.follow import Daemon
    from reconciler.shell.journal import Journal, sole_writer
    from reconciler.sync.fleet import open_fleet

    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    found = context(arguments)
    if arguments.watch is not None and not arguments.watch.is_dir():
        raise UsageError("not a folder", where=str(arguments.watch))
    opened = open_fleet(
        found, now=clock.now, interval_s=arguments.interval, worktree=arguments.watch
    )
    daemon = Daemon(opened, Journal(opened.state))

    def stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=daemon.stop).start()  # Event.set() takes a lock the loop may hold

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with sole_writer(opened.state), _watching(arguments.watch, daemon):
        logging.getLogger("wpaas").info("following %s", opened.source_name)
        daemon.run()
    return 0


@contextmanager
def _watching(folder: Path | None, daemon: Any) -> Iterator[None]:
    if folder is None:
        yield
        return
    from reconciler.shell.watch import following

    with following(folder, daemon.wake):
        yield
