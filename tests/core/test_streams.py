"""Standard streams that are closed, full or poor in letters, and terminals with colour or without."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from fleet_files import BASE
from shell_line import ROOT, started

WPAAS = (sys.executable, "-m", "reconciler")


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        (f"wpaas validate {BASE} <&-", 0, ""),
        (f"wpaas validate {BASE} >&-", 0, ""),
        (f"wpaas validate {BASE} 2>&-", 0, ""),
        (f"wpaas validate {BASE} <&- >&- 2>&-", 0, ""),
        (f"wpaas validate {BASE} >/dev/full", 1, "writing the output: No space left on device"),
        (f"wpaas validate {BASE} | true; exit ${{PIPESTATUS[0]}}", None, ""),
        (f"wpaas site new night-owls --folder {BASE} <&-", 2, "whose site is it?"),
    ],
)
def test_closed_and_full_streams_leave_no_trace(shell: str, code: int | None, said: str) -> None:
    done = started(shell)
    assert code is None or done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert said in done.stderr


def test_a_stream_that_knows_no_such_letter_gets_its_number(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/chess-club.json").write_text('{"name": "chess-club", "titlë": "x"}')
    done = started(f"wpaas validate {tmp_path}", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "titl\\xeb" in done.stdout


@pytest.mark.parametrize(
    ("environment", "escapes"),
    [
        ({"TERM": "xterm"}, 8),
        ({"TERM": "dumb"}, 0),
        ({"TERM": "xterm", "NO_COLOR": "1"}, 0),
    ],
)
def test_colour_only_where_it_is_wanted(
    tmp_path: Path, environment: dict[str, str], escapes: int
) -> None:
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    argv = [*WPAAS, "validate", str(tmp_path)]
    subprocess.run(argv, stdout=theirs, cwd=ROOT, env={**env, **environment}, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 4096)
    os.close(ours)
    assert b"no-sites" in shown
    assert shown.count(b"\x1b[") == escapes
