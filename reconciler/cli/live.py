"""`wpaas status`: what runs, from the engines and the edge, beside what the last loop reported."""

import argparse
from typing import Any

from reconciler.cli.open import add_format, fleet, print_json, print_table

EXIT_FAILED = 1
SHORT = 12


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    status = commands.add_parser("status", help="sites, webheads, nodes, revisions and failures")
    add_format(status)
    status.set_defaults(run=_status)


def _status(arguments: argparse.Namespace) -> int:
    from reconciler.sync.standing import standing

    found = standing(fleet(arguments))
    if arguments.format == "json":
        print_json(found)
    else:
        _print(found)
    down = any(site["state"] != "up" for site in found["sites"])
    return EXIT_FAILED if down or found["error"] else 0


def _print(found: dict[str, Any]) -> None:
    revisions = found["revisions"]
    shown = "  ".join(f"{word} {(revision or '-')[:SHORT]}" for word, revision in revisions.items())
    print(shown)
    rows = [("SITE", "STATE", "WEBHEADS", "NODES", "IMAGE", "URL")]
    for site in found["sites"]:
        replicas = site["replicas"]
        rows.append(
            (
                site["name"],
                site["state"],
                f"{replicas['running']}/{replicas['desired']}",
                " ".join(site["nodes"]) or "-",
                site["image"].rpartition(":")[2][:SHORT] or "-",
                site["url"],
            )
        )
    print_table(rows)
    for site in found["sites"]:
        if site["error"]:
            print(f"\n{site['name']}: {site['error']}")
    for problem in found["problems"]:
        print(f"\n{problem['file']}:{problem['line']}: {problem['code']}: {problem['message']}")
        print(f"  fix: {problem['fix']}")
    for refusal in found["refused"]:
        print(f"\n{refusal}")
    if found["notice"]:
        print(f"\n{found['notice']}")
    if found["error"]:
        print(f"\nstage {found['stage']}: {found['error']}")
