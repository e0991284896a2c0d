"""The hostile corpus in one table: what somebody could hand in, and the code that refuses it.

Archives come over HTTP with the digest that the allowlist pins, as a hostile author would have it;
YAML comes as plugins-allowlist.yaml. Nothing of a refused one may be left on disk. The numbers are
those of the list that the table was made from.
"""

import hashlib
import io
import re
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from archive_server import Server, serving
from hostile_archives import (
    GOOD,
    PHP,
    cut,
    encrypted,
    many_entries,
    overlapping,
    patched,
    two_ends,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.archive import ArchiveCode, BadArchive, unpack
from reconciler.core.blob import Blob
from reconciler.core.compiler import compile_fleet
from reconciler.core.layers import File
from reconciler.core.manifest import Package, SourceArchive
from reconciler.core.places import Place
from reconciler.core.vetting.bump import compare
from reconciler.core.vetting.candidate import Candidate, Target
from reconciler.core.vetting.packaging import php_paths
from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.vet import Vetting, vet
from reconciler.errors import StageFailed
from reconciler.shell.schemas import load_schemas
from reconciler.shell.sources import Archives
from reconciler.shell.worktree import read_worktree

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "cases" / "base"
SCHEMAS = load_schemas()
MOST_S = 5.0

ARCHIVES: list[tuple[str, Callable[[], bytes], ArchiveCode]] = [
    ("33 slip", lambda: zipped(("notice/../../x", PHP)), "archive-path-escape"),
    ("33 slip at once", lambda: zipped(("../x", PHP)), "archive-path-escape"),
    ("33 absolute", lambda: zipped(("/etc/cron.d/x", PHP)), "archive-path-escape"),
    ("33 drive", lambda: zipped(("C:/x", PHP)), "archive-path-escape"),
    ("33 backslash", lambda: zipped(("notice\\..\\x", PHP)), "archive-path-escape"),
    ("33 NUL name", lambda: patched(zipped(("notice/a.phpX.png", PHP)), b"phpX", b"php\0"),
     "archive-path-escape"),
    ("33 line end in name", lambda: zipped(("notice/a\n.php", PHP)), "archive-path-escape"),
    ("33 right to left", lambda: zipped(("notice/\u202egnp.php", PHP)), "archive-path-escape"),
    ("33 long name", lambda: zipped(("notice/" + "a" * 250, PHP)), "archive-path-escape"),
    ("33 name of odd bytes", lambda: patched(zipped(("notice/aXX.php", PHP)), b"aXX", b"a\xff\xfe"),
     "archive-path-escape"),
    ("34 symlink, then a write through it",
     lambda: zipped(("notice/up", b"../..", 0o120777), ("notice/up/x.php", PHP)), "archive-link"),
    ("34 device", lambda: zipped(("notice/null", b"", stat.S_IFCHR | 0o666)), "archive-link"),
    ("34 pipe", lambda: zipped(("notice/pipe", b"", stat.S_IFIFO | 0o666)), "archive-link"),
    ("34 setuid", lambda: zipped(("notice/run", PHP, 0o104755)), "archive-link"),
    ("35 zeros", lambda: zipped(("notice/x", bytes(50_000_000))), "archive-bomb"),
    ("35 zeros that claim to be few",
     lambda: patched(zipped(("notice/x", bytes(50_000_000))), struct.pack("<L", 50_000_000),
                     struct.pack("<L", 10)), "archive-bomb"),
    ("35 overlap", overlapping, "archive-bomb"),
    ("35 65,536 entries", many_entries, "archive-bomb"),
    ("35 a size beyond reason",
     lambda: patched(zipped(("notice/x", PHP)), struct.pack("<LL", len(PHP), 0)[:4] + b"\x08",
                     b"\xff\xff\xff\x7f\x08"), "archive-bomb"),
    ("36 PHP before the zip", lambda: PHP + GOOD, "archive-polyglot"),
    ("36 PHP before the zip, offsets mended", lambda: two_ends("before"), "archive-polyglot"),
    ("36 PHP after the zip", lambda: GOOD + PHP, "archive-polyglot"),
    ("36 two end records", lambda: two_ends("comment"), "archive-polyglot"),
    ("36 two zips", lambda: GOOD + zipped(("notice/notice.php", b"<?php // evil")), "archive-polyglot"),
    ("36 a hidden entry between two", lambda: two_ends("between"), "archive-polyglot"),
    ("37 clean first, evil last",
     lambda: zipped(("notice/a.php", PHP), ("notice/a.php", b"<?php // evil")),
     "archive-duplicate-name"),
    ("37 other case", lambda: zipped(("notice/A.php", PHP), ("notice/a.php", PHP)),
     "archive-duplicate-name"),
    ("37 other Unicode form",
     lambda: zipped(("notice/\u00e9.php", PHP), ("notice/e\u0301.php", PHP)), "archive-duplicate-name"),
    ("37 a file below a file", lambda: zipped(("notice/a", PHP), ("notice/a/b.php", PHP)),
     "archive-duplicate-name"),
    ("more: two names", lambda: zipped(("notice/good.php", PHP)).replace(b"good", b"evil", 1),
     "archive-contradiction"),
    ("more: two methods", lambda: patched(zipped(("notice/x", PHP)), b"PK\3\4\x14\0\0\0\x08",
                                      b"PK\3\4\x14\0\0\0\x00"), "archive-contradiction"),
    ("more: two digests", lambda: GOOD[:14] + b"\0\0\0\0" + GOOD[18:], "archive-contradiction"),
    ("more: encrypted entry", lambda: encrypted(1), "archive-encrypted"),
    ("more: encrypted directory", lambda: encrypted(0x2000), "archive-encrypted"),
    ("more: another folder", lambda: zipped(("notice/a.php", PHP), ("akismet/akismet.php", PHP)),
     "archive-top-folder"),
    ("more: no folder", lambda: zipped(("notice.php", PHP)), "archive-top-folder"),
    ("more: cut short", lambda: cut(GOOD), "archive-unreadable"),
    ("more: split", lambda: GOOD[:-18] + b"\1\0" + GOOD[-16:], "archive-unreadable"),
    ("more: no zip", lambda: b"<html>not found</html>", "archive-unreadable"),
    ("more: nothing", lambda: b"PK\5\6" + bytes(18), "archive-unreadable"),
    ("more: odd packing", lambda: zipped(("notice/x", PHP * 90), method=zipfile.ZIP_BZIP2),
     "archive-unreadable"),
    ("more: damaged", lambda: patched(zipped(("notice/x", b"\0" * 999)), b"\x63\x60", b"\xff\xff"),
     "archive-unreadable"),
]  # fmt: skip

ENTRY = (BASE / "plugins-allowlist.yaml").read_text("utf-8").split("  - slug: old-popup")[0]
BOMB = "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" if n else "l0: &l0 [x, x, x, x, x]\n"
    for n in range(10)
)
YAML: list[tuple[str, Callable[[], str], str]] = [
    ("26 an unquoted version", lambda: ENTRY.replace('"1.0.0"', "3.10"), "unquoted-scalar"),
    ("27 the Norway problem", lambda: ENTRY.replace("site-notice", "no", 1), "unquoted-scalar"),
    ("27 base 60", lambda: ENTRY.replace('"1.0.0"', "1:20"), "unquoted-scalar"),
    ("27 octal", lambda: ENTRY.replace('"1.0.0"', "010"), "unquoted-scalar"),
    ("28 a digest twice", lambda: ENTRY + '    tree_sha256: "' + "0" * 64 + '"\n', "duplicate-key"),
    ("29 alias bomb", lambda: BOMB, "yaml-feature"),
    ("30 Python tag", lambda: "packages: !!python/object/apply:os.system ['x']\n", "yaml-feature"),
    ("30 merge key", lambda: "packages:\n  - <<: {slug: x}\n", "yaml-feature"),
    ("30 second document", lambda: ENTRY + "---\npackages: []\n", "yaml-feature"),
    ("30 directive", lambda: "%YAML 1.1\n---\npackages: []\n", "yaml-feature"),
    ("31 no reviewer", lambda: ENTRY.replace("[kim]", "[]"), "out-of-range"),
    ("31 one reviewer as two", lambda: ENTRY.replace("[kim]", "[kim, kim]"), "repeated-item"),
    ("32 an end in 2099", lambda: ENTRY + '    until: "2099-01-01"\n', "out-of-range"),
    ("32 an end that is no day", lambda: ENTRY + '    until: "2026-13-01"\n', "wrong-form"),
    ("32 an address as source",
     lambda: ENTRY.replace("{path: image/plugins/site-notice}", '{url: "http://evil.example/x.zip"}'),
     "unknown-field"),
]  # fmt: skip

