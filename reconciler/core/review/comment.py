"""The one comment of a pull request, and its labels: from a report that is distrusted.

The report was written by a run that a stranger's pull request started, and may have been forged by one that changes the workflows:
what a change of rules says of itself is never repeated.
"""

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.core.review.change import MAX_CHANGED_FILES, area_of
from reconciler.core.review.formats import as_markdown
from reconciler.core.review.kept import NotAReport, from_json
from reconciler.core.review.labels import LABELS

MARK = "<!-- wpaas review -->"
"""Begins our comment, so that it is found again and edited."""

_SPLIT = "Please split this into smaller pull requests, each complete by itself."
_BY_HAND = "Operators: please read all of it by hand, then approve or decline."


@dataclass(frozen=True, slots=True)
class Comment:
    """What a pull request is to have: one comment, and these of our labels.

    `base` is the commit that the told report compares with; "" where none is told.
    """

    body: str
    labels: frozenset[str]
    base: str = ""


def comment_for(
    sha: str, report: bytes | None, files: Collection[Collection[str]], told: int
) -> Comment:
    """The comment on the head `sha`. `files`: the paths of each file that the forge sees changed.

    `told`: how many it says there are. `report` is None where the run left none.
    """
    number = max(told, len(files))
    if number > MAX_CHANGED_FILES:
        return _fixed(sha, f"{number} files are too many to look at.", _SPLIT, "needs-author")
    if len(files) < told:
        why = f"{told} files are changed, and {told - len(files)} of them cannot be seen."
        return _fixed(sha, why, _SPLIT, "needs-author")
    if any(area_of(path) == "rules" for paths in files for path in paths):
        why = "This changes who decides here or what is checked, so no automatic review counts."
        return _fixed(sha, why, _BY_HAND, "needs-review", "rules")
    if report is None:
        why = "The check ended without a report; its log says why."
        return _fixed(sha, why, "Operators: please run it again, or mend the check.", "held")
    try:
        base, review = from_json(report, sha)
    except NotAReport as e:
        why = f"The check's report cannot be used: {e}."
        return _fixed(sha, why, "Operators: please look into the log of the check.", "held")
    return Comment(_body(sha, as_markdown(review)), frozenset(review.labels), base)


def on_another_base(sha: str) -> Comment:
    """What is said in the place of a report that compares with what this was not proposed for."""
    why = "The check compared this with another base than the one that it is proposed for."
    return _fixed(sha, why, "Operators: please run the check again.", "held")


def changed_labels(now: Collection[str], wanted: frozenset[str]) -> tuple[list[str], list[str]]:
    """(labels to add, labels to remove), sorted; those that are not ours stay."""
    return sorted(wanted - set(now)), sorted((set(now) & LABELS) - wanted)


def _fixed(sha: str, why: str, following: str, *labels: str) -> Comment:
    text = f"### ✋ {why}\n\n**NEXT** {following}\n"
    return Comment(_body(sha, text), frozenset(labels))


def _body(sha: str, text: str) -> str:
    return f"{MARK}\n{text}\n<sub>of commit {sha[:12]}; this comment is kept up to date</sub>\n"
