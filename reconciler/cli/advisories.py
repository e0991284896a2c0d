"""`wpaas advisories`: what is known of holes, closed packages and changed hands, made and shown."""

import argparse
import os
from pathlib import Path

from reconciler.cli.open import add_format, command, print_json
from reconciler.cli.packages import bench_of

EPILOG = """\
Makes advisories.json in the fleet's folder: the feed's records about the allowed packages, and what
the public directory says of each. Commit it: `wpaas validate` and the daemon read it, and ask nobody.
A feed that lost over 5 per cent of its records is refused. Without a feed at hand, --feed none asks
the directory alone.

exit codes: 0 written, 1 nothing came, 2 wrong usage, 3 refused: the feed shrank
"""
GROUP_EPILOG = """\
examples:
  wpaas advisories refresh --token-file /etc/wpaas/feed-token
  wpaas advisories show --format json
"""
NO_FEED = "none"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its verbs."""
    group = command(
        commands,
        "advisories",
        "known holes in what sites run",
        "Make and show advisories.json: known holes, closed plugins and changed hands.",
        GROUP_EPILOG,
    )
    verbs = group.add_subparsers(metavar="VERB", required=True, dest="verb")
    refresh = command(
        verbs,
        "refresh",
        "make advisories.json from a feed and the directory",
        "Reduce a feed of advisories to the allowed packages, and ask the directory about each.",
        EPILOG,
    )
    refresh.add_argument(
        "--feed",
        default="",
        metavar="FILE|URL",
        help=f"a feed in Wordfence's shape, version 3 (default: theirs); {NO_FEED} for none",
    )
    refresh.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="what the feed's server wants to see (default: the file named in WPAAS_FEED_TOKEN_FILE)",
    )
    refresh.add_argument(
        "--exploited", type=Path, metavar="FILE", help="catalogue of exploited holes, CISA's shape"
    )
    show = command(
        verbs,
        "show",
        "what the snapshot holds, and how old it is",
        "Show what advisories.json knows about the allowed packages; asks nobody.",
        "exit codes: 0 shown, 2 wrong usage",
    )
    for verb in (refresh, show):
        verb.add_argument(
            "--fleet", type=Path, default=Path(), metavar="DIR", help="the fleet's folder"
        )
        add_format(verb)
    refresh.set_defaults(run=_refresh)
    show.set_defaults(run=_show)


def _refresh(arguments: argparse.Namespace) -> int:
    from reconciler.shell.advisories import FEED, write_snapshot
    from reconciler.sync.advisories import refreshed

    token = arguments.token_file or os.environ.get("WPAAS_FEED_TOKEN_FILE")
    bench = bench_of(arguments)
    snapshot, notes = refreshed(
        bench,
        "" if arguments.feed == NO_FEED else arguments.feed or FEED,
        Path(token) if token else None,
        arguments.exploited,
    )
    place = write_snapshot(arguments.fleet, snapshot)
    for note in notes:
        print(note)
    print(place)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from reconciler.core.outdated import age_line
    from reconciler.core.problem import escaped

    bench = bench_of(arguments)
    snapshot = bench.snapshot
    age = age_line(snapshot, bench.now)
    if arguments.format == "json":
        print_json({"advisories": [asdict(a) for a in snapshot.advisories], "age": age})
        return 0
    print(age)
    for advisory in snapshot.advisories:
        fixed = ", ".join(advisory.fixed) or "none"
        about = f"{advisory.kind} {advisory.slug}: {advisory.title} ({advisory.score})"
        print(escaped(f"{about}; fixed: {fixed}"))
    return 0
