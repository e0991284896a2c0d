"""A commit is compiled once a day: what it allows may have ended overnight."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from reconciler.core.local_cluster import Layout, context
from reconciler.shell.context import read
from reconciler.sync.fleet import Fleet, open_fleet
from reconciler.sync.loop import Memory, fetch

ENTRY = """\
packages:
  - slug: site-notice
    kind: plugin
    version: "1.0"
    source: {archive: wordpress.org}
    sha256: "cafbb7d29a285c4b39876d418e14795383bc9dd2690b77cbafb5359d110a155d"
    tree_sha256: "cafbb7d29a285c4b39876d418e14795383bc9dd2690b77cbafb5359d110a155d"
    license: MIT
    state: deprecated
    until: "2026-08-31"
    reviewed_by: [kim]
    reviewed_at: "2026-08-14"
    reason: "its author has stopped"
"""


def fleet_at(folder: Path, clock: list[datetime]) -> Fleet:
    """The adapters of a cluster without services, on a folder of files."""
    files = folder / "fleet"
    (files / "sites").mkdir(parents=True)
    site = {"name": "chess-club", "title": "C", "owners": ["amira"], "plugins": ["site-notice"]}
    (files / "sites" / "chess-club.json").write_text(json.dumps(site))
    (files / "platform.yaml").write_text("domain: localhost\n")
    (files / "plugins-allowlist.yaml").write_text(ENTRY)
    layout = Layout(name="demo", subnet="172.31.1.0/24", port=8080)
    document = context(layout, state=str(folder), builder="", images={})
    (folder / "context.json").write_text(json.dumps(document))
    (folder / "master.key").touch(mode=0o600)
    (folder / "master.key").write_text("k" * 64)
    made = open_fleet(read(folder / "context.json"), now=lambda: clock[-1], worktree=files)
    empty = SimpleNamespace(services={})
    made.swarm = cast(Any, SimpleNamespace(observe=lambda: empty))
    return made


def test_the_same_commit_is_compiled_again_on_another_day(tmp_path: Path) -> None:
    clock = [datetime(2026, 8, 31, 9, tzinfo=UTC)]
    fleet, memory = fleet_at(tmp_path, clock), Memory()
    revision, first = fetch(fleet, memory)
    assert [problem.code for problem in first.problems if problem.severity == "error"] == []
    clock.append(datetime(2026, 8, 31, 23, 59, tzinfo=UTC))
    assert fetch(fleet, memory)[1] is first
    clock.append(datetime(2026, 9, 1, 0, 0, tzinfo=UTC))
    again, second = fetch(fleet, memory)
    assert again == revision
    assert second.held == {"chess-club"}
    assert [p.code for p in second.problems if p.severity == "error"] == ["plugin-blocked"]
    assert (str(first.today), str(second.today)) == ("2026-08-31", "2026-09-01")
