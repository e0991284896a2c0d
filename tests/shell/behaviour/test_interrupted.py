"""A run that is interrupted leaves nothing on the engine."""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from containers import docker, until

from reconciler.shell.behaviour_stand import LABEL, UNTIL, Stand

ROOT = Path(__file__).parents[3]
AWAY_S = 30.0


def containers(pid: int) -> list[str]:
    return docker(
        "ps", "--all", f"--filter=name=wpaas-vetting-{pid}-", "--format={{.Names}}"
    ).split()


def volumes(pid: int) -> set[str]:
    shown = "{{range .Mounts}}{{.Name}} {{end}}"
    running = containers(pid)
    return set(docker("inspect", f"--format={shown}", *running).split()) if running else set()


def left(stand: str) -> list[str]:
    """Everything on the engine that has this name, or begins with it."""
    return [
        *docker("ps", "--all", f"--filter=name={stand}", "--format={{.Names}}").split(),
        *docker("network", "ls", f"--filter=name={stand}", "--format={{.Name}}").split(),
        *docker("image", "ls", f"--filter=reference={stand}*", "--format={{.Tag}}").split(),
    ]


@pytest.mark.parametrize(
    ("part", "number"),
    [("database", signal.SIGTERM), ("later", signal.SIGINT)],
)
def test_a_signal_removes_what_a_run_made(
    base: str, stand: object, tmp_path: Path, part: str, number: signal.Signals
) -> None:
    del stand  # its images are there
    command = [
        *("env", "--default-signal"),  # the tests may be a job in the background
        str(Path(sys.executable).with_name("wpaas")),
        "plugin",
        "vet",
        "image/plugins/site-notice",
        "--run",
    ]
    run = subprocess.Popen(
        [*command, "--image", base, "--cache", str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "WPAAS_CONTEXT": str(tmp_path / "none")},
    )  # fmt: skip
    until(f"the {part} runs", lambda: any(n.endswith(f"-{part}") for n in containers(run.pid)), 90)
    held = volumes(run.pid)
    began = time.monotonic()
    run.send_signal(number)
    run.send_signal(number)  # whoever is impatient sends it again
    out, said = run.communicate(timeout=90)
    assert (run.returncode, out) == (130, ""), said
    assert "removing the scratch site" in said
    assert time.monotonic() - began < AWAY_S
    assert left(f"wpaas-vetting-{run.pid}-") == []
    assert held.isdisjoint(docker("volume", "ls", "--quiet").split())


def test_what_a_killed_run_left_goes_with_the_next_one(stand: Stand) -> None:
    names = {age: f"wpaas-vetting-0-{secrets.token_hex(3)}" for age in ("old", "young")}
    for age, name in names.items():
        until_s = int(time.time()) + (60 if age == "young" else -1)
        labels = (f"--label={LABEL}={name}", f"--label={UNTIL}={until_s}")
        docker("network", "create", "--internal", *labels, name)
        docker("tag", stand.tools, f"{name}:template")
        docker("run", "--detach", f"--name={name}-watcher", f"--network={name}", *labels, stand.tools, "sleep", "60")  # fmt: skip
    try:
        stand.sweep()
        assert left(names["old"]) == []
        assert len(left(names["young"])) == len(("container", "network", "image"))
    finally:
        docker("rm", "--force", f"{names['young']}-watcher")
        docker("image", "rm", f"{names['young']}:template")
        docker("network", "rm", names["young"])
