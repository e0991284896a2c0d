"""`wpaas site new`: it asks on a terminal, checks each answer, and writes a valid file or nothing."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet_files import BASE

from reconciler.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: ours to type on, and the program's."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def begun(folder: Path, program_end: int, *flags: str) -> subprocess.Popen[bytes]:
    # The tests may be a job in the background, which does not listen to Ctrl-C.
    argv = ["env", "--default-signal", sys.executable, "-m", "reconciler", "site", "new"]
    return subprocess.Popen(
        [*argv, "night-owls", "--folder", str(folder), *flags],
        cwd=ROOT,
        stdin=program_end,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def typed(folder: Path, terminal: tuple[int, int], keys: bytes, *flags: str) -> tuple[int, str]:
    """Exit code, and what was said beside the questions."""
    os.write(terminal[0], keys)
    process = begun(folder, terminal[1], *flags)
    _, said = process.communicate(timeout=60)
    return process.returncode, said.decode()


def site(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "sites/night-owls.json").read_text())
    return found


def test_what_is_open_is_asked_and_a_wrong_answer_is_asked_again(
    folder: Path, terminal: tuple[int, int]
) -> None:
    keys = b"\n\namira@example.org\namira, jo-k\nsite-notise\nsite-notice\n"
    code, said = typed(folder, terminal, keys)
    assert code == 0, said
    assert said.count("Title [Night owls]: ") == 1
    assert said.count("Owners ") == 3
    assert said.count("Plugins, of ") == 2
    assert "a mail address" in said
    assert 'write "site-notice"' in said
    assert site(folder) == {
        "name": "night-owls",
        "title": "Night owls",
        "owners": ["amira", "jo-k"],
        "admins": ["amira"],
        "plugins": [{"slug": "site-notice"}],
    }
    assert main(["validate", str(folder)]) == 0


def test_what_flags_say_is_not_asked(folder: Path, terminal: tuple[int, int]) -> None:
    code, said = typed(folder, terminal, b"none-needed\n", "--title", "Owls!", "--owner", "ravi",
                       "--plugin", "site-notice")  # fmt: skip
    assert (code, "?" in said, "[" in said) == (0, False, False), said
    assert site(folder)["title"] == "Owls!"


def test_the_end_of_the_answers_writes_nothing(folder: Path, terminal: tuple[int, int]) -> None:
    code, said = typed(folder, terminal, b"Owls\n\x04")
    assert code == 2
    assert "the answers ended, and nothing is written" in said
    assert "Traceback" not in said
    assert not (folder / "sites/night-owls.json").exists()


def test_ctrl_c_at_a_question_writes_nothing(folder: Path, terminal: tuple[int, int]) -> None:
    with begun(folder, terminal[1]) as process:
        try:
            assert process.stderr is not None
            asked = b""
            while not asked.endswith(b": "):
                asked += os.read(process.stderr.fileno(), 1) or pytest.fail(asked.decode())
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert said == b"\nwpaas: interrupted; run it again to go on\n"
    assert not (folder / "sites/night-owls.json").exists()


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["night-owls"], 2, "whose site is it?\n  fix: --owner LOGIN"),
        (["chess-club", "--owner", "ravi"], 2, "this site exists"),
        (["edge", "--owner", "ravi"], 1, "name-reserved at /name"),
        (["Night_Owls", "--owner", "ravi"], 1, 'rename it to "sites/night-owls.json"'),
        (["../../night-owls", "--owner", "ravi"], 1, "file-name"),
        (["night-owls", "--owner", "ravi", "--title", ""], 1, "out-of-range at /title"),
        (["night-owls", "--owner", "a@example.org"], 1, "personal-data-in-git at /owners/0"),
        (["night-owls", "--owner", "ravi", "--plugin", "nope"], 1, "plugin-not-vetted"),
    ],
)
def test_nothing_is_written_that_is_not_valid(
    folder: Path, capsys: pytest.CaptureFixture[str], flags: list[str], code: int, said: str
) -> None:
    before = sorted(folder.parent.rglob("*"))
    assert main(["site", "new", *flags, "--folder", str(folder)]) == code
    assert said in capsys.readouterr().err
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("where", "said"),
    [("nowhere", "no such folder"), ("platform.yaml", "this is a file"), ("sites", "no fleet is")],
)
def test_a_folder_that_holds_no_fleet_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], where: str, said: str
) -> None:
    argv = ["site", "new", "night-owls", "--owner", "ravi", "--folder", str(folder / where)]
    assert main(argv) == 2
    assert said in capsys.readouterr().err


def test_a_title_without_a_terminal_comes_from_the_name(folder: Path) -> None:
    assert main(["site", "new", "night-owls", "--owner", "ravi", "--folder", str(folder)]) == 0
    assert site(folder)["title"] == "Night owls"
