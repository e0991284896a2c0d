"""Pages that are made from the program are what it makes now."""

import os
import subprocess
from pathlib import Path

from reconciler.cli.rules import document, rules

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"


def test_the_page_of_rules_is_made_from_them() -> None:
    made = document(rules())
    assert (DOCS / "vetting.md").read_text(encoding="utf-8") == made, (
        "write it again: .venv/bin/python -m reconciler.cli.rules > docs/vetting.md"
    )


def test_every_rule_has_its_own_section() -> None:
    headings = [line for line in document(rules()).splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings)) == len({rule.code for rule in rules()})


def test_the_guide_shows_what_the_program_prints(tmp_path: Path) -> None:
    packages = "tests/core/vetting/event-list"
    done = subprocess.run(
        [
            *(str(ROOT / ".venv/bin/wpaas"), "plugin", "vet", f"{packages}/3.10"),
            *("--slug", "event-list", "--against", f"{packages}/3.9", "--cache", str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "WPAAS_CONTEXT": str(tmp_path / "none")},
    )
    assert (done.returncode, done.stderr) == (1, "")
    screen = done.stdout.split("\n\n")[0]
    assert f"```\n{screen}\n```" in (DOCS / "reviewing-plugins.md").read_text(encoding="utf-8")
