"""What the image's own PHP says to a package's files: compiled in a container, never run.

One container for all files, without network, rights or a writable root; the files come in as a tar
of numbered names, so that no name of the package is ever an argument.
"""

import io
import re
import tarfile
from collections.abc import Mapping, Sequence

from reconciler.core.layers import File
from reconciler.core.vetting.finding import Finding, found
from reconciler.core.vetting.requires import PHP_SYNTAX
from reconciler.core.vetting.vet import Syntax
from reconciler.errors import StageFailed
from reconciler.shell.program import run

LINT_TIMEOUT_S = 300
_QUICK_S = 20.0
_SCRATCH = "type=tmpfs,destination=/tmp,tmpfs-size=536870912,tmpfs-mode=1777"
_LIMITS = (
    *("--network", "none", "--read-only", "--mount", _SCRATCH, "--user", "33:33"),
    *("--memory", "1g", "--cpus", "2", "--pids-limit", "64"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--entrypoint", "sh"),
)
# xargs stops at exit code 255, which is what `php -l` ends with; hence the shell between.
_SCRIPT = (
    "mkdir /tmp/x && cd /tmp/x && tar -xf - && php -r 'echo PHP_VERSION, PHP_EOL;' &&"
    " find . -name '*.php' -print0 | sort -z |"
    f" timeout {LINT_TIMEOUT_S} xargs -0 -n 500 sh -c "
    "'php -d display_errors=1 -d log_errors=0 -d html_errors=0 -d error_reporting=-1 -l \"$@\"; true' sh"
)
_ERROR = re.compile(
    r"^(?:PHP )?(?:Parse|Fatal|Compile) error: +(.*) in \./(\d+)\.php on line (\d+)$", re.MULTILINE
)


def check_syntax(
    files: Mapping[str, File], paths: Sequence[str], engine: str, image: str
) -> Syntax | None:
    """Compile `paths` of `files` with the PHP of `image` on the engine at address `engine`.

    None where there is no such engine or image. Raises StageFailed where the container fails.
    """
    docker = ["docker", *(["-H", engine] if engine else [])]
    try:
        seen = run([*docker, "image", "inspect", image], stage="image", timeout_s=_QUICK_S)
    except StageFailed:
        return None
    if seen.code != 0:
        return None
    argv = [*docker, "run", "--rm", "--interactive", *_LIMITS, image, "-c", _SCRIPT]
    packed = _packed([files[path].data for path in paths])
    done = run(argv, stage="image", timeout_s=LINT_TIMEOUT_S + 60, stdin=packed)
    version, _, said = done.stdout.decode("utf-8", "replace").partition("\n")
    if done.code != 0 or not re.fullmatch(r"\d+\.\d+\.\d+\S*", version):
        tail = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise StageFailed(
            "image", f"the image's PHP could not check the files: {tail}", where=image
        )
    return Syntax(version, tuple(_errors(said, paths)))


def _errors(said: str, paths: Sequence[str]) -> list[Finding]:
    return [
        found(PHP_SYNTAX, paths[int(number)], int(line), message, detail=message)
        for message, number, line in _ERROR.findall(said)
    ]


def _packed(contents: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number, data in enumerate(contents):
            entry = tarfile.TarInfo(f"{number}.php")
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()
