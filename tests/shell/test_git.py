"""The Git source against real git: a path, file://, `git daemon`, and smart HTTP with a log-in."""

import os
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_http import GitOverHttp

from reconciler.errors import StageFailed, UsageError
from reconciler.shell.git import Source

TOKEN = "canary-token-5f1d"
CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Fleet:
    """A bare repository and a work tree beside it, to commit with."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "fleet.git", folder / "work"
        self.git("init", "-q", "--bare", "-b", "main", str(self.bare), at=folder)
        self.git("clone", "-q", str(self.bare), str(self.work), at=folder)
        self.git("checkout", "-q", "-b", "main")
        self.write("sites/chess-club.json", '{"name": "chess-club"}')
        self.write("platform.yaml", "domain: localhost\n")
        self.first = self.commit("Start the fleet")

    def git(self, *args: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=at or self.work,
            env=CLEAN,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def commit(self, message: str, *push: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", *push, "origin", "HEAD:refs/heads/main")
        return self.git("rev-parse", "HEAD")


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def daemon(fleet: Fleet) -> Iterator[str]:
    port = free_port()
    argv = ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen(
        [*argv, f"--base-path={fleet.bare.parent}", str(fleet.bare.parent)], env=CLEAN
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"git://127.0.0.1:{port}/fleet.git"
    process.terminate()
    process.wait(10)


def test_a_git_daemon_serves(fleet: Fleet, daemon: str, tmp_path: Path) -> None:
    source = Source(daemon, "main", tmp_path / "clone.git")
    assert source.fetch(source.head()).sha == fleet.first


def test_a_file_address_serves(fleet: Fleet, tmp_path: Path) -> None:
    source = Source(f"file://{fleet.bare}", "main", tmp_path / "clone.git")
    assert source.fetch(source.head()).sha == fleet.first


@pytest.fixture
def http(fleet: Fleet) -> Iterator[GitOverHttp]:
    with GitOverHttp(fleet.bare.parent, token=TOKEN) as server:
        yield server


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return path


@pytest.mark.parametrize("content", [TOKEN, f"{TOKEN}\n", f"username=robot\npassword={TOKEN}\n"])
def test_a_token_in_a_file_opens_the_server(
    fleet: Fleet, http: GitOverHttp, tmp_path: Path, content: str
) -> None:
    credentials = private(tmp_path / "token", content)
    source = Source(http.address, "main", tmp_path / "clone.git", credentials)
    assert source.fetch(source.head()).sha == fleet.first
    kept = b"".join(p.read_bytes() for p in (tmp_path / "clone.git").rglob("*") if p.is_file())
    assert TOKEN.encode() not in kept


def test_a_new_token_is_taken_without_a_restart(http: GitOverHttp, tmp_path: Path) -> None:
    credentials = private(tmp_path / "token", "old and wrong")
    source = Source(http.address, "main", tmp_path / "clone.git", credentials)
    with pytest.raises(StageFailed) as failed:
        source.head()
    assert "credentials file" in failed.value.fix
    assert "old and wrong" not in str(failed.value)
    private(credentials, TOKEN)
    assert source.head()


def test_without_credentials_nobody_is_asked(http: GitOverHttp, tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match="could not read Username"):
        Source(http.address, "main", tmp_path / "clone.git").head()


def test_a_redirect_to_another_server_is_not_given_the_token(
    http: GitOverHttp, fleet: Fleet, tmp_path: Path
) -> None:
    credentials = private(tmp_path / "token", TOKEN)
    with (
        GitOverHttp(fleet.bare.parent, token=TOKEN, redirect_to=http.address) as elsewhere,
        pytest.raises(StageFailed),
    ):
        Source(elsewhere.address, "main", tmp_path / "clone.git", credentials).head()
    assert http.authorizations == []


@pytest.mark.parametrize(
    "url", ["https://bob:secret-x@example.org/f.git", "https://secret-x@example.org/f"]
)
def test_a_password_in_an_address_is_refused_and_not_printed(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError) as refused:
        Source(url, "main", tmp_path)
    assert "secret-x" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "-oProxyCommand=x", "ext::sh -c x"])
def test_an_address_that_would_run_something_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError):
        Source(url, "main", tmp_path)


def test_credentials_that_others_can_read_are_refused(http: GitOverHttp, tmp_path: Path) -> None:
    credentials = private(tmp_path / "token", TOKEN)
    credentials.chmod(0o644)
    with pytest.raises(UsageError, match="can be read by others"):
        Source(http.address, "main", tmp_path / "clone.git", credentials).head()


def test_a_server_that_never_answers_is_given_up_with_its_transport(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.shell.git.LOOK_TIMEOUT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(StageFailed, match="took over 1 s"):
            Source(f"http://127.0.0.1:{port}/fleet.git", "main", tmp_path / "clone.git").head()
        assert time.monotonic() - started < 5
    time.sleep(0.2)
    left = subprocess.run(["pgrep", "-f", f"127.0.0.1:{port}"], capture_output=True, check=False)
    assert left.stdout == b""
