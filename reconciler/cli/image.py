"""`wpaas image refresh`: the lock of the base's Debian packages, read anew from the mirrors."""

import argparse
import os
import sys
from pathlib import Path

from reconciler.cli.open import command

IMAGE = """\
Plugins and themes are the allowlist's: `wpaas plugin add`. docs/image.md tells more.

example:
  wpaas image refresh
"""
REFRESH = """\
Builds the stages of image/Dockerfile with what the mirrors have now, and writes the versions that
came to image/packages.lock. Commit it, and all sites roll once onto the base that is built of it.

examples:
  wpaas image refresh
  wpaas image refresh --fleet ~/fleet --engine unix:///var/run/docker.sock
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the commands."""
    image = command(
        commands,
        "image",
        "what all sites' image is made of",
        "What all sites' image is made of: the Debian packages of its base.",
        IMAGE,
    )
    actions = image.add_subparsers(metavar="ACTION", required=True, dest="action")
    refresh = command(
        actions,
        "refresh",
        "lock the Debian packages that the mirrors have now",
        "Lock the Debian packages of the base at what the mirrors have now.",
        REFRESH,
    )
    refresh.add_argument(
        "--fleet",
        metavar="FOLDER",
        type=Path,
        default=Path(),
        help="the fleet's files (default: .)",
    )
    refresh.add_argument(
        "--engine",
        metavar="ADDRESS",
        default=os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock",
        help="the engine to build on (default: DOCKER_HOST, else the machine's)",
    )
    refresh.set_defaults(run=_refresh)


def _refresh(arguments: argparse.Namespace) -> int:
    from reconciler.core.base_lock import FILE, changes, of
    from reconciler.daemon import clock
    from reconciler.shell.worktree import read_worktree
    from reconciler.sync.base import locked

    blobs = read_worktree(arguments.fleet)
    day = clock.now().date().isoformat()
    lock = locked(arguments.engine, blobs, day)
    for line in changes(of(blobs), lock):
        print(line)
    path = arguments.fleet / FILE
    path.write_text(str(lock), encoding="utf-8")
    print(f"{path}: {day}", file=sys.stderr)
    return 0