MAIN = b"<?php\n/*\n * Plugin Name: Notice\n * Version: 1.2\n * License: GPL-2.0-or-later\n */\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PACKAGES: list[tuple[str, dict[str, bytes], str]] = [
    ("38 PHP in a picture", {"logo.png": PNG + b"<?php system($_GET['c']);"}, "php-in-disguise"),
    ("38 .user.ini", {".user.ini": b"auto_prepend_file=logo.png\n"}, "server-settings"),
    ("39 a parser-breaker", {"x.php": b"<?php class { function } ( EvAl($_POST['x']); ]]"},
     "php-unreadable"),
    ("39 eval in another case", {"x.php": b"<?php EvAl($_POST['x']);"}, "php-eval"),
    ("40 a name in parts", {"x.php": b"<?php ('ex'.'ec')($_GET['c']);"}, "hidden-callback"),
    ("40 a callback by name", {"x.php": b"<?php array_map('assert', $_POST);"}, "hidden-callback"),
    ("40 a variable variable", {"x.php": b"<?php $v = 'f'; $f = $_GET['f']; $$v('x');"},
     "tainted-call"),
    ("40 unserialize of an answer", {"x.php": b"<?php $r = wp_remote_get('https://a.example/x');"
     b" unserialize(wp_remote_retrieve_body($r));"}, "unserialize-outside"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(b"") as it:
        yield it


_spent: list[float] = []


@pytest.fixture
def timed() -> Iterator[None]:
    began = time.process_time()
    yield
    _spent.append(time.process_time() - began)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "code"), [row[1:] for row in ARCHIVES], ids=[r[0] for r in ARCHIVES]
)
@pytest.mark.usefixtures("timed")
def test_a_hostile_archive_has_its_code_and_leaves_nothing(
    make: Callable[[], bytes], code: str, server: Server, tmp_path: Path
) -> None:
    server.body = make()
    package = Package(
        slug="notice", kind="plugin", version="1.2", source=SourceArchive("wordpress.org"),
        tree_sha256="0" * 64, archive_sha256=hashlib.sha256(server.body).hexdigest(),
        license="GPL-2.0-or-later", state="approved",
    )  # fmt: skip
    archives = Archives(tmp_path / "kept", places={"wordpress.org": Place(server.address)})
    with pytest.raises(StageFailed) as refused:
        archives.files(package)
    assert f" {code}: " in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("make", "code"), [row[1:] for row in YAML], ids=[row[0] for row in YAML])
