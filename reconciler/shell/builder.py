"""The base image: built by Docker's own client from a context on standard input, then pushed."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.program import Finished, run

BUILD_TIMEOUT_S = 900.0
PUSH_TIMEOUT_S = 600.0
QUICK_TIMEOUT_S = 30.0
LOG_LINES = 50


def build(
    engine: str,
    context: bytes,
    name: str,
    arguments: Mapping[str, str],
    platform: str = "",
    *,
    timeout_s: float = BUILD_TIMEOUT_S,
) -> None:
    """Build `name` from `context` (a tar with a Dockerfile) on the engine at address `engine`.

    BuildKit where the client has it, else the classic builder. Raises StageFailed with the last
    LOG_LINES lines of the log, or when the time is over.
    """
    argv = ["docker", "-H", engine, "build", "--tag", name]
    for key, value in sorted(arguments.items()):
        argv += ["--build-arg", f"{key}={value}"]
    if platform:
        argv += ["--platform", platform]
    done = _docker([*argv, "-"], timeout_s, stdin=context, buildkit=_has_buildkit(engine))
    if done.code != 0:
        raise StageFailed("image", f"the build of {name} failed:\n{log_tail(done)}", where="image/")


def push(engine: str, name: str, credentials: tuple[str, Secret] | None = None) -> None:
    """Push `name` from the engine to the registry in its name. Raises StageFailed."""
    with tempfile.TemporaryDirectory(prefix="wpaas-push-") as folder:
        if credentials is not None:
            _log_in(engine, name.partition("/")[0], credentials, Path(folder))
        argv = ["docker", "--config", folder, "-H", engine, "push", "--quiet", name]
        done = _docker(argv, PUSH_TIMEOUT_S)
    if done.code != 0:
        raise StageFailed("image", f"the push of {name} failed:\n{log_tail(done)}")


def log_tail(done: Finished) -> str:
    """Return the last LOG_LINES lines of what a build said; BuildKit says it on standard error."""
    lines = (done.stdout + b"\n" + done.stderr).decode(errors="replace").strip().splitlines()
    return "\n".join(line.rstrip() for line in lines[-LOG_LINES:])


def _has_buildkit(engine: str) -> bool:
    return _docker(["docker", "-H", engine, "buildx", "version"], QUICK_TIMEOUT_S).code == 0


def _log_in(engine: str, host: str, credentials: tuple[str, Secret], folder: Path) -> None:
    """Log in by standard input, into a folder that is gone after the push."""
    user, password = credentials
    argv = ["docker", "--config", str(folder), "-H", engine, "login", "--username", user]
    argv += ["--password-stdin", host]
    if _docker(argv, QUICK_TIMEOUT_S, stdin=password.value.encode()).code != 0:
        raise StageFailed("image", f"registry {host} refused the credentials of platform.yaml")


def _docker(
    argv: list[str],
    timeout_s: float,
    *,
    stdin: bytes | None = None,
    buildkit: bool = False,
) -> Finished:
    """Run the client. Attestations are off: they hold times, and turn an image into an index."""
    choice = {"DOCKER_BUILDKIT": "1" if buildkit else "0", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    env = {**os.environ, **choice}
    return run(argv, stage="image", timeout_s=timeout_s, stdin=stdin, env=env)
