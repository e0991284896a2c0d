"""`wpaas review comment`: the one comment of a pull request, by the job that has a token."""

import argparse
import os
from pathlib import Path

from reconciler.cli.open import command

EPILOG = """\
EVENT is the forge's workflow_run event, REPORT what `wpaas review --format json` wrote for its head.
The report is data from a stranger's run: its size and shape are checked, everything in it is
escaped, and which pull request is meant comes from the event and the forge alone.

environment:
  GITHUB_TOKEN       may write comments and labels of pull requests
  GITHUB_API_URL     the forge's API (default: https://api.github.com)
  WPAAS_REVIEW_BOT   login that the token writes as (default: github-actions[bot])

exit codes: 0 done, or there is nothing to do, 1 failed, 2 wrong usage
"""


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    comment = command(
        actions,
        "comment",
        "write or edit the review's comment on a pull request",
        "Write or edit the one comment of a pull request, and set its labels.",
        EPILOG,
    )
    comment.add_argument("--event", metavar="FILE", type=Path, required=True)
    comment.add_argument("--report", metavar="FILE", type=Path, required=True)
    comment.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from reconciler.core.derive import Secret
    from reconciler.core.review.comment import NotAnEvent, read_event
    from reconciler.errors import UsageError
    from reconciler.shell.forge import Forge
    from reconciler.sync.review_comment import comment

    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        fix = "set GITHUB_TOKEN, in a job that runs no code of the pull request"
        raise UsageError("the token is missing", fix=fix)
    try:
        event = read_event(arguments.event.read_bytes())
    except NotAnEvent as e:
        raise UsageError(f"this is no event to comment on: {e}", where=str(arguments.event)) from e
    forge = Forge(
        os.environ.get("GITHUB_API_URL") or "https://api.github.com",
        event.repository,
        Secret(token),
        os.environ.get("WPAAS_REVIEW_BOT") or "github-actions[bot]",
    )
    for line in comment(event, arguments.report, forge):
        print(line)
    return 0
