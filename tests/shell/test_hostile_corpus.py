"""The hostile corpus: each row of the one table is refused with its code, and leaves nothing behind.

Archives come over HTTP with the digest that the allowlist pins, as a hostile author would have it.
"""

import hashlib
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from archive_server import Server, serving
from hostile_archives import GOOD, zipped
from hostile_corpus import ARCHIVES, BASE, GARDEN, MAIN, PACKAGES, REVIEWED, SITES, YAML
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.archive import ArchiveCode, BadArchive, unpack
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
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
SCHEMAS = load_schemas()
MOST_S = 5.0
ALLOWLIST = "plugins-allowlist.yaml"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(b"") as it:
        yield it


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "code"), [row[1:] for row in ARCHIVES], ids=[r[0] for r in ARCHIVES]
)
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
def test_hostile_yaml_has_its_code_and_stops_the_commit(make: Callable[[], str], code: str) -> None:
    compiled = with_list(make())
    assert code in {p.code for p in compiled.problems if p.file == ALLOWLIST}
    assert compiled.shared_broken


def with_list(text: str) -> Compiled:
    blobs = {**read_worktree(BASE), ALLOWLIST: Blob(ALLOWLIST, "100644", text.encode())}
    return compile_fleet(blobs, SCHEMAS)


@pytest.mark.parametrize(("make", "code"), [row[1:] for row in SITES], ids=[r[0] for r in SITES])
def test_a_hostile_site_file_has_its_code_and_holds_its_own_site_alone(
    make: Callable[[], Blob], code: str
) -> None:
    blob = make()
    compiled = with_file(blob)
    assert {(problem.code, problem.file) for problem in compiled.problems} == {(code, blob.path)}
    assert list(compiled.sites) == ["chess-club", "tea-house"]
    assert not compiled.shared_broken


def with_file(blob: Blob) -> Compiled:
    served = {"chess.example": "chess-club"}  # who has a domain keeps it
    return compile_fleet({**read_worktree(BASE), blob.path: blob}, SCHEMAS, served)


def test_the_site_file_without_its_bad_place_is_good() -> None:
    compiled = with_file(Blob("sites/garden.json", "100644", GARDEN.encode()))
    assert (list(compiled.problems), "garden" in compiled.sites) == ([], True)


@pytest.mark.parametrize(
    ("place", "words"), [row[1:] for row in REVIEWED], ids=[r[0] for r in REVIEWED]
)
def test_a_hostile_proposal_is_carried_out_and_says_its_words(place: str, words: str) -> None:
    assert words in (ROOT / "tests" / place).read_text("utf-8")


def test_no_number_of_the_list_is_missing_but_one() -> None:
    rows = [row[0] for table in (SITES, REVIEWED, YAML, ARCHIVES, PACKAGES) for row in table]
    numbers = {int(name[:2]) for name in rows if name[:2].isdigit()}
    # 21: a public suffix as a domain is taken, for no list of them is at hand.
    assert set(range(1, 46)) - numbers == {21}
    assert len(rows) == len(set(rows))


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
def test_a_hostile_package_in_a_good_archive_is_blocked(files: dict[str, bytes], code: str) -> None:
    vetting = judged({"notice.php": MAIN, **files})
    assert code in {finding.code for finding in vetting.findings}
    assert vetting.verdict == "block"
    assert judged({"notice.php": MAIN}).verdict == "pass"


def test_the_same_version_with_another_tree_is_blocked() -> None:
    before, after = ({"notice.php": MAIN + text} for text in (b"", b"echo 1;\n"))
    old, new = ({name: File(data) for name, data in each.items()} for each in (before, after))
    bump = compare(judged(before), judged(after), old, new)
    assert "same-version-other-files" in {finding.code for finding in bump.after.findings}
    assert bump.after.verdict == "block"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_whole_corpus_takes_less_than_five_seconds() -> None:
    began = time.process_time()
    for _, make, _ in ARCHIVES:
        with pytest.raises(BadArchive):
            unpack(make(), "notice")
    for _, text, _ in YAML:
        with_list(text())
    for _, blob, _ in SITES:
        with_file(blob())
    for _, files, _ in PACKAGES:
        judged({"notice.php": MAIN, **files})
    assert time.process_time() - began < MOST_S


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
