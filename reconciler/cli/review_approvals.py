"""`wpaas review approvals`: who has approved a pull request's head, for `wpaas review` to count."""

import argparse
from pathlib import Path

from reconciler.cli.open import command, forge_of

EPILOG = """\
EVENT is the forge's pull_request event. One login a line; an approval of an earlier head, and one that
was taken back, does not count. Give the list to `wpaas review --approvals FILE`.

environment:
  GITHUB_TOKEN       may read pull requests
  GITHUB_API_URL     the forge's API (default: https://api.github.com)

exit codes: 0 done, 1 failed, 2 wrong usage
"""


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    approvals = command(
        actions,
        "approvals",
        "who has approved a pull request as it is now",
        "List who has approved the head of a pull request.",
        EPILOG,
    )
    approvals.add_argument("--event", metavar="FILE", type=Path, required=True)
    approvals.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from reconciler.core.review.event import NotAnEvent, read_proposed
    from reconciler.errors import UsageError

    try:
        proposed = read_proposed(arguments.event.read_bytes())
    except NotAnEvent as e:
        raise UsageError(f"this is no pull request: {e}", where=str(arguments.event)) from e
    for login in forge_of(proposed.repository).approvals(proposed.number, proposed.sha):
        print(login)
    return 0
