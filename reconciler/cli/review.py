"""`wpaas review`: what a pull request does, what is wrong with it, who must agree, who acts next."""

import argparse
import gc
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli import review_approvals, review_comment
from reconciler.cli.open import command, whole, without_search_for_cycles

if TYPE_CHECKING:
    from reconciler.core.blob import Blob
    from reconciler.core.compiler import Compiled
    from reconciler.core.manifest import Package
    from reconciler.core.problem import Problem
    from reconciler.core.review.agreement import Vetted
    from reconciler.core.review.change import Proposal
    from reconciler.core.review.told import Told
    from reconciler.sync.vetting import Desk

EXIT_ERRORS, EXIT_REFUSED = 1, 3
FORMATS = ("text", "markdown", "json", "github", "sarif")
MOST_FILES = 1_000_000
EPILOG = """\
Both commits are read from the repository, and nothing is checked out or run. Owners of sites,
CODEOWNERS and limits are those of BASE; a file that moved was removed and added. More than 100
changed files, or another number than --changed-files, are refused: part may be out of sight.

formats:
  text, markdown   for people; json is what `wpaas review comment` reads
  github, sarif    annotations beside the lines

examples:
  wpaas review --base origin/main --head HEAD --author amira
  wpaas review --base main --head my-site --format markdown

exit codes: 0 nothing is in the way (people may have to agree), 1 errors, 2 wrong usage,
3 refused, for the list of changed files may be incomplete
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command, and its halves for a forge below it."""
    review = command(
        commands,
        "review",
        "what a pull request does, and who must agree",
        "Say of a proposed change what is wrong, what it does to the cluster, who must\n"
        "agree, and who acts next. No cluster is needed.",
        EPILOG,
    )
    review.add_argument("--base", metavar="REV", help="what it is proposed for, such as main")
    review.add_argument("--head", metavar="REV", help="what is proposed")
    review.add_argument("--repo", metavar="PATH", type=Path, default=Path(), help="(default: .)")
    review.add_argument("--format", choices=FORMATS, default="text")
    review.add_argument("--author", metavar="LOGIN", help="forge login of who proposes it")
    review.add_argument(
        "--approved-by",
        metavar="LOGIN",
        action="append",
        default=[],
        help="who has approved this very head; may repeat",
    )
    review.add_argument(
        "--approvals",
        metavar="FILE",
        type=Path,
        help="a login a line of who has, as `wpaas review approvals` lists them",
    )
    review.add_argument(
        "--changed-files",
        metavar="N",
        type=whole(0, MOST_FILES),
        help="how many files the forge says are changed",
    )
    review.add_argument(
        "--cache", type=Path, metavar="DIR", help="where analyses are kept (default: the user's)"
    )
    review.set_defaults(run=_run)
    actions = review.add_subparsers(metavar="ACTION", dest="action")
    review_approvals.add(actions)
    review_comment.add(actions)


def _run(arguments: argparse.Namespace) -> int:
    from reconciler.core.review.told import tell
    from reconciler.daemon.clock import now
    from reconciler.errors import UsageError
    from reconciler.sync.review import Asked, review_commits

    if arguments.base is None or arguments.head is None:
        raise UsageError("two commits are compared", fix="name both: --base REV --head REV")
    asked = Asked(
        repository=arguments.repo,
        base=arguments.base,
        head=arguments.head,
        author=arguments.author,
        approved_by=(*arguments.approved_by, *_listed(arguments.approvals)),
        changed_files=arguments.changed_files,
    )

    def vet(
        packages: "Sequence[Package]", proposal: "Proposal", base: "Compiled", result: "Compiled"
    ) -> "tuple[Sequence[Vetted], Sequence[Problem]]":
        from reconciler.sync.review_packages import vet_packages

        gc.enable()  # an analysis may take long, and makes cycles
        return vet_packages(packages, proposal, base, result, partial(_desk, arguments))

    with without_search_for_cycles():
        found, made = review_commits(asked, now(), vet)
    print(_formatted(tell(made), arguments.format, found.base, found.head), end="")
    if made.outcome == "refused":
        return EXIT_REFUSED
    return EXIT_ERRORS if made.errors else 0


def _listed(approvals: Path | None) -> list[str]:
    return approvals.read_text(encoding="utf-8").split() if approvals else []


def _desk(
    arguments: argparse.Namespace, files: "Mapping[str, Blob]", compiled: "Compiled"
) -> "Desk":
    from reconciler.core.advisory_policy import snapshot_of
    from reconciler.core.snapshot import Snapshot
    from reconciler.core.vetting.php.analysis import analyse_php
    from reconciler.daemon.clock import now
    from reconciler.shell.sources import Archives
    from reconciler.shell.vetting_cache import default_folder
    from reconciler.sync.vetting import Desk, report_cache

    kept = arguments.cache or default_folder()
    return Desk(
        fleet=arguments.repo,
        blobs=files,
        compiled=compiled,
        analyse=analyse_php,
        cache=report_cache(kept),
        archives=Archives(kept.parent / "archives"),
        today=now().date().isoformat(),
        said=lambda done, number: None,
        snapshot=snapshot_of(files)[0] or Snapshot(),
    )


def _formatted(told: "Told", chosen: str, base: str, head: str) -> str:
    from reconciler.core.review import formats, kept

    match chosen:
        case "json":
            return kept.as_json(told, base, head)
        case "markdown":
            return formats.as_markdown(told)
        case "github":
            return formats.as_github(told)
        case "sarif":
            return formats.as_sarif(told)
        case _:
            return formats.as_text(told)
