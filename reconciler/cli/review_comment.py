"""`wpaas review comment`: the one comment of a pull request, by the job that has a token."""

import argparse
from pathlib import Path

from reconciler.cli.open import command, forge_of

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
    comment.add_argument(
        "--labels", metavar="FILE", type=Path, help="how labels look that the forge has not got yet"
    )
    comment.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    import yaml

    from reconciler.core.review.event import NotAnEvent, read_event
    from reconciler.errors import UsageError
    from reconciler.sync.review_comment import comment

    try:
        event = read_event(arguments.event.read_bytes())
    except NotAnEvent as e:
        raise UsageError(f"this is no event to comment on: {e}", where=str(arguments.event)) from e
    labels = yaml.safe_load(arguments.labels.read_bytes()) if arguments.labels else ()
    for line in comment(event, arguments.report, forge_of(event.repository), labels):
        print(line)
    return 0
