"""CODEOWNERS: which of its lines counts for a path, as the forge's documentation says."""

import pytest

from reconciler.core.blob import Blob
from reconciler.core.review.change import area_of, incomplete
from reconciler.core.review.codeowners import PLACES, read_owners

FILE = """\
# everybody
*                @all
/sites/          @wpaas/community @kim # and a word
docs/*           @docs
apps/            @apps
*.js             @js
/build/**/out    @deep
**/logs          @logs
/sites/free.json
mail.txt         somebody@example.org @ok-1 @-bad @a/b/c
"""


def owners(path: str, text: str = FILE) -> tuple[str, ...]:
    return read_owners({PLACES[0]: Blob(PLACES[0], "100644", text.encode())}).of(path)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("README.md", ("@all",)),
        ("sites/a.json", ("@wpaas/community", "@kim")),
        ("x/sites/a.json", ("@all",)),
        ("sites", ("@all",)),
        ("docs/a.md", ("@docs",)),
        ("docs/a/b.md", ("@all",)),
        ("deep/apps/x/y", ("@apps",)),
        ("a/b.js", ("@js",)),
        ("sites/x.js", ("@js",)),
        ("build/a/b/out", ("@deep",)),
        ("build/out", ("@deep",)),
        ("a/logs/b", ("@logs",)),
        ("sites/free.json", ()),
        ("mail.txt", ("@ok-1",)),
    ],
)
def test_the_last_line_that_fits_counts(path: str, wanted: tuple[str, ...]) -> None:
    assert owners(path) == wanted


def test_the_first_place_that_is_there_counts_and_a_link_counts_for_nothing() -> None:
    blobs = {place: Blob(place, "100644", f"* @p{n}".encode()) for n, place in enumerate(PLACES)}
    assert read_owners(blobs).of("x") == ("@p0",)
    del blobs[PLACES[0]]
    assert read_owners(blobs).of("x") == ("@p1",)
    assert read_owners({PLACES[0]: Blob(PLACES[0], "120000", b"* @x")}).of("x") == ()
    assert owners("x", "* @a\n" + "# x\n" * 5_000 + "* @b\n") == ("@a",)
    assert read_owners({}).of("x") == ()


@pytest.mark.parametrize(
    ("path", "area"),
    [
        (".github/workflows/review.yml", "rules"), ("docs/CODEOWNERS", "rules"), ("sites/a.json", "site"),
        ("sites/README.md", "other"), ("sites", "site"), ("plugins-allowlist.yaml", "allowlist"),
        ("reviews/x/1.json", "review"), ("image/Dockerfile", "image"), ("image", "image"),
        ("certificates/a.pem", "platform"), ("platform.yaml", "platform"), ("schemas/x", "program"),
        ("Makefile", "program"), ("advisories.json", "advisories"), ("README.md", "other"),
        (".forgejo/workflows/x.yml", "rules"), (".gitea/workflows/x.yml", "rules"), (".ci/run", "program"),
        ("vetting/recorder.php", "program"), ("tests/conftest.py", "program"), ("github/x", "other"),
    ],
)  # fmt: skip
def test_a_path_belongs_to_one_area(path: str, area: str) -> None:
    assert area_of(path) == area


@pytest.mark.parametrize(
    ("changes", "moved", "told"),
    [(100, 0, None), (2, 1, 1), (2, 1, 2), (0, 0, 0)],
)
def test_a_whole_list_is_reviewed(changes: int, moved: int, told: int | None) -> None:
    assert incomplete(changes, moved, told) is None


@pytest.mark.parametrize(
    ("changes", "moved", "told"),
    [(101, 0, None), (101, 0, 101), (2, 0, 1), (3, 0, 4)],
)
def test_a_list_that_may_lack_files_is_refused(changes: int, moved: int, told: int | None) -> None:
    assert incomplete(changes, moved, told) is not None
