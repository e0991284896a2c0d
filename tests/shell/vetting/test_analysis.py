"""The analysis in processes of its own: hostile files end in a finding, unchanged ones are not read."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.core.layers import File
from reconciler.core.vetting.finding import Fact
from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.checks import RULES
from reconciler.core.vetting.php.report import PhpReport
from reconciler.shell import vetting
from reconciler.shell.vetting import ANALYSIS_FAILED, analyse_files, engine_digest
from reconciler.shell.vetting_cache import ReportCache, default_folder

RULES_BY_CODE = {rule.code: rule for rule in (*RULES, ANALYSIS_FAILED)}
CODE = b"<?php\neval($_GET['x']);\nwp_remote_get('https://t.example/');\nfunction f() {}\n"


def cache(folder: Path, engine: str = "e" * 64) -> ReportCache:
    return ReportCache(folder, engine, RULES_BY_CODE)


def silent(done: int, number: int) -> None:
    del done, number


def hostile(path: str, data: bytes) -> PhpReport:
    """Does to its process what a parser's defect would; in a worker only."""
    if data == b"dies":
        os.abort()
    if data == b"raises":
        raise RecursionError
    if data == b"eats":
        bytearray(8 * 1024 * 1024 * 1024)
    return PhpReport((), (Fact("hook", data.decode(), path, 1),), ())


def files(contents: Mapping[str, bytes]) -> dict[str, File]:
    return {path: File(data) for path, data in contents.items()}


def test_a_report_from_another_process_is_the_report(tmp_path: Path) -> None:
    package = files({"a.php": CODE, "inc/b.php": b"<?php\n"})
    found = analyse_files(package, list(package), analyse_php, cache(tmp_path), silent)
    assert found == {path: analyse_php(path, file.data) for path, file in package.items()}
    assert found["a.php"].findings


def test_what_is_kept_is_the_report_and_is_not_made_again(tmp_path: Path) -> None:
    package = files({"a.php": CODE})
    first = analyse_files(package, ["a.php"], analyse_php, cache(tmp_path), silent)
    again = analyse_files(package, ["a.php"], hostile, cache(tmp_path), silent)
    assert again == first


def test_other_content_another_path_and_other_rules_are_analysed(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    kept.put("a.php", CODE, PhpReport((), (), ("kept",)))
    assert kept.get("a.php", CODE) == PhpReport((), (), ("kept",))
    assert kept.get("b.php", CODE) is None
    assert kept.get("a.php", CODE + b" ") is None
    assert cache(tmp_path, "f" * 64).get("a.php", CODE) is None


@pytest.mark.parametrize("damage", [b"", b"x", b"{}", b"0" * 64 + b"{}"])
def test_a_damaged_entry_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    kept = cache(tmp_path)
    kept.put("a.php", CODE, analyse_php("a.php", CODE))
    (entry,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = entry.read_bytes()
    entry.write_bytes(damage)
    assert kept.get("a.php", CODE) is None
    assert b"t.example" in whole
    entry.write_bytes(whole.replace(b"t.example", b"u.example"))
    assert kept.get("a.php", CODE) is None
    entry.write_bytes(whole[:-1])
    assert kept.get("a.php", CODE) is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = cache(tmp_path / "file")
    kept.put("a.php", CODE, PhpReport((), (), ()))
    assert kept.get("a.php", CODE) is None


@pytest.mark.parametrize("how", [b"dies", b"raises", b"eats"])
def test_a_file_that_kills_its_process_is_a_finding_and_the_others_go_on(
    tmp_path: Path, how: bytes
) -> None:
    package = files({"a.php": b"a", "bad.php": how, "c.php": b"c"})
    found = analyse_files(package, list(package), hostile, cache(tmp_path), silent)
    assert [finding.code for finding in found["bad.php"].findings] == ["analysis-failed"]
    assert [found[path].facts[0].value for path in ("a.php", "c.php")] == ["a", "c"]
    assert cache(tmp_path).get("bad.php", how) is None  # perhaps the machine was busy


def test_where_no_process_comes_up_nothing_is_blamed_on_the_files(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from reconciler.core.layers import File\n"
        "from reconciler.core.vetting.php.analysis import analyse_php\n"
        "from reconciler.shell.vetting import analyse_files\n"
        "from reconciler.shell.vetting_cache import ReportCache\n"
        f"cache = ReportCache(Path({str(tmp_path)!r}), 'e' * 64, {{}})\n"
        "analyse_files({'a.php': File(b'<?php')}, ['a.php'], analyse_php, cache, print)\n"
    )  # a program on standard input has no file that another process could start from
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, timeout=60
    )
    assert "no process for the analysis can be started" in done.stderr.splitlines()[-2]


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    package = files({"a.php": CODE, "b.php": CODE})
    analyse_files(package, list(package), analyse_php, cache(tmp_path), lambda *n: seen.append(n))
    assert seen[-1] == (2, 2)


def test_other_rules_have_another_digest() -> None:
    assert engine_digest(RULES) == engine_digest(RULES)
    assert engine_digest(RULES) != engine_digest(RULES[1:])
    assert len(engine_digest(RULES)) == 64


def test_the_cache_lies_where_users_keep_what_can_be_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/wpaas/vetting")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() == Path.home() / ".cache/wpaas/vetting"
    assert vetting.CHUNK_FILES > 1
