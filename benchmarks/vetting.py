"""Static vetting: PHP files a CPU-second on WordPress itself, memory, and a second run.

The files are those of Debian's packages of WordPress and its themes, fetched by apt. The peer is
semgrep with rules about the same things, where pip can install it. It makes no facts, folds no names
and follows no value into another function; the ratio is a lower bound of what the same would cost.
"""

import importlib.util
import json
import resource
import sys
import tempfile
import time
import venv
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.figure import Figure, Group, Target
from reconciler.core.layers import File
from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.checks import RULES
from reconciler.shell import vetting as shell
from reconciler.shell.program import must, run
from reconciler.shell.vetting_cache import ReportCache

PACKAGES = (
    "wordpress",
    "wordpress-theme-twentytwentyone",
    "wordpress-theme-twentytwentythree",
    "wordpress-theme-twentytwentytwo",
)
BUILD = Path(__file__).parents[1] / "build"
MIN_FILES = 900
MAX_ROUNDS = 3  # a round of the peer takes half a minute

SEMGREP_RULES = """
rules:
  - id: flow
    mode: taint
    languages: [php]
    severity: ERROR
    message: a part of the request reaches a sink
    pattern-sources: [{pattern: $_GET}, {pattern: $_POST}, {pattern: $_REQUEST}, {pattern: $_COOKIE}]
    pattern-sanitizers: [{pattern: absint(...)}, {pattern: esc_html(...)}, {pattern: $X->prepare(...)}]
    pattern-sinks: [{pattern: eval(...)}, {pattern: echo ...;}, {pattern: $X->query(...)},
      {pattern: include($X)}, {pattern: unserialize(...)}]
  - id: calls
    languages: [php]
    severity: ERROR
    message: a call that matters
    pattern-either: [{pattern: eval(...)}, {pattern: exec(...)}, {pattern: system(...)},
      {pattern: file_put_contents(...)}, {pattern: wp_remote_get(...)}, {pattern: update_option(...)},
      {pattern: add_action(...)}, {pattern: base64_decode(...)}]
"""


def vetting(_arena: Arena, rounds: int) -> list[Figure]:
    """Speed and memory in a process of its own, each round anew; then the kept reports."""
    folder = _wordpress()
    semgrep = _semgrep()
    ours, peer, megabytes, again = [], [], [], []
    for _ in range(min(rounds, MAX_ROUNDS)):
        argv = [sys.executable, "-m", "benchmarks.vetting", str(folder)]
        answer = json.loads(must(argv, stage="cluster", timeout_s=300))
        ours.append(answer["files"] / answer["cpu_s"])
        megabytes.append(answer["peak_mb"])
        if semgrep is not None:
            peer.append(answer["files"] / _semgrep_cpu_s(semgrep, folder))
        if importlib.util.find_spec("reconciler.shell.vetting") is not None:
            again.append(_twice(folder))
    figures = [
        Figure(
            name="vetting-files",
            unit="files/CPU-s",
            target=Target(sign=">=", limit=300),
            ours=ours,
            peer=peer,
            peer_name="semgrep, two rules" if peer else "",
        ),
        Figure(
            name="vetting-memory",
            unit="MB",
            target=Target(sign="<=", limit=400),
            ours=megabytes,
            peer=[],
        ),
    ]
    if again:
        figures.append(
            Figure(
                name="vetting-again",
                unit="x",
                target=Target(sign=">=", limit=20),
                ours=again,
                peer=[],
            )
        )
    return figures


def _wordpress() -> Path:
    """WordPress and its themes, unpacked once: not below build/, which the peer leaves out."""
    folder = Path(tempfile.gettempdir()) / "wpaas-bench-wordpress"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as made:
            for package in PACKAGES:
                download = ["apt-get", "download", package]
                must(download, stage="cluster", timeout_s=180, cwd=Path(made))
            for archive in sorted(Path(made).glob("*.deb")):
                must(
                    ["dpkg-deb", "-x", str(archive), f"{made}/tree"], stage="cluster", timeout_s=60
                )
            (Path(made) / "tree").rename(folder)
    return folder


def _files(folder: Path) -> list[tuple[str, bytes]]:
    paths = (path for path in sorted(folder.rglob("*.php")) if path.is_file())
    return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths]


def _semgrep() -> Path | None:
    """The peer's program; None where it cannot be installed."""
    program = BUILD / "semgrep" / "bin" / "semgrep"
    if not program.is_file():
        venv.create(BUILD / "semgrep", with_pip=True)
        install = [str(program.with_name("pip")), "install", "--quiet", "semgrep"]
        if run(install, stage="cluster", timeout_s=300).code != 0:
            return None
    return program


def _semgrep_cpu_s(program: Path, folder: Path) -> float:
    """CPU seconds of the peer and its children on the same files."""
    BUILD.mkdir(exist_ok=True)
    rules = BUILD / "semgrep.yaml"
    rules.write_text(SEMGREP_RULES, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [
        str(program), "scan", "--metrics=off", "--disable-version-check", "--quiet", "--jobs=1", "--json",
        f"--output={BUILD / 'semgrep.json'}", f"--config={rules}", "--no-git-ignore",
        "--max-target-bytes=1000000", str(folder),
    ]  # fmt: skip
    must(argv, stage="cluster", timeout_s=600)
    scanned = json.loads((BUILD / "semgrep.json").read_bytes())["paths"]["scanned"]
    assert len(scanned) > MIN_FILES  # noqa: S101 - it leaves folders out by their names
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _twice(folder: Path) -> float:
    """How much faster the same files are the second time, by the clock, in as many processes."""
    files = {name: File(data=data) for name, data in _files(folder)}
    with tempfile.TemporaryDirectory() as kept:
        rules = {rule.code: rule for rule in (*RULES, *shell.RULES)}
        cache = ReportCache(Path(kept), shell.engine_digest(tuple(rules.values())), rules)
        seconds = []
        for _ in range(2):
            began = time.perf_counter()
            shell.analyse_files(files, list(files), analyse_php, cache, lambda _done, _all: None)
            seconds.append(time.perf_counter() - began)
    return seconds[0] / seconds[1]


def main() -> int:
    """Analyse every PHP file below a folder and say what that took."""
    files = _files(Path(sys.argv[1]))
    began = time.process_time()
    for name, data in files:
        analyse_php(name, data)
    cpu_s = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"files": len(files), "cpu_s": cpu_s, "peak_mb": peak_mb}))
    return 0


GROUPS = (Group(names=("vetting-files", "vetting-memory", "vetting-again"), measure=vetting),)

if __name__ == "__main__":
    sys.exit(main())
