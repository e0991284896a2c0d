"""`wpaas` as a shell starts it, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