@pytest.mark.usefixtures("timed")
def test_hostile_yaml_has_its_code_and_stops_the_commit(make: Callable[[], str], code: str) -> None:
    path = "plugins-allowlist.yaml"
    blobs = {**read_worktree(BASE), path: Blob(path, "100644", make().encode())}
    compiled = compile_fleet(blobs, SCHEMAS)
    assert code in {problem.code for problem in compiled.problems if problem.file == path}
    assert compiled.shared_broken


def judged(files: dict[str, bytes]) -> Vetting:
    packed = zipped(*((f"notice/{name}", data) for name, data in files.items()))
    candidate = Candidate(
        kind="plugin", slug="notice", version="1.2", target=Target(php="8.4", wp="6.8"),
        files=unpack(packed, "notice"),
    )  # fmt: skip
    paths = php_paths(candidate.files)
    return vet(candidate, {path: analyse_php(path, candidate.files[path].data) for path in paths})


@pytest.mark.parametrize(
    ("files", "code"), [row[1:] for row in PACKAGES], ids=[row[0] for row in PACKAGES]
)
@pytest.mark.usefixtures("timed")
def test_a_hostile_package_in_a_good_archive_is_blocked(files: dict[str, bytes], code: str) -> None:
    vetting = judged({"notice.php": MAIN, **files})
    assert code in {finding.code for finding in vetting.findings}
    assert vetting.verdict == "block"
    assert judged({"notice.php": MAIN}).verdict == "pass"


@pytest.mark.usefixtures("timed")
def test_the_same_version_with_another_tree_is_blocked() -> None:
    before, after = ({"notice.php": MAIN + text} for text in (b"", b"echo 1;\n"))
    bump = compare(
        judged(before), judged(after),
        *({name: File(data) for name, data in each.items()} for each in (before, after)),
    )  # fmt: skip
    assert "same-version-other-files" in {finding.code for finding in bump.after.findings}
    assert bump.after.verdict == "block"


def test_the_whole_corpus_takes_less_than_five_seconds() -> None:
    if len(_spent) <= len(ARCHIVES) + len(YAML) + len(PACKAGES):
        pytest.skip("only a part of the table was run")
    assert sum(_spent) < MOST_S


def test_every_code_of_an_archive_is_in_the_table_and_has_its_section() -> None:
    text = (ROOT / "docs" / "archives.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)$", text, re.MULTILINE) == sorted(get_args(ArchiveCode))
    assert {code for _, _, code in ARCHIVES} == set(get_args(ArchiveCode))


NAMES = st.from_regex(r"[a-zA-Z0-9_\u00e4\u4e2d-]{1,12}(/[a-z0-9._-]{1,8}x){0,3}", fullmatch=True)


@settings(deadline=None)
@given(
    st.dictionaries(NAMES, st.binary(max_size=3_000), min_size=1, max_size=12),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_a_good_archive_is_read_as_python_reads_it(files: dict[str, bytes], method: int) -> None:
    packed = zipped(*((f"notice/{name}", data) for name, data in files.items()), method=method)
    try:
        found = {name: file.data for name, file in unpack(packed, "notice").items()}
    except BadArchive as e:
        assert e.code == "archive-duplicate-name"  # noqa: PT017 - names that differ in case alone
        return
    with zipfile.ZipFile(io.BytesIO(packed)) as python:
        assert found == {n.removeprefix("notice/"): python.read(n) for n in python.namelist()}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.binary(max_size=4)), max_size=6))
def test_a_damaged_archive_ends_in_a_code_or_in_the_same_files(
    damage: list[tuple[int, bytes]],
) -> None:
    data = GOOD
    for at, bytes_ in damage:
        data = data[:at] + bytes_ + data[at + len(bytes_) :]
    try:
        found = unpack(data, "notice")
    except BadArchive as e:
        assert e.code in get_args(ArchiveCode)  # noqa: PT017 - most end so
        return
    good = {name: file.data for name, file in unpack(GOOD, "notice").items()}
    assert {name: file.data for name, file in found.items()} == good
