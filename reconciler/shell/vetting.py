"""The analysis of a package's PHP: in processes of its own, and kept by the files' digests.

A hostile file may take all memory, all time, or kill the parser: its process dies, the others go on,
and the death is a finding.
"""

import hashlib
import importlib.metadata
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from reconciler.core.layers import File
from reconciler.core.vetting.finding import Rule, found
from reconciler.core.vetting.php.report import PhpReport
from reconciler.errors import StageFailed
from reconciler.shell.vetting_cache import ReportCache

Analyse = Callable[[str, bytes], PhpReport]
Said = Callable[[int, int], None]

ANALYSIS_FAILED = Rule(
    code="analysis-failed",
    level="block",
    family="obfuscation",
    summary="the analysis of this file did not come to an end",
    why="It took all the time or memory it may have; code nobody could read is not approved.",
    fix="ask the author for the source of this file, or read it by hand and accept the finding",
)
RULES = (ANALYSIS_FAILED,)

FILE_LIMIT_S = 20.0
MEMORY_LIMIT_BYTES = 2 * 1024 * 1024 * 1024
CHUNK_BYTES = 384 * 1024
CHUNK_FILES = 100

_Job = Sequence[tuple[str, bytes]]


def analyse_files(
    files: Mapping[str, File],
    paths: Sequence[str],
    analyse: Analyse,
    cache: ReportCache,
    said: Said,
) -> dict[str, PhpReport]:
    """Return path → report for each of `paths`, a choice of `files`.

    `analyse` must be importable by name. `said(done, all)` is called now and then. Raises StageFailed
    where no process can be started.
    """
    reports: dict[str, PhpReport] = {}
    missing: list[tuple[str, bytes]] = []
    for path in paths:
        kept = cache.get(path, files[path].data)
        if kept is None:
            missing.append((path, files[path].data))
        else:
            reports[path] = kept
    for path, data, report in _analysed(missing, analyse):
        reports[path] = report
        if ANALYSIS_FAILED not in {finding.rule for finding in report.findings}:
            cache.put(
                path, data, report
            )  # a machine that is busy fails too, and is less busy later
        said(len(reports), len(paths))
    return {path: reports[path] for path in paths}


def engine_digest(rules: Sequence[Rule]) -> str:
    """What names the rules: the source of the vetting package, its parser's version, the rules' words.

    Another digest, and nothing that was kept is used.
    """
    whole = hashlib.sha256()
    top = Path(__file__).resolve().parents[1] / "core"
    for path in (*sorted((top / "vetting").rglob("*.py")), top / "problem.py"):
        whole.update(f"{path.relative_to(top)}\0".encode() + path.read_bytes() + b"\0")
    for name in ("tree-sitter", "tree-sitter-php"):
        try:
            whole.update(importlib.metadata.version(name).encode() + b"\0")
        except importlib.metadata.PackageNotFoundError:
            whole.update(b"none\0")
    whole.update("\0".join(rule.code for rule in rules).encode())
    return whole.hexdigest()


def _analysed(jobs: _Job, analyse: Analyse) -> Iterator[tuple[str, bytes, PhpReport]]:
    """Yield (path, data, report); what breaks a process is tried once more alone, then said."""
    contents = dict(jobs)
    alone: list[str] = []
    for paths, reports in _in_pool(list(_chunks(jobs)), analyse, _workers(len(jobs))):
        if reports is None:
            alone += paths
            continue
        yield from ((p, contents[p], r) for p, r in zip(paths, reports, strict=True))
    for path in alone:
        for _, reports in _in_pool([[(path, contents[path])]], analyse, 1):
            report = reports[0] if reports else _failed(path, contents[path])
            yield path, contents[path], report


def _in_pool(
    chunks: list[_Job], analyse: Analyse, workers: int
) -> Iterator[tuple[list[str], list[PhpReport] | None]]:
    """Yield (paths, their reports) of each chunk; None for those whose process died.

    Few chunks are on their way at a time, so that memory does not grow with the package.
    """
    waiting = list(reversed(chunks))
    while waiting:
        # A fresh interpreter inherits no thread and no lock, whoever calls.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_bounded) as pool:
            _must_start(pool)
            running: dict[Future[list[PhpReport]], _Job] = {}
            broken = False
            while (waiting and not broken) or running:
                while waiting and not broken and len(running) < 2 * workers:
                    chunk = waiting.pop()
                    try:
                        running[pool.submit(_judge, chunk, analyse)] = chunk
                    except BrokenProcessPool:
                        waiting.append(chunk)
                        broken = True
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    chunk = running.pop(future)
                    try:
                        reports: list[PhpReport] | None = future.result()
                    except BrokenProcessPool:
                        reports = None
                        broken = True
                    except Exception:  # noqa: BLE001 - whatever one hostile file does to the parser
                        reports = None
                    yield [path for path, _ in chunk], reports


def _must_start(pool: ProcessPoolExecutor) -> None:
    """Raise StageFailed where no process comes up: else every file would look like a hostile one."""
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as e:
        fix = "start wpaas from a file, with room for another process"
        raise StageFailed("compile", "no process for the analysis can be started", fix=fix) from e


def _judge(chunk: _Job, analyse: Analyse) -> list[PhpReport]:
    """In a worker. An alarm that nobody catches ends the process: C code cannot hold it up."""
    reports = []
    for path, data in chunk:
        signal.setitimer(signal.ITIMER_REAL, FILE_LIMIT_S)
        reports.append(analyse(path, data))
        signal.setitimer(signal.ITIMER_REAL, 0)
    return reports


def _bounded() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says that it was interrupted
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _chunks(jobs: _Job) -> Iterator[_Job]:
    chunk: list[tuple[str, bytes]] = []
    size = 0
    for path, data in jobs:
        chunk.append((path, data))
        size += len(data)
        if size >= CHUNK_BYTES or len(chunk) >= CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _workers(files: int) -> int:
    """One process for a small package: starting another takes longer than its few files."""
    return max(1, min(len(os.sched_getaffinity(0)), files // CHUNK_FILES + 1))


def _failed(path: str, data: bytes) -> PhpReport:
    digest = hashlib.sha256(data).hexdigest()[:16]
    text = f"{len(data)} bytes, sha256 {digest}"
    return PhpReport(findings=(found(ANALYSIS_FAILED, path, 1, text),), facts=(), names=())
