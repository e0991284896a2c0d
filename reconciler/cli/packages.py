"""`wpaas plugin add` and `bump`, and for themes: what the allowlist holds."""

import argparse
import re
import sys
from typing import TYPE_CHECKING

from reconciler.cli.open import (
    archives_here,
    command,
    known_context,
)
from reconciler.errors import StageFailed, UsageError, WpaasError

if TYPE_CHECKING:
    from reconciler.core.manifest import Package, Source
    from reconciler.core.proposal import Signed
    from reconciler.sync.packages import Bench, Change

EXIT_FAILED = 1
ADD_EPILOG = """\
examples:
  wpaas plugin add event-list --reviewer kim --reason "four communities asked for a calendar"
  wpaas plugin add event-list --version 3.9 --from github.com/bright-apps/event-list …
  wpaas theme add plain-child --from image/customizations/plain-child …

The files are fetched or read, both digests are computed from them, the entry is written as approved
by the reviewers that you name, and the package is vetted. Whether they do approve is what the review
of your commit is for.

exit codes: 0 pass or warn, 1 vetting blocks (the entry is written all the same, to be mended or
undone) or nothing could be fetched, 2 wrong usage
"""
BUMP_EPILOG = """\
Edits the entry in place; where a site stays at the old version, a second entry is written instead.
With --security only what has a known hole is bumped, to the oldest version that mends it.

exit codes: 0 done, 1 something could not be bumped or is blocked, 2 wrong usage
"""
_FORGE = re.compile(r"(github\.com|codeberg\.org)/([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+)")


