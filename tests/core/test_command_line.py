"""The command line in wrong situations: a clear sentence, the right exit code, never a trace."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fleet_files import BASE

from reconciler.cli import main, parser
from reconciler.core.local_cluster import Layout, context
from reconciler.core.model import ObservedCluster, Service
from reconciler.errors import UsageError
from reconciler.sync.running import running

WPAAS = (sys.executable, "-m", "reconciler")
ROOT = Path(__file__).parents[2]
NEEDS_A_CONTEXT = (
    ["status"],
    ["plan"],
    ["apply"],
    ["run"],
    ["env"],
    ["doctor"],
    ["logs", "chess-club"],
    ["site", "login", "chess-club"],
)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and no context named elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WPAAS_CONTEXT", raising=False)
    return tmp_path


@pytest.fixture
def ended() -> Callable[[list[str]], int]:
    """Run a command, also one that argparse ends."""

    def run(argv: list[str]) -> int:
        try:
            return main(argv)
        except SystemExit as e:
            return int(e.code or 0)

    return run


@pytest.mark.parametrize("argv", NEEDS_A_CONTEXT, ids=" ".join)
def test_without_a_cluster_every_command_says_how_to_get_one(
    empty: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert "no cluster is known here" in said
    assert "fix: run `make demo`" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("[]", "no context file"),
        ("{", "no context file"),
        ('{"name": "x"}', "'repository' is missing"),
    ],
)
def test_a_wrong_context_file_is_named_with_what_is_wrong(
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    said: str,
) -> None:
    file = empty / "context.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("WPAAS_CONTEXT", str(file))
    assert main(["status"]) == 2
    told = capsys.readouterr().err
    assert f"wpaas: {file}: " in told
    assert said in told
    assert "fix:" in told
    assert "Error" not in told


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["statsu"], 'write "status"'),
        (["site", "lgin"], 'write "login"'),
        (["frobnicate"], "`wpaas --help` explains"),
        ([], "`wpaas --help` explains"),
        (["run", "--interval", "-3"], "'-3' is not a number of seconds"),
        (["run", "--interval", "nan"], "'nan' is not a number of seconds"),
        (["logs", "x", "--lines", "many"], "'many' is not a number from 1"),
        (["cluster", "up", "--port", "65535"], "'65535' is not a number from 1 to 65534"),
        (["cluster", "kill", "node9", "--name", "nope"], "one of node1, node2, node3"),
        (["cluster", "up", "--name", "Bad_Name"], "cannot name a cluster"),
    ],
)
def test_a_wrong_word_or_number_is_said_with_what_would_be_right(
    ended: Callable[[list[str]], int],
    argv: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(argv) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "fix: " in told


def test_validating_a_file_says_that_it_is_one(
    empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty / "file").touch()
    assert main(["validate", "file"]) == 2
    assert capsys.readouterr().err.startswith("wpaas: file: this is a file\n  fix: ")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody who may not read")
def test_a_site_file_that_may_not_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", AS_NOBODY, str(tmp_path)]
    tmp_path.chmod(0o755)
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/chess-club.json").touch(mode=0o600)
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "sites/chess-club.json: this cannot be read (Permission denied)\n"


AS_NOBODY = """
import os, sys
from pathlib import Path
from reconciler.errors import StageFailed
from reconciler.shell.worktree import read_worktree
os.chdir(sys.argv[1])
os.setuid(65534)
try:
    read_worktree(Path())
except StageFailed as e:
    print(f"{e.where}: {e.what}")
"""


def service(site: str) -> Service:
    labels = {"wpaas.site": site, "wpaas.hosts": f"{site}.localhost"}
    return Service(id="i", version=1, spec={"Name": f"wpaas_{site}", "Labels": labels})


@pytest.mark.parametrize(
    ("typed", "fix"),
    [
        ("ches-club", 'write "chess-club"'),
        ("garden", "`wpaas status` lists the sites"),
        ("edge", "`wpaas status` lists the sites"),
        ("../x", "`wpaas status` lists the sites"),
    ],
)
def test_logs_and_login_of_an_unknown_site_say_which_one_was_meant(typed: str, fix: str) -> None:
    edge = Service(id="e", version=1, spec={"Name": "wpaas-edge", "Labels": {}})
    services = {s.spec["Name"]: s for s in (service("chess-club"), service("tea-house"), edge)}
    cluster = ObservedCluster(
        services=services, tasks=(), nodes=(), networks={}, configs={}, secrets={}
    )
    assert running(cluster, "tea-house") is services["wpaas_tea-house"]
    with pytest.raises(UsageError, match="runs here") as refused:
        running(cluster, typed)
    assert refused.value.fix == fix


def started(shell: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it, `wpaas` being ours."""
    line = f'wpaas() {{ "{sys.executable}" -m reconciler "$@"; }}; {shell}'
    return subprocess.run(
        ["bash", "-c", line],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


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


def commands() -> list[str]:
    """Each command and action of the command line, as it is typed."""
    return re.findall(r"^    (\w+) ", parser().format_help(), re.MULTILINE)


@pytest.mark.parametrize("command", commands())
def test_help_says_more_than_its_options(
    command: str, ended: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended([command, "--help"]) == 0
    text = capsys.readouterr().out
    body = text.partition("\n\n")[2]
    assert not body.startswith(("options:", "positional")), "what it does comes first"
    assert "example" in text or "exit codes:" in text or command == "site"
    assert max(map(len, text.splitlines())) <= 102


def away(folder: Path) -> dict[str, object]:
    """The context of a cluster of which nothing answers: port 9 of 127.0.0.1 is nobody's."""
    layout = Layout(name="demo", subnet="172.31.1.0/24", port=8080)
    nowhere = {"database": "127.0.0.1:9", "store": "http://127.0.0.1:9", "registry": "127.0.0.1:9"}
    engines = {"engines": [f"unix://{folder}/engine.sock"], "builder": f"unix://{folder}/engine"}
    return {**context(layout, state=str(folder), builder="", images={}), **nowhere, **engines}


@pytest.fixture
def dead(empty: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with such a context, and a master key."""
    (empty / "context.json").write_text(json.dumps(away(empty)))
    (empty / "master.key").touch(mode=0o600)
    (empty / "master.key").write_text("k" * 64)
    monkeypatch.setenv("WPAAS_CONTEXT", str(empty / "context.json"))
    return empty


def test_where_everything_is_can_be_asked_without_a_key(
    dead: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dead / "master.key").unlink()
    assert main(["env", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"repository", "branch", "engines", "http", "registry"} <= found.keys()
    assert main(["status"]) == 2
    assert "the master key cannot be read" in capsys.readouterr().err


# docker-py leaves a socket behind where nobody answers, so these run in processes of their own.


@pytest.mark.usefixtures("dead")
def test_doctor_says_once_what_to_do_about_each_thing() -> None:
    done = started("wpaas doctor")
    lines = done.stdout.splitlines()
    failed = [line for line in lines if line.startswith("FAIL")]
    assert done.returncode == 1
    assert len(failed) == 6
    assert [line for line in lines if line.startswith("ok")] == [
        "ok    master key: there, and closed to others"
    ]
    assert sum("fix:" in line for line in lines) == len(failed)
    assert len(lines) == 2 * len(failed) + 1


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize("command", ["plan", "apply", "logs x", "site login x"])
def test_with_everything_away_a_command_names_the_stage_and_what_to_do(command: str) -> None:
    done = started(f"wpaas {command}")
    assert done.returncode == 1
    assert done.stderr.startswith("wpaas: stage ")
    assert "  fix: " in done.stderr
    assert "Exception" not in done.stderr
