"""The one place that starts programs: with a deadline, and a kill of the whole process group."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Stage, StageFailed

ERROR_TAIL_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program left: its exit code and both streams, undecoded."""

    code: int
    stdout: bytes
    stderr: bytes


def run(
    argv: Sequence[str],
    *,
    stage: Stage,
    timeout_s: float,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Finished:
    """Run `argv` in a process group of its own and wait at most `timeout_s` seconds.

    `env` replaces the environment where it is given. The group is killed when the time is over,
    so that no grandchild (git's transport, docker's build client) outlives the call.
    Raises StageFailed when the program is missing or the time is over; an exit code other
    than 0 is returned, not raised.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
    except FileNotFoundError as e:
        raise StageFailed(stage, f"{argv[0]} is not installed", fix=f"install {argv[0]}") from e
    try:
        out, err = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired as e:
        raise StageFailed(stage, f"{argv[0]} {argv[1]} took over {timeout_s:g} s") from e
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Finished(process.returncode, out, err)


def must(
    argv: Sequence[str],
    *,
    stage: Stage,
    timeout_s: float,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """As `run`, but returns standard output as text and raises StageFailed on a failing exit code."""
    done = run(argv, stage=stage, timeout_s=timeout_s, stdin=stdin, env=env, cwd=cwd)
    if done.code != 0:
        tail = done.stderr.decode(errors="replace").strip()[-ERROR_TAIL_CHARS:]
        raise StageFailed(stage, f"exit code {done.code}: {tail}", where=" ".join(argv[:3]))
    return done.stdout.decode(errors="replace")
