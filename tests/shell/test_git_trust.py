"""The Git source over https with a private authority, and over ssh: both ends know each other."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_fleet import Fleet
from git_http import GitOverHttp
from git_ssh import GitOverSsh, key

from reconciler.errors import StageFailed
from reconciler.shell.git import Source
from tests.authority import Authority

TOKEN = "canary-token-5f1d"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority", "Ours")


@pytest.fixture
def https(fleet: Fleet, authority: Authority) -> Iterator[GitOverHttp]:
    with GitOverHttp(fleet.bare.parent, token=TOKEN, tls=authority.tls()) as server:
        yield server


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_text(TOKEN)
    return file


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[GitOverSsh]:
    server = GitOverSsh(tmp_path / "ssh")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def known(tmp_path: Path, ssh: GitOverSsh) -> Path:
    file = tmp_path / "known hosts 100%"
    file.write_text(ssh.known_hosts())
    return file


def test_https_with_an_authority_of_ones_own(
    fleet: Fleet, https: GitOverHttp, authority: Authority, credentials: Path, tmp_path: Path
) -> None:
    source = Source(https.address, "main", tmp_path / "c.git", credentials, authority.certificate)
    assert https.address.startswith("https://")
    assert source.fetch(source.head()).sha == fleet.first
    assert "sites/chess-club.json" in source.blobs(fleet.first)


def test_https_trusts_the_file_that_the_machine_names_for_everything(
    fleet: Fleet, https: GitOverHttp, authority: Authority, credentials: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    assert Source(https.address, "main", tmp_path / "c.git", credentials).head() == fleet.first


@pytest.mark.parametrize("trusted", ["the machine's", "another's"])
def test_https_gives_no_token_to_a_server_that_nobody_vouches_for(
    https: GitOverHttp, credentials: Path, tmp_path: Path, trusted: str
) -> None:
    other = Authority(tmp_path / "other", "Theirs").certificate if trusted == "another's" else None
    with pytest.raises(StageFailed, match="certificate") as failed:
        Source(https.address, "main", tmp_path / "c.git", credentials, other).head()
    assert "`trust`" in failed.value.fix
    assert https.authorizations == []


def test_ssh_with_keys_on_both_sides(
    fleet: Fleet, ssh: GitOverSsh, known: Path, tmp_path: Path
) -> None:
    source = Source(ssh.address(fleet.bare), "main", tmp_path / "c.git", ssh.user_key, known)
    assert source.fetch(source.head()).sha == fleet.first
    second = fleet.commit("Go on")
    assert source.fetch(source.head()).sha == second


def test_ssh_refuses_a_server_whose_key_is_not_known(
    fleet: Fleet, ssh: GitOverSsh, known: Path, tmp_path: Path
) -> None:
    known.write_text("")
    with pytest.raises(StageFailed, match="Host key verification failed") as failed:
        Source(ssh.address(fleet.bare), "main", tmp_path / "c.git", ssh.user_key, known).head()
    assert "ssh-keyscan" in failed.value.fix
    assert known.read_text() == ""


def test_ssh_refuses_a_server_that_shows_another_key_than_before(
    fleet: Fleet, ssh: GitOverSsh, known: Path, tmp_path: Path
) -> None:
    known.write_text(f"[127.0.0.1]:{ssh.port} {key(tmp_path / 'other')}\n")
    with pytest.raises(StageFailed) as failed:
        Source(ssh.address(fleet.bare), "main", tmp_path / "c.git", ssh.user_key, known).head()
    assert "another key" in failed.value.fix


def test_ssh_with_a_key_that_the_server_does_not_take(
    fleet: Fleet, ssh: GitOverSsh, known: Path, tmp_path: Path
) -> None:
    key(tmp_path / "stranger")
    with pytest.raises(StageFailed, match="Permission denied") as failed:
        Source(
            ssh.address(fleet.bare), "main", tmp_path / "c.git", tmp_path / "stranger", known
        ).head()
    assert "credentials file" in failed.value.fix


def test_ssh_gets_the_names_of_files_and_never_a_key(
    fleet: Fleet, ssh: GitOverSsh, known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ssh of our own stands before the real one and writes down how it was called."""
    spy, log = tmp_path / "bin" / "ssh", tmp_path / "calls"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\n{{ echo "$@"; env; }} >> {log}\nexec /usr/bin/ssh "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    Source(ssh.address(fleet.bare), "main", tmp_path / "c.git", ssh.user_key, known).head()
    called, secret = log.read_text(), ssh.user_key.read_text().splitlines()[1]
    assert "-F none" in called  # no file of this user decides how ssh is spoken
    assert "StrictHostKeyChecking=yes" in called
    assert secret not in called


@pytest.mark.parametrize(
    ("mode", "said"), [(0o666, "can be changed by others"), (None, "No such file")]
)
def test_trust_that_others_could_change_or_that_is_not_there_is_refused(
    tmp_path: Path, mode: int | None, said: str
) -> None:
    trust = tmp_path / "trust"
    if mode is not None:
        trust.touch()
        trust.chmod(mode)
    with pytest.raises(StageFailed, match=said):
        Source("https://127.0.0.1:9/f", "main", tmp_path / "c.git", None, trust).head()
