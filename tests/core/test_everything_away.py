"""Commands on a cluster of which nothing answers."""

import json
from pathlib import Path

import pytest
from dead_cluster import away
from shell_line import started

from reconciler.cli import main


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with such a context, and a master key."""
    (tmp_path / "context.json").write_text(json.dumps(away(tmp_path)))
    (tmp_path / "master.key").touch(mode=0o600)
    (tmp_path / "master.key").write_text("k" * 64)
    monkeypatch.setenv("WPAAS_CONTEXT", str(tmp_path / "context.json"))
    return tmp_path


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
