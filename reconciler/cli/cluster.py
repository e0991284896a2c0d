"""`wpaas cluster`: the local three-node cluster on this machine."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.open import command, whole
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from typing import Any

DEFAULT_NAME = "demo"
LOWEST_PORT, HIGHEST_PORT = 1, 65_534
EPILOG = """\
It is for trying and testing: plain HTTP, one machine, privileged containers. Docker must run here.

examples:
  wpaas cluster up --port 9080
  wpaas cluster kill node2           see what a visitor notices
  wpaas cluster revive node2
  wpaas cluster down                 its sites and their data go with it
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `cluster` and its verbs."""
    parser = command(
        subparsers,
        "cluster",
        "run a three-node Swarm on this machine",
        "A local cluster: three nodes, each a container with an engine of its own, and\n"
        "a proxy on 127.0.0.1 in front. Clusters of different names live side by side.",
        EPILOG,
    )
    parser.set_defaults(run=run)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    up = _verb(verbs, "up", "start or heal the cluster; changes nothing where all is well")
    up.add_argument(
        "--port",
        type=whole(LOWEST_PORT, HIGHEST_PORT),
        help="port on 127.0.0.1; PORT+1 is the registry's (default: the one it has, else from 8080)",
    )
    _verb(verbs, "down", "remove the cluster, its data included")
    _verb(verbs, "status", "show nodes, Swarm and addresses; exit code 1 when not whole")
    for verb, text in (
        ("kill", "kill one node, as by a power cut"),
        ("revive", "start a killed node and wait until it is ready"),
    ):
        _verb(verbs, verb, text).add_argument("node", metavar="NODE", help="node1, node2, node3")


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--name", help="the cluster (default: the current one, else demo)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line says; returns the exit code.

    Raises UsageError and StageFailed; the caller prints them.
    """
    # Imported here, so that `wpaas --help` does not pay for it.
    from reconciler.shell import cluster

    root = clone_root(Path.cwd())
    name = _name(root, args)
    match args.verb:
        case "up":
            path = cluster.up(root, name, args.port, _progress)
            context = json.loads(path.read_text(encoding="utf-8"))
            _show(args, context, f"cluster {name} is up: {context['http']}  ({path})")
        case "down":
            there = cluster.exists(root, name)
            cluster.down(root, name)
            text = f"cluster {name} is removed" if there else f"there was no cluster {name}"
            _show(args, {"name": name, "removed": there}, text)
        case "kill":
            cluster.kill(root, name, args.node)
            _show(args, {"name": name, "killed": args.node}, f"{args.node} is dead")
        case "revive":
            cluster.revive(root, name, args.node)
            _show(args, {"name": name, "revived": args.node}, f"{args.node} is ready")
        case _:
            found = cluster.status(root, name)
            there = cluster.exists(root, name)
            hint = f"\nthere is no cluster {name}; `wpaas cluster up --name {name}` makes it"
            _show(args, found, _table(found) + ("" if there else hint))
            return 0 if found["whole"] else 1
    return 0


def clone_root(folder: Path) -> Path:
    """The clone that `folder` is in, else the one this program runs from.

    Raises UsageError where neither has the files that a cluster is made of.
    """
    for candidate in (folder, *folder.parents, Path(__file__).resolve().parents[2]):
        if (candidate / "deploy" / "node" / "Dockerfile").is_file():
            return candidate
    raise UsageError("no clone of wpaas here", fix="run the command inside the clone")


def _name(root: Path, args: argparse.Namespace) -> str:
    from reconciler.core.local_cluster import is_cluster_name

    current = root / ".wpaas" / "current"
    name = args.name or getattr(args, "cluster", None)
    if not name and current.is_file():
        name = current.read_text(encoding="utf-8").strip()
    name = str(name or DEFAULT_NAME)
    if not is_cluster_name(name):
        raise UsageError(
            f"{name!r} cannot name a cluster", fix="a letter, then up to 19 of a-z, 0-9 and -"
        )
    return name


def _progress(what: str, seconds: float) -> None:
    print(f"{seconds:6.1f} s  {what}", file=sys.stderr, flush=True)


def _show(args: argparse.Namespace, document: dict[str, Any], text: str) -> None:
    print(json.dumps(document, indent=2) if args.format == "json" else text)


def _table(found: dict[str, Any]) -> str:
    lines = [f"cluster {found['name']}  {found['http']}  front {found['front']}"]
    lines += [
        f"  {node['name']}  {node['address']:<13}  {node['container']:<8}  {node['swarm']}"
        for node in found["nodes"]
    ]
    return "\n".join(lines)
