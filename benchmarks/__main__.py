"""`make bench [ONLY=NAME]`: measure, write build/bench.json, print a table.

`--cluster NAME` measures a cluster that is up already and leaves it as it was.
"""

import argparse
import json
import statistics
import sys
import time

from benchmarks import (
    cached,
    edge,
    image,
    layer,
    node,
    page,
    process,
    publish,
    rolling,
    settings,
    sites,
    start,
    unchanged,
    validate,
    vetting,
)
from benchmarks.arena import Arena
from benchmarks.figure import ROUNDS, Figure, Group
from demo.stage import ROOT
from reconciler.errors import WpaasError

GROUPS: tuple[Group, ...] = (
    *process.GROUPS,
    *unchanged.GROUPS,
    *settings.GROUPS,
    *rolling.GROUPS,
    *publish.GROUPS,
    *sites.GROUPS,
    *layer.GROUPS,
    *image.GROUPS,
    *start.GROUPS,
    *page.GROUPS,
    *cached.GROUPS,
    *node.GROUPS,
    *edge.GROUPS,
    *vetting.GROUPS,
    *validate.GROUPS,
)
OUTPUT = ROOT / "build" / "bench.json"
ROW = "{:22} {:>11} {:>11} {:>7} {:>15}  {}"


def _chosen(only: str | None) -> list[Group]:
    return [group for group in GROUPS if only is None or only in group.names]


def _row(figure: Figure) -> str:
    described = figure.as_json()
    peer = f"{statistics.median(figure.peer):.3g} {figure.unit}" if figure.peer else ""
    return ROW.format(
        figure.name,
        f"{statistics.median(figure.ours):.3g} {figure.unit}",
        peer,
        f"{described['ratio']['median']:.2f}",
        described["target"],
        "met" if figure.met else "MISSED",
    )


def _table(figures: list[Figure]) -> str:
    head = ROW.format("FIGURE", "OURS", "PEER", "RATIO", "TARGET", "").rstrip()
    foot = "Medians. Ratio: ours to the peer's of the same round; without a peer, target to ours."
    return "\n".join((head, *(_row(figure) for figure in figures), "", foot))


def _measure(groups: list[Group], cluster: str, rounds: int) -> tuple[list[Figure], list[str]]:
    """Every group in turn; one that fails does not keep the others from being measured."""
    figures: list[Figure] = []
    failed: list[str] = []
    arena = Arena(cluster)
    try:
        for group in groups:
            began = time.monotonic()
            print(f"{', '.join(group.names)} …", flush=True)
            try:
                figures += group.measure(arena, rounds)
            except (AssertionError, WpaasError) as e:
                failed.append(f"{', '.join(group.names)}: {e}")
            print(f"    {time.monotonic() - began:.0f} s", flush=True)
    finally:
        arena.close()
    return figures, failed


def main() -> int:
    """Exit code 1 when a figure could not be measured; a missed target is shown, not an error."""
    names = [name for group in GROUPS for name in group.names]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME", choices=names, help=", ".join(names))
    parser.add_argument("--cluster", default="bench")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    figures, failed = _measure(_chosen(arguments.only), arguments.cluster, arguments.rounds)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    print(f"\n{_table(figures)}\n{OUTPUT.relative_to(ROOT)}")
    for line in failed:
        print(f"not measured: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
