"""The allowlist edited by machine: a person's file stays a person's file."""

import difflib
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core.manifest import (
    Allowlist,
    FindingException,
    Package,
    SourceArchive,
    SourcePath,
    SourceRelease,
)
from reconciler.core.reading import to_allowlist
from reconciler.core.yamltext import parse_yaml
from reconciler.errors import UsageError
from reconciler.shell.allowlist_file import AllowlistFile

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / "plugins-allowlist.yaml",
    ROOT / "schemas" / "examples" / "plugins-allowlist.yaml",
    ROOT / "tests" / "cases" / "base" / "plugins-allowlist.yaml",
]
PACKAGE = Package(
    slug="gallery",
    kind="plugin",
    version="3.10",
    source=SourceArchive("wordpress.org"),
    tree_sha256="0" * 64,
    archive_sha256="1e1" + "0" * 61,
    license="GPL-2.0-or-later",
    state="approved",
    reviewed_by=("kim", "ravi"),
    reviewed_at="2026-08-14",
    reason='Say "yes": it is # good, and 10\\9 want it',
)


def opened(folder: Path, text: str) -> AllowlistFile:
    (folder / "plugins-allowlist.yaml").write_text(text, encoding="utf-8")
    return AllowlistFile(folder)


def read(text: str) -> Allowlist:
    parsed = parse_yaml("plugins-allowlist.yaml", text.encode(), 1_000_000)
    assert parsed.problems == ()
    assert parsed.document is not None
    return to_allowlist(parsed.document.value)


def changed(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_file_that_is_not_edited_stays_the_same_bytes(path: Path, tmp_path: Path) -> None:
    text = path.read_text("utf-8")
    assert opened(tmp_path, text).text() == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_an_added_entry_is_all_that_is_new(path: Path, tmp_path: Path) -> None:
    before = path.read_text("utf-8")
    file = opened(tmp_path, before)
    file.add(PACKAGE)
    after = file.text()
    assert read(after).packages == (*read(before).packages, PACKAGE)
    assert all(line[0] == "+" or "packages: []" in line for line in changed(before, after))


@pytest.mark.parametrize(
    "package",
    [
        PACKAGE,
        replace(PACKAGE, version="1e3", tested_up_to="6.8", requires_php="8.1", requires_wp="6.6"),
        replace(PACKAGE, source=SourcePath("image/customizations/x"), archive_sha256=None),
        replace(PACKAGE, source=SourceRelease(
            forge="codeberg.org", owner="a", repo="b", asset="c.zip", tag="1.0")),
        replace(PACKAGE, kind="theme", requires_plugins=("no", "yes"), network=("a.example",)),
        replace(PACKAGE, cron=("purge",), tables=("{prefix}x",), routes=("x/v1",), writes="uploads",
                exceptions=(FindingException(code="a-b", mark="12345678", because="x: y",
                                             until="2027-01-01"),)),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_read(package: Package, tmp_path: Path) -> None:
    file = opened(tmp_path, "packages: []\n")
    file.add(package)
    assert read(file.text()).packages == (package,)


COMMENTED = """\
# Asked for in spring.
packages:

# The first one.
- slug: gallery   # pictures
  kind: plugin
  version: '3.9'  # not 3.8, which loops
  source: {archive: wordpress.org}
  sha256: "aa"
  tree_sha256: "bb"  # of the files
  license: MIT
  state: approved
  requires: {php: "8.1"}
  until: "2026-12-31"
  reviewed_by: [kim]
  reviewed_at: "2026-08-14"
  # Because of the spring meeting.
  reason: "asked for"

# The second one.
- {slug: other, kind: plugin, version: "1.0"}
# The end.
"""


def test_pins_are_written_over_and_comments_stay(tmp_path: Path) -> None:
    file = opened(tmp_path, COMMENTED)
    fields = {"version": "3.10", "sha256": "cc", "requires": {"wp": "6.6"}, "until": None,
              "tested_up_to": "6.8", "reviewed_by": ("ravi",)}  # fmt: skip
    file.pin(PACKAGE, "3.9", fields)
    assert changed(COMMENTED, file.text()) == [
        "-   version: '3.9'  # not 3.8, which loops", '+   version: "3.10" # not 3.8, which loops',
        '-   sha256: "aa"', '+   sha256: "cc"',
        '-   requires: {php: "8.1"}', '+   requires: {php: "8.1", wp: "6.6"}',
        '-   until: "2026-12-31"',
        "-   reviewed_by: [kim]", "+   reviewed_by: [ravi]",
        '+   tested_up_to: "6.8"',
    ]  # fmt: skip


def test_an_entry_that_is_not_there_is_not_pinned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no plugin gallery 3\.8"):
        opened(tmp_path, COMMENTED).pin(PACKAGE, "3.8", {"version": "4"})


@pytest.mark.parametrize("text", ["", "[]", "packages: x", "packages: {", "a: !!python/name:x y"])
def test_what_is_no_allowlist_is_not_edited(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        opened(tmp_path, text)


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        AllowlistFile(tmp_path)


def test_it_is_written_whole(tmp_path: Path) -> None:
    file = opened(tmp_path, "packages: []\n")
    file.add(PACKAGE)
    assert file.write().read_text("utf-8") == file.text()
    assert [path.name for path in tmp_path.iterdir()] == ["plugins-allowlist.yaml"]
