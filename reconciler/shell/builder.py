"""The base image: built by Docker's own client from a context on standard input, its files read."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.errors import StageFailed
from reconciler.shell.program import Finished, run

BUILD_TIMEOUT_S = 900.0
EXPORT_TIMEOUT_S = 300.0
QUICK_TIMEOUT_S = 30.0
LOG_LINES = 50


def build(
    engine: str,
    context: bytes,
    name: str,
    arguments: Mapping[str, str],
    platform: str = "",
    *,
    target: str = "",
    timeout_s: float = BUILD_TIMEOUT_S,
) -> None:
    """Build `name` from `context` (a tar with a Dockerfile) on the engine at address `engine`.

    `target`: the stage of the Dockerfile to stop at.
    BuildKit where the client has it, else the classic builder. Raises StageFailed with the last
    LOG_LINES lines of the log, or when the time is over.
    """
    argv = ["docker", "-H", engine, "build", "--tag", name]
    for key, value in sorted(arguments.items()):
        argv += ["--build-arg", f"{key}={value}"]
    if target:
        argv += ["--target", target]
    if platform:
        argv += ["--platform", platform]
    done = _docker([*argv, "-"], timeout_s, stdin=context, buildkit=_has_buildkit(engine))
    if done.code != 0:
        raise StageFailed("image", f"the build of {name} failed:\n{log_tail(done)}", where="image/")


def export(engine: str, name: str, target: Path) -> None:
    """Write the files of the image `name` as one tar to `target`. Raises StageFailed."""
    held = _must(["docker", "-H", engine, "create", name, "none"], QUICK_TIMEOUT_S)
    try:
        argv = ["docker", "-H", engine, "export", "--output", str(target), held]
        _must(argv, EXPORT_TIMEOUT_S)
    finally:
        _docker(["docker", "-H", engine, "rm", "--volumes", held], QUICK_TIMEOUT_S)


def inspect(engine: str, name: str) -> dict[str, Any]:
    """Return what the engine says of an image. Raises StageFailed."""
    text = _must(["docker", "-H", engine, "image", "inspect", name], QUICK_TIMEOUT_S)
    found: dict[str, Any] = json.loads(text)[0]
    return found


def output(engine: str, name: str, command: Sequence[str]) -> str:
    """Return what a command in a container of `name` prints; it has no network. Raises StageFailed."""
    argv = ["docker", "-H", engine, "run", "--rm", "--network=none", name, *command]
    return _must(argv, QUICK_TIMEOUT_S)


def pinned(engine: str, name: str) -> str:
    """Return `name` by the digest under which a registry gave it, or "" where none did."""
    digests = inspect(engine, name).get("RepoDigests") or []
    folder, slash, last = name.rpartition("/")
    repository = f"{folder}{slash}{last.partition(':')[0]}"
    return next((str(one) for one in digests if one.startswith(f"{repository}@")), "")


def has(engine: str, name: str) -> bool:
    """Whether the engine holds, or can pull, the image `name`."""
    if _docker(["docker", "-H", engine, "image", "inspect", name], QUICK_TIMEOUT_S).code == 0:
        return True
    return _docker(["docker", "-H", engine, "pull", "--quiet", name], BUILD_TIMEOUT_S).code == 0


def log_tail(done: Finished) -> str:
    """Return the last LOG_LINES lines of what a build said; BuildKit says it on standard error."""
    lines = (done.stdout + b"\n" + done.stderr).decode(errors="replace").strip().splitlines()
    return "\n".join(line.rstrip() for line in lines[-LOG_LINES:])


def _has_buildkit(engine: str) -> bool:
    return _docker(["docker", "-H", engine, "buildx", "version"], QUICK_TIMEOUT_S).code == 0


def _must(argv: list[str], timeout_s: float) -> str:
    done = _docker(argv, timeout_s)
    if done.code != 0:
        what = f"`docker {argv[3]}` failed:\n{log_tail(done)}"
        raise StageFailed("image", what, where=f"build engine {argv[2]}")
    return done.stdout.decode(errors="replace").strip()


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
