"""The command line in wrong situations: a clear sentence, the right exit code, never a trace."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli import main, parser
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
