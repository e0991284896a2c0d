"""What a proposal changes, file by file. A file that moved is one that went and one that came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.core.blob import ADVISORIES, Blob
from reconciler.core.review.codeowners import PLACES
from reconciler.core.sitefiles import FOLDER, NOT_SITES

MAX_CHANGED_FILES = 100
"""A forge's list of files has pages; what does not fit on the first is not looked at by anybody."""

Area = Literal[
    "site", "allowlist", "review", "advisories", "platform", "image", "rules", "program", "other"
]
How = Literal["adds", "changes", "removes"]
_RULES = (".github/", ".forgejo/", ".gitea/")
_PROGRAM = (
    *("reconciler/", "schemas/", "vetting/", "deploy/", "tests/", ".ci/"),
    *("Makefile", "pyproject.toml", "requirements.lock"),
)
"""The program, and what it is built and tested with."""


@dataclass(frozen=True, slots=True)
class Change:
    """One path. `before` and `after` are None where the path is not there."""

    path: str
    before: Blob | None
    after: Blob | None

    @property
    def how(self) -> How:
        """What becomes of the path."""
        if self.before is None:
            return "adds"
        return "removes" if self.after is None else "changes"

    @property
    def area(self) -> Area:
        """What the path is for."""
        return area_of(self.path)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A base, the changes of a head since both parted, and paths that the base changed since too.

    `author` and `approved_by` are forge logins; `author` is None where nobody said. `former` holds
    added site files as the base had them before they were removed: what such a site stored is kept.
    """

    base: Mapping[str, Blob]
    changes: tuple[Change, ...]
    author: str | None = None
    approved_by: tuple[str, ...] = ()
    moved_on: tuple[str, ...] = ()
    former: Mapping[str, Blob] = field(default_factory=dict)

    @property
    def result(self) -> dict[str, Blob]:
        """The files after a merge."""
        files = dict(self.base)
        for change in self.changes:
            files.pop(change.path, None)
            if change.after is not None:
                files[change.path] = change.after
        return files

    def in_area(self, *areas: Area) -> tuple[Change, ...]:
        """Changes of these areas, in order."""
        return tuple(change for change in self.changes if change.area in areas)


def area_of(path: str) -> Area:
    """What a path of the repository is for."""
    if path.startswith(_RULES) or path in PLACES:
        return "rules"
    if path.startswith(FOLDER):
        return "other" if path.removeprefix(FOLDER) in NOT_SITES else "site"
    exact: dict[str, Area] = {
        "plugins-allowlist.yaml": "allowlist",
        "platform.yaml": "platform",
        ADVISORIES: "advisories",
        "image": "image",
        "sites": "site",
    }
    if path in exact:
        return exact[path]
    starts: tuple[tuple[str, Area], ...] = (
        ("image/", "image"),
        ("reviews/", "review"),
        ("certificates/", "platform"),
        *((start, "program") for start in _PROGRAM),
    )
    return next((area for start, area in starts if path.startswith(start)), "other")


def incomplete(changes: int, moved: int, told: int | None) -> tuple[str, str] | None:
    """(why the list of changed files cannot be taken for the whole, what to do), or None.

    `told` is the forge's number, which counts a file that moved once; `moved` is the most files that
    may have.
    """
    if changes > MAX_CHANGED_FILES:
        why = f"{changes} files are changed, and more than {MAX_CHANGED_FILES} cannot be reviewed"
        return why, "split it into smaller pull requests, each complete by itself"
    if told is not None and not changes - moved <= told <= changes:
        why = f"the forge counts {told} changed files, and this repository shows {changes}"
        return why, "bring the base into your branch and push: both have to see the same files"
    return None


def most_moved(changes: Iterable[Change]) -> int:
    """How many pairs of a removed and an added file there are at most."""
    hows = [change.how for change in changes]
    return min(hows.count("adds"), hows.count("removes"))
