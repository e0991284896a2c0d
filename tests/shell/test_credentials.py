"""Credentials that others issue are read from a file that is for one user alone."""

from pathlib import Path

import pytest

from reconciler.errors import StageFailed
from reconciler.shell.credentials import read_credentials

WORDS = ("username", "password")


def private(folder: Path, text: str) -> Path:
    file = folder / "database.json"
    file.touch(mode=0o600)
    file.write_text(text)
    return file


def test_what_is_asked_for_comes_in_that_order_and_is_hidden(tmp_path: Path) -> None:
    file = private(tmp_path, '{"password": "canary-1", "username": "root", "more": 1}')
    user, password = read_credentials(file, "database", WORDS)
    assert (user.value, password.value) == ("root", "canary-1")
    assert "canary-1" not in repr(password)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '"canary-1"', '{"username": "canary-1"}', '{"username": "", "password": "canary-1"}',
     '{"username": 1, "password": "canary-1"}'],
)  # fmt: skip
def test_a_file_that_lacks_a_word_says_what_to_write(tmp_path: Path, text: str) -> None:
    file = private(tmp_path, text)
    with pytest.raises(StageFailed) as failed:
        read_credentials(file, "database", WORDS)
    assert failed.value.stage == "compile"
    assert '"username": "…", "password": "…"' in failed.value.fix
    assert "canary-1" not in str(failed.value)


def test_a_file_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    file = private(tmp_path, '{"username": "root", "password": "canary-1"}')
    file.chmod(0o640)
    with pytest.raises(StageFailed, match="read by others") as failed:
        read_credentials(file, "database", WORDS)
    assert failed.value.fix == f"chmod 600 {file}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match="FileNotFoundError") as failed:
        read_credentials(tmp_path / "none.json", "store", WORDS)
    assert failed.value.where == str(tmp_path / "none.json")
