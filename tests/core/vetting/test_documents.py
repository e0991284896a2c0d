"""Pages that are made from the program are what it makes now."""

from pathlib import Path

from guide_picture import PICTURE, first_screen, name_in, named

from reconciler.cli.rules import document, rules

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
MOST_PICTURE_BYTES = 100_000


def test_the_page_of_rules_is_made_from_them() -> None:
    made = document(rules())
    assert (DOCS / "vetting.md").read_text(encoding="utf-8") == made, (
        "write it again: .venv/bin/python -m reconciler.cli.rules > docs/vetting.md"
    )


def test_every_rule_has_its_own_section() -> None:
    headings = [line for line in document(rules()).splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings)) == len({rule.code for rule in rules()})


def test_the_guide_shows_what_the_program_prints(tmp_path: Path) -> None:
    screen = first_screen(tmp_path)
    assert f"```\n{screen}\n```" in (DOCS / "reviewing-plugins.md").read_text(encoding="utf-8")


def test_the_guides_picture_is_of_this_report_and_small(tmp_path: Path) -> None:
    png = PICTURE.read_bytes()
    assert name_in(png) == named(first_screen(tmp_path)), (
        "make it again: .venv/bin/python tests/core/vetting/guide_picture.py"
    )
    assert len(png) < MOST_PICTURE_BYTES
    assert PICTURE.name in (DOCS / "reviewing-plugins.md").read_text(encoding="utf-8")
