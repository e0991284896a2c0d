"""The Git source against real git, on the disk: reading, damage, rewritten history."""

import os
from pathlib import Path

import pytest
from git_fleet import Fleet

from reconciler.errors import StageFailed, UsageError
from reconciler.shell.git import Source


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@pytest.fixture
def source(fleet: Fleet, tmp_path: Path) -> Source:
    return Source(str(fleet.bare), "main", tmp_path / "state" / "clone.git")


def test_a_commit_is_seen_fetched_and_read(fleet: Fleet, source: Source) -> None:
    fleet.write("docs/notes.md", "not ours")
    sha = fleet.commit("Write notes")
    assert source.head() == sha
    commit = source.fetch(sha)
    assert (commit.sha, commit.subject, commit.author) == (sha, "Write notes", "A")
    assert commit.parents == (fleet.first,)
    blobs = source.blobs(sha)
    assert list(blobs) == ["platform.yaml", "sites/chess-club.json"]
    assert blobs["sites/chess-club.json"].data == b'{"name": "chess-club"}'
    assert blobs["sites/chess-club.json"].mode == "100644"


def test_the_clone_has_no_work_tree_and_no_hooks(fleet: Fleet, source: Source) -> None:
    source.fetch(source.head())
    assert not (source.folder / "hooks").exists()
    assert not (source.folder / "index").exists()
    assert not (source.folder / "FETCH_HEAD").exists()


def test_entries_come_by_mode_and_nothing_is_followed(fleet: Fleet, source: Source) -> None:
    (fleet.work / "sites/link.json").symlink_to("/etc/passwd")
    fleet.write("image/run", "#!/bin/sh\n").chmod(0o755)
    fleet.git("update-index", "--add", "--cacheinfo", f"160000,{fleet.first},sites/module")
    fleet.git("add", "sites/link.json", "image/run")
    fleet.git("commit", "-q", "-m", "Hostile")
    fleet.git("push", "-q", "origin", "HEAD:refs/heads/main")
    sha = source.head()
    source.fetch(sha)
    blobs = source.blobs(sha)
    assert (blobs["sites/link.json"].mode, blobs["sites/link.json"].data) == (
        "120000",
        b"/etc/passwd",
    )
    assert (blobs["sites/module"].mode, blobs["sites/module"].data) == ("160000", b"")
    assert blobs["image/run"].mode == "100755"


def test_an_oversized_file_is_named_and_not_read(fleet: Fleet, source: Source) -> None:
    fleet.write("sites/big.json", b"x" * 10_000_000)
    sha = fleet.commit("Ten megabytes")
    source.fetch(sha)
    blob = source.blobs(sha)["sites/big.json"]
    assert (blob.oversized, blob.data) == (True, b"")


def test_odd_names_come_through(fleet: Fleet, source: Source) -> None:
    os.makedirs(os.fsencode(fleet.work) + b"/sites/\xff.json.d")
    with open(os.fsencode(fleet.work) + b"/sites/\xff.json.d/a\nb", "wb") as file:
        file.write(b"odd")
    sha = fleet.commit("Odd names")
    source.fetch(sha)
    assert source.blobs(sha)["sites/\udcff.json.d/a\nb"].data == b"odd"


def test_an_unchanged_commit_is_read_without_git(fleet: Fleet, source: Source) -> None:
    sha = source.head()
    source.fetch(sha)
    before = source.blobs(sha)
    fleet.write("sites/tea-house.json", "{}")
    new = fleet.commit("Add the tea house")
    source.fetch(new)
    after = source.blobs(new)
    assert after["sites/chess-club.json"].data is before["sites/chess-club.json"].data


def test_a_rewritten_history_is_told_from_a_longer_one(fleet: Fleet, source: Source) -> None:
    second = fleet.commit("Second")
    source.fetch(second)
    assert source.is_ancestor(fleet.first, second)
    fleet.git("reset", "-q", "--hard", fleet.first)
    other = fleet.commit("Other", "--force")
    assert source.head() == other
    source.fetch(other)
    assert not source.is_ancestor(second, other)
    assert not source.is_ancestor("0" * 40, other)


