"""What the forge says has happened, distrusted: only names and ids are taken of an event."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_EVENT_BYTES = 4 * 1024 * 1024

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH = re.compile(r"[^\x00-\x20\x7f]{1,255}")


class NotAnEvent(Exception):
    """The event is not the end of a run for a pull request; the reason is ours."""


@dataclass(frozen=True, slots=True)
class Event:
    """The run that has ended: of which repository, and for which head. `owner` has the branch.

    `into` is the repository's default branch; what is proposed for another one is none of ours.
    """

    repository: str
    into: str
    owner: str
    branch: str
    sha: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The head of a pull request that is there to be looked at."""

    repository: str
    number: int
    sha: str


def read_event(data: bytes) -> Event:
    """Read the forge's `workflow_run` event. Raises NotAnEvent."""
    value = _loaded(data)
    try:
        run = value["workflow_run"]
        found = Event(
            repository=value["repository"]["full_name"],
            into=value["repository"]["default_branch"],
            owner=run["head_repository"]["owner"]["login"],
            branch=run["head_branch"],
            sha=run["head_sha"],
        )
        kind = run["event"]
    except (KeyError, TypeError) as e:
        raise NotAnEvent("it has not the shape of a workflow_run event") from e
    if kind != "pull_request":
        raise NotAnEvent("the run was not for a pull request")
    fits = (
        (_REPOSITORY, found.repository),
        (_OWNER, found.owner),
        (_SHA, found.sha),
        (_BRANCH, found.branch),
        (_BRANCH, found.into),
    )
    if not _all(fits):
        raise NotAnEvent("a name in it is none")
    return found


def read_proposed(data: bytes) -> Proposed:
    """Read the forge's `pull_request` event. Raises NotAnEvent."""
    value = _loaded(data)
    try:
        pull = value["pull_request"]
        found = Proposed(value["repository"]["full_name"], pull["number"], pull["head"]["sha"])
    except (KeyError, TypeError) as e:
        raise NotAnEvent("it has not the shape of a pull_request event") from e
    fits = ((_REPOSITORY, found.repository), (_SHA, found.sha))
    if type(found.number) is not int or not _all(fits):
        raise NotAnEvent("a name in it is none")
    return found


def _loaded(data: bytes) -> Any:
    if len(data) > MAX_EVENT_BYTES:
        raise NotAnEvent("it is too large")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as e:
        raise NotAnEvent("it is not JSON") from e


def _all(fits: Iterable[tuple[re.Pattern[str], object]]) -> bool:
    return all(isinstance(text, str) and pattern.fullmatch(text) for pattern, text in fits)
