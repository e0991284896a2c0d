"""`wpaas plugin vet`, `plugin verify`, and the same for themes: what a reviewer decides on."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli import packages
from reconciler.cli.open import archives_here, command, known_context

if TYPE_CHECKING:
    from reconciler.core.vetting.behaviour import Behaviour
    from reconciler.core.vetting.report import Report
    from reconciler.sync.vetting import Desk, Subject

EXIT_BLOCKED = 1
FORMATS = ("text", "json", "sarif", "markdown", "html")
EPILOG = """\
examples:
  wpaas plugin vet site-notice                      the entry of the allowlist, from its source
  wpaas plugin vet ./event-list --against 3.9       a folder, compared with an allowed version
  wpaas plugin vet event-list.zip --against old.zip --format html > report.html
  wpaas plugin vet ./event-list --run               used on a scratch site, too
  wpaas theme vet plain --write                     keep the machine's facts in reviews/

What is looked for is in docs/vetting.md, how to decide in docs/reviewing-plugins.md.
Exit code: 0 pass or warn, 1 block, 2 usage.
"""
VERIFY_EPILOG = """\
Each version of the allowlist has its review below reviews/, made with `vet --write`. This makes
them again and compares byte for byte. Exit code: 0 all good, 1 problems, 2 usage.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register both commands."""
    for kind in ("plugin", "theme"):
        group = command(
            commands,
            kind,
            f"judge a {kind} before sites may use it, add it, bump it",
            f"Judge a {kind} by its files, and keep the allowlist: add it, or pin a newer version.",
            f"examples: wpaas {kind} vet SLUG; wpaas {kind} add SLUG --reviewer kim --reason why",
        )
        actions = group.add_subparsers(metavar="ACTION", required=True, dest="action")
        _add_vet(actions, kind)
        packages.add_verbs(actions, kind)
        if kind == "plugin":
            verify = actions.add_parser(
                "verify",
                help="compare the kept reviews with what vetting says, plugins and themes",
                epilog=VERIFY_EPILOG,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            add_places(verify)
            verify.set_defaults(run=_verify)


def _add_vet(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", kind: str) -> None:
    vet = actions.add_parser(
        "vet",
        help=f"say what a {kind} can do, what is wrong with it and what changed",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    vet.add_argument("what", metavar="SLUG|FILE|DIR", help="an entry, a zip or a folder")
    vet.add_argument(
        "--against", metavar="VERSION|FILE|DIR", help="the version that is approved now"
    )
    vet.add_argument("--format", choices=FORMATS, default="text")
    vet.add_argument("--slug", default="", help="where the folder or zip is not called like it")
    vet.add_argument("--write", action="store_true", help="keep its review in reviews/")
    vet.add_argument(
        "--run",
        action="store_true",
        dest="run_it",
        help="use it on a scratch site, and say what it did",
    )
    vet.add_argument(
        "--pictures", type=Path, metavar="DIR", help="as --run, and put pictures of its pages there"
    )
    vet.add_argument(
        "--image",
        metavar="NAME",
        help="image whose PHP checks it and runs it (default: the fleet's)",
    )
    add_places(vet)
    vet.set_defaults(run=_vet, kind=kind)


def add_places(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--fleet", type=Path, default=Path(), metavar="DIR", help="the fleet's folder (default: .)"
    )
    command.add_argument(
        "--cache", type=Path, metavar="DIR", help="where analyses are kept (default: the user's)"
    )


def _vet(arguments: argparse.Namespace) -> int:
    from reconciler.core.vetting.lanes import lane
    from reconciler.core.vetting.report import report

    desk = desk_of(arguments)
    subject = desk.find(arguments.kind, arguments.what, arguments.slug)
    behaviour = _run(arguments, desk, subject) if arguments.run_it or arguments.pictures else None
    vetting = desk.judge(subject, behaviour)
    bump = None
    if arguments.against:
        bump = desk.against(subject, desk.older(subject, arguments.against), vetting)
        vetting = bump.after
    if arguments.write:
        write_review(desk, subject)
    outside = desk.outside(subject)
    made = report(vetting, bump, outside, lane(vetting, bump, outside), desk.used_by(subject))
    print(_formatted(made, arguments.format, subject.folder), end="")
    return EXIT_BLOCKED if vetting.verdict == "block" else 0


def _run(arguments: argparse.Namespace, desk: "Desk", subject: "Subject") -> "Behaviour | None":
    """Run the package, on the engine that builds the fleet's image or else this machine's own."""
    from reconciler.cli.cluster import clone_root
    from reconciler.cli.interrupt import tidily
    from reconciler.shell.cluster_nodes import builder_address
    from reconciler.sync.behaviour import run_behaviour
    from reconciler.sync.behaviour_stand import stand_for
    from reconciler.sync.vetting import base_image

    if not subject.candidate.files:
        return None
    known = known_context(arguments)
    engine = known.builder if known else builder_address()
    usual = base_image(desk, known.registry) if known else None
    said = _narrator()
    said("getting the image ready; the first time takes minutes")
    stand = stand_for(desk, clone_root(Path.cwd()), engine, arguments.image, usual)
    with tidily("removing the scratch site"):
        said("starting a scratch site")
        with stand:
            keep = _pictures(arguments.pictures)
            return run_behaviour(stand, subject.candidate, keep=keep, said=said)


def _narrator() -> Callable[[str], None]:
    """Say on standard error what is under way, and how many seconds after the start."""
    began = time.monotonic()

    def said(what: str) -> None:
        print(f"wpaas: {time.monotonic() - began:3.0f} s  {what}", file=sys.stderr, flush=True)

    return said


def _pictures(folder: Path | None) -> Callable[[str, bytes], None] | None:
    """How to keep a picture; None where none is wanted. Names are ours, of letters and digits."""
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)

    def keep(name: str, png: bytes) -> None:
        (folder / f"{name}.png").write_bytes(png)

    return keep


def _verify(arguments: argparse.Namespace) -> int:
    from reconciler.core.vetting.review_file import FOLDER
    from reconciler.shell.vetting_source import read_reviews

    desk = desk_of(arguments)
    problems = list(desk.review_problems(read_reviews(arguments.fleet, FOLDER)))
    for problem in problems:
        print(problem)
    number = len(desk.entries("plugin")) + len(desk.entries("theme"))
    print(f"{number} packages, {len(problems) or 'no'} problems")
    return EXIT_BLOCKED if problems else 0


def desk_of(arguments: argparse.Namespace) -> "Desk":
    """The desk of the fleet's folder, with the image of the cluster that is known here, if any."""
    from dataclasses import replace

    from reconciler.core.vetting.php.analysis import analyse_php
    from reconciler.daemon.clock import now
    from reconciler.shell.vetting_cache import default_folder
    from reconciler.sync.vetting import base_image, open_desk, report_cache

    folder = arguments.cache or default_folder()
    desk = open_desk(
        arguments.fleet,
        analyse_php,
        report_cache(folder),
        archives_here(arguments),
        now().date().isoformat(),
        _progress(),
    )
    if getattr(arguments, "image", None):
        return replace(desk, lint=("", arguments.image))
    known = known_context(arguments)
    image = base_image(desk, known.registry) if known else None
    return replace(desk, lint=(known.builder, image)) if known and image else desk