@pytest.mark.parametrize("name", ["v1", "refs/tags/v1"])
def test_a_signed_tag_gives_its_commit(fleet: Fleet, tmp_path: Path, name: str) -> None:
    fleet.git("tag", "-a", "v1", "-m", "First release")
    fleet.git("push", "-q", "origin", "v1")
    fleet.commit("Later")
    source = Source(str(fleet.bare), name, tmp_path / "clone.git")
    assert source.head() == fleet.first
    assert source.fetch(fleet.first).sha == fleet.first


def test_a_branch_wins_over_a_tag_and_a_tail_does_not_match(fleet: Fleet, tmp_path: Path) -> None:
    fleet.git("tag", "main", fleet.first)
    fleet.git("push", "-q", "origin", "refs/tags/main", "HEAD:refs/heads/deep/refs/heads/other")
    second = fleet.commit("Second")
    assert Source(str(fleet.bare), "main", tmp_path / "clone.git").head() == second
    with pytest.raises(StageFailed, match="no branch or tag 'other'"):
        Source(str(fleet.bare), "other", tmp_path / "clone.git").head()


@pytest.mark.parametrize(
    "branch", ["-x", "a..b", "a b", "x.lock", "a//b", "", "a/", "--upload-pack=x"]
)
def test_a_name_that_git_would_refuse_is_refused(tmp_path: Path, branch: str) -> None:
    with pytest.raises(UsageError):
        Source("/tmp/x", branch, tmp_path)


@pytest.mark.parametrize("damage", ["head", "objects", "lock", "config", "file"])
def test_a_broken_or_locked_clone_is_made_again(fleet: Fleet, source: Source, damage: str) -> None:
    source.fetch(source.head())
    match damage:
        case "head":
            (source.folder / "HEAD").unlink()
        case "objects":
            for path in (source.folder / "objects").rglob("*"):
                if path.is_file():
                    path.chmod(0o644)
                    path.write_bytes(b"rubbish")
        case "lock":
            (source.folder / "refs/wpaas/head.lock").touch()
        case "config":
            (source.folder / "config").write_text("[core\n")
        case "file":
            source.discard()
            source.folder.write_text("no folder at all")
        case _:
            pytest.fail(f"nothing does the damage {damage!r}")
    second = fleet.commit("Second")
    assert source.head() == second
    source.fetch(second)
    assert "sites/chess-club.json" in source.blobs(second)
    assert sorted(path.name for path in source.folder.parent.iterdir()) == ["clone.git"]


def test_a_damaged_object_fails_once_and_heals(fleet: Fleet, source: Source) -> None:
    sha = source.head()
    source.fetch(sha)
    packs = source.folder / "objects"
    for path in packs.rglob("*"):
        if path.is_file() and b"chess" not in path.name.encode():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StageFailed):
        source.blobs(sha)
    source.fetch(sha)
    assert source.blobs(sha)["platform.yaml"].data == b"domain: localhost\n"


def test_a_repository_that_is_away_leaves_the_clone(fleet: Fleet, source: Source) -> None:
    sha = source.head()
    source.fetch(sha)
    fleet.bare.rename(fleet.bare.with_name("away.git"))
    with pytest.raises(StageFailed) as failed:
        source.head()
    assert failed.value.stage == "fetch"
    assert source.blobs(sha)


def test_the_environment_of_the_machine_does_not_reach_git(
    fleet: Fleet, source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    (tmp_path / ".gitconfig").write_text(f'[url "{trap}"]\n insteadOf = {fleet.bare}\n')
    for name, value in {
        "HOME": str(tmp_path),
        "GIT_DIR": str(trap),
        "GIT_OBJECT_DIRECTORY": "/",
    }.items():
        monkeypatch.setenv(name, value)
    assert source.fetch(source.head()).sha == fleet.first


def test_a_huge_link_is_not_read(fleet: Fleet, source: Source) -> None:
    oid = fleet.git("hash-object", "-w", str(fleet.write("big", b"x" * 1_000_000)))
    (fleet.work / "big").unlink()
    fleet.git("update-index", "--add", "--cacheinfo", f"120000,{oid},sites/link.json")
    fleet.git("commit", "-q", "-m", "A link of a megabyte")
    fleet.git("push", "-q", "origin", "HEAD:refs/heads/main")
    sha = source.head()
    source.fetch(sha)
    blob = source.blobs(sha)["sites/link.json"]
    assert (blob.mode, blob.data, blob.oversized) == ("120000", b"", True)
