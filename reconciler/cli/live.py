"""`wpaas status`: what runs, from the engines and the edge, beside what the last loop reported."""

import argparse
from typing import Any

from reconciler.cli.open import add_format, command, fleet, print_json, print_table

EXIT_FAILED = 1
SHORT = 12
EVENTS_LATE_S = 70
EPILOG = """\
The first line names four commits: observed in the repository, attempted, applied without a failure,
and seen healthy. Below the table stand the failures and problems that the last loop reported.

states: up, degraded (fewer webheads than wanted), down (no good page), missing (nothing runs)
exit codes: 0 every site is up, 1 a site is not, or a stage failed, 2 wrong usage
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    status = command(
        commands,
        "status",
        "sites, webheads, nodes, revisions and failures",
        "Show where every site stands: asked of the engines and of each site's own page.",
        EPILOG,
    )
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
        if (site["events_overdue_s"] or 0) > EVENTS_LATE_S:
            print(f"\n{site['name']}: planned events are late by {site['events_overdue_s']} s")
    for problem in found["problems"]:
        print(f"\n{problem['file']}:{problem['line']}: {problem['code']}: {problem['message']}")
        print(f"  fix: {problem['fix']}")
    for refusal in found["refused"]:
        print(f"\n{refusal}")
    if found["notice"]:
        print(f"\n{found['notice']}")
    if found["error"]:
        print(f"\nstage {found['stage']}: {found['error']}")
