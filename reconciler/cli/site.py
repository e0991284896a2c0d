"""`wpaas site login` and `logs`: what a community and its operators do with one site."""

import argparse
import sys

from reconciler.cli import new
from reconciler.cli.open import add_format, command, fleet, print_json, whole

DEFAULT_LINES, MOST_LINES = 100, 100_000
LOGIN = """\
The link is for whoever opens it first: send it as you would send a key. It works once, for a few
minutes; no password is made. The site must run.

example:
  wpaas site login chess-club
"""
LOGS = """\
Lines of nginx, PHP and WordPress, of all webheads of the site, those that ended included.

examples:
  wpaas logs chess-club
  wpaas logs chess-club --lines 1000 | grep -i error
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the commands."""
    site = command(
        commands,
        "site",
        "make a site's file, or log in to a site",
        "Make a site's file, or log in to a site. `wpaas status` lists the sites.",
    )
    actions = site.add_subparsers(metavar="ACTION", required=True, dest="action")
    new.add(actions)
    login = command(
        actions,
        "login",
        "print a link that logs an administrator in, once",
        "Print a link that logs an administrator in to a site, once.",
        LOGIN,
    )
    login.add_argument("name", metavar="NAME", help="the site")
    add_format(login)
    login.set_defaults(run=_login)
    logs = command(
        commands,
        "logs",
        "what the webheads of a site said",
        "Print what the webheads of a site said.",
        LOGS,
    )
    logs.add_argument("name", metavar="NAME", help="the site")
    logs.add_argument(
        "--lines",
        type=whole(1, MOST_LINES),
        metavar="N",
        default=DEFAULT_LINES,
        help=f"the last N of each webhead (default: {DEFAULT_LINES})",
    )
    logs.set_defaults(run=_logs)


def _login(arguments: argparse.Namespace) -> int:
    from reconciler.sync.login import login_link

    link, minutes = login_link(fleet(arguments), arguments.name)
    if arguments.format == "json":
        print_json({"site": arguments.name, "url": link, "minutes": minutes})
    else:
        print(link)
        print(f"works once, for {minutes} minutes", file=sys.stderr)
    return 0


def _logs(arguments: argparse.Namespace) -> int:
    from reconciler.sync.running import site_logs

    print(site_logs(fleet(arguments), arguments.name, arguments.lines), end="")
    return 0
