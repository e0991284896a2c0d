"""Each .case file: what a branch changes, who proposes it, and the review word for word.

A case begins with a sentence; then come `author: LOGIN` and other options of the command. `--- PATH`
starts the text of a file in the head, `--- PATH (removed)` takes it away, `--- base: PATH` changes the
base before, `--- earlier: PATH` the commit before that, `--- later: PATH` the base after the branch was
made. `@TREE` in the allowlist is the digest of the package's files, `@REVIEW` in a file of
reviews/ what vetting writes. After `--- text (CODE)` or `--- markdown (CODE)` comes what is printed, and
the exit code. The repositories are real ones.
"""

import re
from pathlib import Path
from typing import get_args

import pytest
from proposals import Repository, reviewed

from reconciler.core.problem import ProblemCode
from reconciler.core.review.labels import LABELS

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.case"))
PART = re.compile(r"^--- (earlier: |base: |later: )?(\S+)(?: \((\w+)\))?\n", re.MULTILINE)
FORMATS = {"text", "markdown", "json", "github", "sarif"}
REVIEW_CODES = {
    *(
        "base-moved-on",
        "last-owner-removed",
        "name-was-used",
        "not-among-owners",
        "not-an-owner",
        "package-not-read",
    ),
    *("removes-anothers-site", "site-renamed", "vetting-blocks"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_reads_as_it_is_written(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, *parts = PART.split(case.read_text(encoding="utf-8"))
    options = re.findall(r"^([a-z-]+): (.*)$", head, re.MULTILINE)
    listed = list(zip(parts[::4], parts[1::4], parts[2::4], parts[3::4], strict=True))
    repository = Repository(tmp_path)
    for which in ("earlier: ", "base: ", "later: "):
        for when, path, mode, text in listed:
            if when == which:
                repository.change(path, mode, text)
        repository.commit(which)
        if which == "base: ":
            repository.git("branch", "start")
    repository.git("checkout", "-q", "-b", "proposal", "start")
    for when, path, mode, text in listed:
        if not when and path not in FORMATS:
            repository.change(path, mode, text)
    repository.commit("Propose")
    wanted = [(path, mode, text) for _, path, mode, text in listed if path in FORMATS]
    assert wanted
    for form, code, text in wanted:
        chosen = (f"--{key}={value}" for key, value in options)
        said, done = reviewed(repository, capsys, f"--format={form}", *chosen)
        assert said == text
        assert str(done) == code


def test_every_code_of_a_review_has_a_case() -> None:
    text = "".join(case.read_text(encoding="utf-8").split("--- text")[1] for case in CASES)
    assert {code for code in REVIEW_CODES if f": {code}" in text} == REVIEW_CODES
    assert set(get_args(ProblemCode)) >= REVIEW_CODES


def test_the_communities_page_shows_what_is_really_printed() -> None:
    page = (HERE.parents[2] / "docs/communities.md").read_text(encoding="utf-8")
    for name in ("new-site", "typo"):
        _, *parts = PART.split((HERE / f"{name}.case").read_text(encoding="utf-8"))
        (text,) = (
            text for path, text in zip(parts[1::4], parts[3::4], strict=True) if path == "text"
        )
        assert f"```\n{text}```\n" in page


def test_the_communities_page_names_every_label() -> None:
    page = (HERE.parents[2] / "docs/communities.md").read_text(encoding="utf-8")
    assert {label for label in LABELS if f"`{label}`" not in page} == set()
