"""Two commits are read from a real repository: by mode, without a work tree, whatever stands in it."""

import subprocess
from pathlib import Path

import pytest
from proposals import Repository, reviewed

from reconciler.errors import UsageError
from reconciler.shell.history import History

SITE = '{"name": "italia", "title": "Italia", "owners": ["amira"]}\n'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.branch("proposal")
    return made


def test_a_file_that_moved_was_removed_and_added(repository: Repository) -> None:
    repository.git("mv", "sites/tea-house.json", "sites/tea-room.json")
    head = repository.commit("Move")
    history = History(repository.work)
    found = history.compare(history.commit("main"), head)
    assert [(c.path, c.how) for c in found.changes] == [
        ("sites/tea-house.json", "removes"), ("sites/tea-room.json", "adds"),
    ]  # fmt: skip
    assert found.changes[0].before is not None
    assert b"Tea house" in found.changes[0].before.data


def test_what_the_base_did_since_is_no_change_of_the_head(repository: Repository) -> None:
    repository.change("sites/italia.json", "", SITE)
    repository.commit("Add")
    repository.git("checkout", "-q", "main")
    repository.change("sites/chess-club.json", "removed", "")
    repository.change("sites/italia.json", "", SITE)  # the very same, by now
    repository.commit("Go on")
    history = History(repository.work)
    found = history.compare(history.commit("main"), history.commit("proposal"))
    assert (found.changes, found.moved_on) == ((), ())
    assert "sites/chess-club.json" not in found.files


def test_a_link_is_read_as_what_it_is_and_nothing_is_followed(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.change("sites/italia.json", "link", "/etc/passwd")
    repository.commit("Link")
    said, code = reviewed(repository, capsys, "--author=amira")
    assert code == 1
    assert "sites/italia.json:1:1: error: file-kind" in said
    assert "root:" not in said


def test_nothing_of_the_head_is_run_or_checked_out(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    hook = repository.work / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    repository.change(".gitattributes", "", "*.json filter=evil diff=evil\n")
    repository.change("sites/italia.json", "", SITE)
    repository.git("config", "filter.evil.smudge", f"touch {mark}")
    repository.git("config", "diff.evil.textconv", f"touch {mark}")
    repository.commit("Evil")
    repository.git("-c", "core.hooksPath=/dev/null", "checkout", "-q", "main")
    mark.unlink(missing_ok=True)
    before = sorted(p for p in repository.work.rglob("*") if ".git/" not in str(p))
    said, _ = reviewed(repository, capsys, "--author=amira")
    assert "adds the site italia" in said
    assert not mark.exists()
    assert sorted(p for p in repository.work.rglob("*") if ".git/" not in str(p)) == before


def test_a_hundred_and_one_files_are_refused(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(101):
        repository.change(f"image/notes/{number}", "", "x")
    head = repository.commit("Many")
    history = History(repository.work)
    found = history.compare(history.commit("main"), head)
    assert {change.after.data for change in found.changes if change.after} == {b""}  # not read
    said, code = reviewed(repository, capsys)
    assert code == 3
    assert "101 files are changed" in said
    assert said.splitlines()[-1].startswith("NEXT     the author: split it")


def test_what_names_no_commit_is_said(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for revision in ("nowhere", "--all", "", "0" * 40):
        with pytest.raises(UsageError, match="no such commit"):
            History(repository.work).commit(revision)
    with pytest.raises(UsageError, match="no Git repository"):
        History(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        History(tmp_path / "nowhere")
    repository.git("checkout", "-q", "--orphan", "apart")
    repository.commit("Apart")
    history = History(repository.work)
    with pytest.raises(UsageError, match="no common ancestor"):
        history.compare(history.commit("main"), history.commit("apart"))


def test_a_bare_repository_will_do(repository: Repository, tmp_path: Path) -> None:
    repository.change("sites/italia.json", "", SITE)
    head = repository.commit("Add")
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", repository.work, bare], check=True)
    history = History(bare)
    assert [c.path for c in history.compare(history.commit("main"), head).changes] == [
        "sites/italia.json"
    ]
