"""docs/packages.md says what the program does: its commands, places and limits."""

import re
from pathlib import Path

from reconciler.cli import parser
from reconciler.core.places import PLACES

TEXT = (Path(__file__).parents[2] / "docs" / "packages.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_is_one() -> None:
    lines = re.findall(r"^wpaas (.+?)(?:  #.*)?$", TEXT, re.MULTILINE)
    signed = ["--reviewer", "kim", "--reason", "x"]
    assert len(lines) >= 8
    for line in lines:
        words = re.findall(r'"[^"]*"|\S+', line.replace("…", ""))
        needs = (
            [] if "--reviewer" in words or "advisories" in line or line == "outdated" else signed
        )
        assert parser().parse_args([*words, *needs]).run


def test_every_place_is_named() -> None:
    assert all(word in TEXT for word in PLACES)
