"""The one comment of a pull request, and its labels: from an event and a report, both distrusted.

The event comes from the forge; only names and ids are taken of it. The report was written by a run
that a stranger's pull request started, and may have been forged by one that changes the workflows:
what a change of rules says of itself is never repeated.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from reconciler.core.review.change import MAX_CHANGED_FILES, area_of
from reconciler.core.review.formats import as_markdown
from reconciler.core.review.kept import NotAReport, from_json
from reconciler.core.review.labels import LABELS

MARK = "<!-- wpaas review -->"
"""Begins our comment, so that it is found again and edited."""
MAX_EVENT_BYTES = 4 * 1024 * 1024

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BY_HAND = "Operators: read all of it by hand, then approve or decline."
_MAX_BRANCH_CHARS = 255


class NotAnEvent(Exception):
    """The event is not the end of a run for a pull request; the reason is ours."""


@dataclass(frozen=True, slots=True)
class Event:
    """The run that has ended: of which repository, and for which head. `owner` has the branch."""

    repository: str
    owner: str
    branch: str
    sha: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What a pull request is to have: one comment, and these of our labels."""

    body: str
    labels: frozenset[str]


def read_event(data: bytes) -> Event:
    """Read the forge's `workflow_run` event. Raises NotAnEvent."""
    if len(data) > MAX_EVENT_BYTES:
        raise NotAnEvent("it is too large")
    try:
        value = json.loads(data)
        run = value["workflow_run"]
        found = Event(
            repository=value["repository"]["full_name"],
            owner=run["head_repository"]["owner"]["login"],
            branch=run["head_branch"],
            sha=run["head_sha"],
        )
        kind = run["event"]
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise NotAnEvent("it has not the shape of a workflow_run event") from e
    if kind != "pull_request":
        raise NotAnEvent("the run was not for a pull request")
    fits = (
        (_REPOSITORY, found.repository),
        (_OWNER, found.owner),
        (_SHA, found.sha),
        (re.compile(rf"[^\x00-\x20\x7f]{{1,{_MAX_BRANCH_CHARS}}}"), found.branch),
    )
    if not all(isinstance(text, str) and pattern.fullmatch(text) for pattern, text in fits):
        raise NotAnEvent("a name in it is none")
    return found


def comment_for(sha: str, report: bytes | None, paths: Collection[str], told: int) -> Comment:
    """The comment on the head `sha`. `paths`: what the forge says is changed; `told`: how many.

    `report` is None where the run left none.
    """
    if len(paths) < told or told > MAX_CHANGED_FILES:
        why = f"{told} files are changed, and not all of them can be seen at once."
        return _fixed(sha, why, "Please split it into smaller pull requests.", "needs-author")
    if any(area_of(path) == "rules" for path in paths):
        why = "This changes who decides here or what is checked, so no automatic review counts."
        return _fixed(sha, why, _BY_HAND, "needs-review", "rules")
    if report is None:
        why = "The check ended without a report; its log says why."
        return _fixed(sha, why, "Operators: run it again, or mend the check.", "held")
    try:
        review = from_json(report, sha)
    except NotAReport as e:
        why = f"The check's report cannot be used: {e}."
        return _fixed(sha, why, "Operators: see the log of the check.", "held")
    return Comment(_body(sha, as_markdown(review)), frozenset(review.labels))


def changed_labels(now: Collection[str], wanted: frozenset[str]) -> tuple[list[str], list[str]]:
    """(labels to add, labels to remove), sorted; those that are not ours stay."""
    return sorted(wanted - set(now)), sorted((set(now) & LABELS) - wanted)


def _fixed(sha: str, why: str, following: str, *labels: str) -> Comment:
    text = f"### ✋ {why}\n\n**NEXT** {following}\n"
    return Comment(_body(sha, text), frozenset(labels))


def _body(sha: str, text: str) -> str:
    return f"{MARK}\n{text}\n<sub>of commit {sha[:12]}; this comment is kept up to date</sub>\n"