def write_review(desk: "Desk", subject: "Subject") -> None:
    from reconciler.core.vetting.review_file import review_path, review_text

    own = desk.profile(subject)
    path = desk.fleet / review_path(own.kind, own.slug, own.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(review_text(own), encoding="utf-8")
    print(f"wpaas: wrote {path}", file=sys.stderr)


def _formatted(report: "Report", chosen: str, folder: str) -> str:
    match chosen:
        case "json":
            from reconciler.core.vetting.report_json import as_json

            return as_json(report)
        case "sarif":
            from reconciler.core.vetting.report_json import as_sarif

            return as_sarif(report, folder)
        case "markdown":
            from reconciler.core.vetting.report_markdown import as_markdown

            return as_markdown(report)
        case "html":
            from reconciler.core.vetting.report_html import as_html

            return as_html(report)
        case _:
            from reconciler.core.vetting.report_text import as_text

            return as_text(report)


def _progress() -> Callable[[int, int], None]:
    """Say on a terminal how far the analysis is; a file or a pipe gets nothing."""
    if not sys.stderr.isatty():
        return lambda done, number: None

    def said(done: int, number: int) -> None:
        end = "\n" if done == number else ""
        print(f"\r{done} of {number} PHP files", end=end, file=sys.stderr, flush=True)

    return said