def add_verbs(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", kind: str) -> None:
    """Register `add` and `bump` of a kind."""
    from reconciler.cli.plugin import add_places

    new = command(
        actions,
        "add",
        f"write an entry for a {kind}: fetched, pinned and vetted",
        f"Fetch a {kind}, pin it by the digests of its bytes, write its entry, and vet it.",
        ADD_EPILOG,
    )
    new.add_argument("slug", metavar="SLUG")
    new.add_argument("--version", default="", help="which one (default: the newest)")
    new.add_argument(
        "--from",
        dest="source",
        default="wordpress.org",
        metavar="PLACE",
        help="wordpress.org, github.com/OWNER/REPO, codeberg.org/OWNER/REPO, or a folder of image/",
    )
    new.add_argument("--asset", default="", help="the release's file (default: SLUG.zip)")
    new.add_argument("--tag", default="", help="the release's tag (default: the version)")
    new.add_argument(
        "--license", default="", metavar="SPDX", help="where its own words are unclear"
    )
    _add_signed(new)
    add_places(new)
    new.set_defaults(run=_add, kind=kind)
    bump = command(
        actions,
        "bump",
        "pin newer versions, and vet them",
        f"Write the pins of a newer version over those of a {kind} that is allowed, and vet it.",
        BUMP_EPILOG,
    )
    which = bump.add_mutually_exclusive_group(required=True)
    which.add_argument("slug", metavar="SLUG", nargs="?", default="")
    which.add_argument("--all", action="store_true", help=f"every approved {kind}")
    bump.add_argument("--to", default="", metavar="VERSION", help="which one (default: the newest)")
    bump.add_argument("--security", action="store_true", help="only what has a known hole")
    _add_signed(bump)
    add_places(bump)
    bump.set_defaults(run=_bump, kind=kind)


def _add_signed(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reviewer", action="append", required=True, metavar="LOGIN", help="may repeat"
    )
    command.add_argument("--reason", required=True, metavar="TEXT", help="why, in a sentence")


def _add(arguments: argparse.Namespace) -> int:
    from reconciler.sync import packages

    bench = bench_of(arguments)
    change = packages.add(
        bench,
        arguments.kind,
        arguments.slug,
        version=arguments.version,
        source=_source(arguments),
        signed=_signed(arguments, bench),
        licence=arguments.license,
    )
    return _vetted(arguments, change)


def _bump(arguments: argparse.Namespace) -> int:
    from reconciler.sync import packages

    bench, code = bench_of(arguments), 0
    chosen = _chosen(arguments, bench)
    for package in chosen:
        name = f"{package.kind} {package.slug} {package.version}"
        try:
            version = _wanted(arguments, bench, package)
            if not version:
                continue
            signed = _signed(arguments, bench)
            change = packages.bump(bench_of(arguments), package, version, signed)
        except WpaasError as e:
            if len(chosen) == 1:
                raise
            print(f"wpaas: {name}: {e}", file=sys.stderr)
            code = EXIT_FAILED
            continue
        if change is None:
            print(f"{name}: nothing newer")
        else:
            code = max(code, _vetted(arguments, change))
    return code


def _chosen(arguments: argparse.Namespace, bench: "Bench") -> "list[Package]":
    """The default version of each package that is meant."""
    allowlist = bench.allowlist
    slugs = [arguments.slug] if arguments.slug else list(allowlist.slugs(arguments.kind))
    found = [allowlist.find(arguments.kind, slug) for slug in slugs]
    if arguments.all and not arguments.security:
        from reconciler.core.manifest import SourceArchive

        return [
            p for p in found if p and p.state == "approved" and isinstance(p.source, SourceArchive)
        ]
    if None in found:
        fix = f"wpaas {arguments.kind} add {arguments.slug}"
        raise UsageError(f"{arguments.slug} is not in the allowlist", fix=fix)
    return [package for package in found if package and package.state != "blocked"]


def _wanted(arguments: argparse.Namespace, bench: "Bench", package: "Package") -> str:
    """The version to go to; "" for none. A folder of the repository says its own."""
    from reconciler.core.manifest import SourceArchive, SourcePath
    from reconciler.sync import packages

    if arguments.security:
        mending = packages.mending(bench, package)
        if mending is None:
            print(f"{package.kind} {package.slug} {package.version}: no known hole")
        if mending == "":
            what = "no version mends its hole yet"
            raise UsageError(what, where=package.slug, fix="replace it, or write state: blocked")
        if mending and arguments.to and not packages.mends(bench, package, arguments.to):
            what = f"{arguments.to} does not mend every known hole of {package.version}"
            raise UsageError(what, where=package.slug, fix=f"say --to {mending}, or leave it out")
        return (arguments.to or mending) if mending else ""
    if arguments.to:
        return str(arguments.to)
    if isinstance(package.source, SourcePath):
        folder = packages.fetched(bench, package.kind, package.slug, "", package.source)[0]
        return folder.version
    if not isinstance(package.source, SourceArchive):
        raise UsageError("nobody lists a forge's releases here", fix="say --to VERSION")
    return packages.newest(bench, package.kind, package.slug)


def _signed(arguments: argparse.Namespace, bench: "Bench") -> "Signed":
    from reconciler.core.proposal import Signed

    day = bench.now.date().isoformat()
    return Signed(reviewers=tuple(arguments.reviewer), day=day, reason=arguments.reason)


def _source(arguments: argparse.Namespace) -> "Source":
    from reconciler.core.manifest import SourceArchive, SourcePath, SourceRelease

    words = arguments.source.rstrip("/").removesuffix(".git")
    forge = _FORGE.fullmatch(words.removeprefix("https://"))
    if words == "wordpress.org":
        return SourceArchive("wordpress.org")
    if forge and not arguments.version:
        raise UsageError("a release needs its version", fix="say --version, as its header says it")
    if forge:
        return SourceRelease(
            forge="github.com" if forge[1] == "github.com" else "codeberg.org",
            owner=forge[2],
            repo=forge[3],
            asset=arguments.asset or f"{arguments.slug}.zip",
            tag=arguments.tag or None,
        )
    if words.startswith("image/"):
        return SourcePath(words)
    fix = "write wordpress.org, github.com/OWNER/REPO, codeberg.org/OWNER/REPO, or image/…"
    raise UsageError("this is no place that packages come from", where=words, fix=fix)


def bench_of(arguments: argparse.Namespace) -> "Bench":
    """The fleet's folder, by the proxies of the cluster that is known here, if one is."""
    from reconciler.daemon.clock import now
    from reconciler.shell.directory import SERVICE, Directory
    from reconciler.sync.packages import open_bench

    known = known_context(arguments)
    directory = Directory(known.directory if known and known.directory else SERVICE)
    return open_bench(arguments.fleet, archives_here(arguments), directory, now())


def _vetted(arguments: argparse.Namespace, change: "Change") -> int:
    """Vet what was written, keep its review, print the report; 1 where it blocks."""
    from dataclasses import replace

    from reconciler.cli.plugin import desk_of, write_review
    from reconciler.core.vetting.lanes import lane
    from reconciler.core.vetting.report import report
    from reconciler.core.vetting.report_text import as_text

    package, before = change.package, change.before
    was = f"{before.version} → " if before else ""
    print(f"{package.kind} {package.slug} {was}{package.version} is in plugins-allowlist.yaml")
    desk = desk_of(arguments)
    if change.listed is not None:
        desk = replace(desk, snapshot=desk.snapshot.with_listing(change.listed))
    subject = desk.of_entry(package)
    vetting, bump = desk.judge(subject), None
    if before is not None:
        try:
            bump = desk.against(subject, desk.of_entry(before), vetting)
            vetting = bump.after
        except StageFailed as e:
            print(f"wpaas: not compared with {before.version}: {e}", file=sys.stderr)
    write_review(desk, subject)
    outside = desk.outside(subject)
    made = report(vetting, bump, outside, lane(vetting, bump, outside), desk.used_by(subject))
    print(as_text(made), end="")
    return EXIT_FAILED if vetting.verdict == "block" else 0
