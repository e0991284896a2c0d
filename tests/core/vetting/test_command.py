"""`wpaas plugin vet`, `theme vet` and `plugin verify` on a fleet in a folder."""

import json
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.core.layers import tree_digest
from reconciler.shell.vetting_source import read_package

PACKAGE = Path(__file__).parent / "event-list"
ENTRY = """\
packages:
  - slug: event-list
    kind: plugin
    version: "3.9"
    source: {{path: image/plugins/event-list}}
    tree_sha256: "{tree}"
    license: GPL-2.0-or-later
    state: approved
    reviewed_by: [kim, ravi]
    reviewed_at: "2026-08-14"
    reason: A list of events.
"""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fleet with event-list 3.9 and a site that has it; its cache is beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WPAAS_CONTEXT", raising=False)
    folder = tmp_path / "fleet"
    files = read_package(PACKAGE / "3.9").files
    for path, file in files.items():
        place = folder / "image/plugins/event-list" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.data)
    (folder / "plugins-allowlist.yaml").write_text(ENTRY.format(tree=tree_digest(files)))
    (folder / "platform.yaml").write_text("domain: example.org\nlocales: [en_US]\n")
    (folder / "sites").mkdir()
    site = {"name": "tea-house", "title": "Tea", "owners": ["kim"], "plugins": ["event-list"]}
    (folder / "sites/tea-house.json").write_text(json.dumps(site))
    monkeypatch.chdir(folder)
    return folder


def test_an_entry_is_vetted_from_its_source(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugin", "vet", "event-list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "plugin event-list 3.9"
    assert "USED BY  1 site: tea-house" in lines
    assert fleet.is_dir()


@pytest.mark.usefixtures("fleet")
def test_a_folder_is_compared_with_the_version_that_is_allowed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = str(PACKAGE / "3.10")
    given = ["plugin", "vet", new, "--slug", "event-list", "--against", "3.9"]
    assert main([*given, "--format", "json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["slug"], value["version"], value["verdict"]) == ("event-list", "3.10", "block")
    assert value["change"]["gained"]["host"] == ["t.bright.example"]
    for name, begin in (("markdown", "### plugin"), ("html", "<!doctype html>"), ("sarif", "{")):
        assert main([*given, "--format", name]) == 1
        assert capsys.readouterr().out.startswith(begin)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("what", ["event-lits", "3.9"])
def test_what_is_not_there_is_a_usage_error(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "vet", what]) == 2
    assert "there is no plugin here called so" in capsys.readouterr().err
    assert main(["plugin", "vet", "event-list", "--against", "1.0"]) == 2


def test_a_bad_archive_blocks(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "bad.zip").write_bytes(b"PK\x05\x06 cut")
    assert main(["plugin", "vet", "bad.zip", "--format", "json"]) == 1
    assert [f["code"] for f in json.loads(capsys.readouterr().out)["findings"]] == [
        "archive-unreadable"
    ]


def test_grants_and_exceptions_of_the_entry_count(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / "image/plugins/event-list/.env").write_text("A=1")
    more = "<?php\nwp_schedule_event(1, 'daily', 'event_list_purge');\n"
    (fleet / "image/plugins/event-list/inc/more.php").write_text(more)
    assert main(["plugin", "vet", "event-list", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    marks = {finding["code"]: finding["mark"] for finding in found}
    assert {"cron-not-granted", "hidden-file"} <= marks.keys()
    entry = fleet / "plugins-allowlist.yaml"
    exception = (
        "    cron: [event_list_purge]\n    exceptions:\n"
        f'      - {{code: hidden-file, mark: "{marks["hidden-file"]}", because: tried it, until: "2099-01-01"}}\n'
    )
    entry.write_text(entry.read_text() + exception)
    main(["plugin", "vet", "event-list", "--format", "json"])
    value = json.loads(capsys.readouterr().out)
    assert not {"cron-not-granted", "hidden-file"} & {f["code"] for f in value["findings"]}
    assert [(a["code"], a["because"]) for a in value["accepted"]] == [("hidden-file", "tried it")]


def test_a_theme_with_a_hidden_eval_is_blocked(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theme = fleet / "plain"
    (theme / "inc").mkdir(parents=True)
    (theme / "style.css").write_text(
        "/*\nTheme Name: Plain\nVersion: 1.0\nLicense: GPL-2.0-or-later\n*/\n"
    )
    (theme / "index.php").write_text("<?php get_header();\n")
    assert main(["theme", "vet", "plain"]) == 0
    capsys.readouterr()
    (theme / "inc/icons.php").write_text(
        "<?php $f = 'ev' . 'al'; eval(base64_decode('cGhwaW5mbygpOw=='));\n"
    )
    assert main(["theme", "vet", "plain"]) == 1
    assert "inc/icons.php:1" in capsys.readouterr().out


def test_reviews_are_written_and_verified(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "verify"]) == 1
    assert "reviews/event-list/3.9.json:1:1: error: review-missing" in capsys.readouterr().out
    assert main(["plugin", "vet", "event-list", "--write"]) == 0
    assert main(["plugin", "verify"]) == 0
    assert capsys.readouterr().out.endswith("1 packages, no problems\n")
    review = fleet / "reviews/event-list/3.9.json"
    review.write_text(review.read_text().replace("event_list_purge", "event_list_other"))
    assert main(["plugin", "verify"]) == 1
    assert "review-differs" in capsys.readouterr().out


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["plugin", "vet", "--help"])
    assert "wpaas plugin vet ./event-list --against 3.9" in capsys.readouterr().out
