"""A run that is interrupted leaves nothing on the engine."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from containers import docker, until

ROOT = Path(__file__).parents[3]


def containers(pid: int) -> list[str]:
    return docker(
        "ps", "--all", f"--filter=name=wpaas-vetting-{pid}-", "--format={{.Names}}"
    ).split()


def test_ctrl_c_removes_what_a_run_made(base: str, stand: object, tmp_path: Path) -> None:
    del stand  # its images are there
    command = [
        str(Path(sys.executable).with_name("wpaas")),
        "plugin",
        "vet",
        "image/plugins/site-notice",
        "--run",
    ]
    run = subprocess.Popen(
        [*command, "--image", base, "--cache", str(tmp_path)],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "WPAAS_CONTEXT": str(tmp_path / "none")},
    )  # fmt: skip
    until(
        "the webhead runs", lambda: any(name.endswith("-now") for name in containers(run.pid)), 60
    )
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert containers(run.pid) == []
    assert docker("network", "ls", f"--filter=name=wpaas-vetting-{run.pid}-", "--quiet") == ""
    assert docker("image", "ls", f"--filter=reference=wpaas-vetting-{run.pid}-*", "--quiet") == ""
