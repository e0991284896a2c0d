"""`wpaas site new`, `site login` and `logs`: what a community and its operators do with one site."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from reconciler.cli.open import add_format, fleet, print_json
from reconciler.errors import UsageError

EXIT_FAILED = 1
DEFAULT_LINES = 100


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the commands."""
    site = commands.add_parser("site", help="make a site's file, or log in to a site")
    actions = site.add_subparsers(metavar="ACTION", required=True, dest="action")
    new = actions.add_parser(
        "new", help="write a valid sites/NAME.json; asks what flags leave open"
    )
    new.add_argument("name", help="3 to 32 of a-z, 0-9 and '-'; also its address")
    new.add_argument("--title")
    new.add_argument("--owner", action="append", metavar="LOGIN", help="forge login; may repeat")
    new.add_argument("--plugin", action="append", default=[], metavar="SLUG", help="may repeat")
    new.add_argument("--folder", type=Path, default=Path(), help="the fleet's folder (default: .)")
    new.set_defaults(run=_new)
    login = actions.add_parser("login", help="print a link that logs an administrator in, once")
    login.add_argument("name")
    add_format(login)
    login.set_defaults(run=_login)
    logs = commands.add_parser("logs", help="what the webheads of a site said")
    logs.add_argument("name")
    logs.add_argument("--lines", type=int, default=DEFAULT_LINES, help="of each webhead")
    logs.set_defaults(run=_logs)


def _asked(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        return default
    return input(f"{question} [{default}]: ").strip() or default


def _new(arguments: argparse.Namespace) -> int:
    name = arguments.name
    path = arguments.folder / "sites" / f"{name}.json"
    if path.exists():
        raise UsageError("this site exists", where=str(path), fix="edit it, or choose another name")
    title = arguments.title or _asked("Title", name.replace("-", " ").capitalize())
    owners = arguments.owner or [_asked("Owner (forge login)", name)]
    document: dict[str, Any] = {
        "name": name,
        "title": title,
        "owners": owners,
        "admins": owners[:1],
    }
    if arguments.plugin:
        document["plugins"] = [{"slug": slug} for slug in arguments.plugin]
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    problems = [p for p in _problems_with(arguments.folder, name, text) if p.severity == "error"]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return EXIT_FAILED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(path)
    return 0


def _problems_with(folder: Path, name: str, text: str) -> list[Any]:
    """The problems that the fleet in `folder` would have with this site's file."""
    from reconciler.core.compiler import Blob, compile_fleet
    from reconciler.daemon import clock
    from reconciler.shell.schemas import load_schemas
    from reconciler.shell.worktree import read_worktree

    file = f"sites/{name}.json"
    blobs = dict(read_worktree(folder))
    blobs[file] = Blob(path=file, mode="100644", data=text.encode())
    compiled = compile_fleet(blobs, load_schemas(), now=clock.now())
    return [p for p in compiled.problems if p.file == file]


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
    from reconciler.core.names import service_name

    print(
        fleet(arguments).swarm.service_logs(service_name(arguments.name), arguments.lines), end=""
    )
    return 0
