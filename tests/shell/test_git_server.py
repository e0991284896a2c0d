"""The Git source against servers: `git daemon`, and smart HTTP with a log-in."""

import os
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import until
from git_fleet import CLEAN, Fleet
from git_http import GitOverHttp

from reconciler.errors import StageFailed, UsageError
from reconciler.shell.git import Source

TOKEN = "canary-token-5f1d"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


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
    with pytest.raises(StageFailed, match="can be read by others"):
        Source(http.address, "main", tmp_path / "clone.git", credentials).head()


def test_credentials_that_are_away_for_a_moment_are_a_failed_stage_and_no_end(
    fleet: Fleet, http: GitOverHttp, tmp_path: Path
) -> None:
    credentials = tmp_path / "token"
    source = Source(http.address, "main", tmp_path / "clone.git", credentials)
    with pytest.raises(StageFailed, match="cannot be read"):
        source.head()
    private(credentials, TOKEN)
    assert source.head() == fleet.first


def test_a_server_that_never_answers_is_given_up_with_its_transport(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(StageFailed, match="took over 1 s"):
            Source(f"http://127.0.0.1:{port}/fleet.git", "main", tmp_path / "clone.git").head(1.0)
        assert time.monotonic() - started < 5
    asking = ["pgrep", "-f", f"127.0.0.1:{port}"]
    until(
        "git's transport has ended",
        lambda: subprocess.run(asking, capture_output=True).returncode == 1,
        2,
    )


def test_the_token_is_in_no_argument_and_no_environment(
    http: GitOverHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git of our own stands before the real one and writes down how it was called."""
    real = subprocess.run(
        ["which", "git"], capture_output=True, text=True, check=True
    ).stdout.strip()
    spy, log = tmp_path / "bin" / "git", tmp_path / "calls"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >> {log}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    source = Source(
        http.address, "main", tmp_path / "clone.git", private(tmp_path / "token", TOKEN)
    )
    source.blobs(source.fetch(source.head()).sha)
    called = log.read_text()
    assert "ls-remote" in called
    assert "fetch" in called
    assert TOKEN not in called
