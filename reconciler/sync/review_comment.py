"""The trusted half of a review: one comment and the labels, from an event and a distrusted report."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.core.review.change import MAX_CHANGED_FILES
from reconciler.core.review.comment import (
    MARK,
    Comment,
    changed_labels,
    comment_for,
    on_another_base,
)
from reconciler.core.review.event import Event
from reconciler.core.review.kept import MAX_REPORT_BYTES
from reconciler.shell.forge import Forge, Pull

Label = Mapping[str, str]


def comment(
    event: Event, report: Path, forge: Forge, labels: Sequence[Label] = ()
) -> Iterator[str]:
    """Write or edit the comment of each open pull request with this head; yields what was done.

    `labels`: how ours look (`name`, `color`, `description`) where the forge has to make them. Raises StageFailed where the forge fails.
    """
    for pull in forge.open_pulls(event.owner, event.branch, event.sha, event.into):
        yield from _on(pull, event, _bytes(report), forge, labels)


def _on(
    pull: Pull, event: Event, report: bytes | None, forge: Forge, labels: Sequence[Label]
) -> Iterator[str]:
    wanted = _wanted(pull, event, report, forge)
    known = forge.own_comment(pull.number, MARK)
    if known is None:
        forge.write_comment(pull.number, wanted.body)
        yield f"#{pull.number}: commented"
    elif known[1].rstrip() != wanted.body.rstrip():  # forges drop the last line end
        forge.edit_comment(known[0], wanted.body)
        yield f"#{pull.number}: comment edited"
    more, less = changed_labels(forge.labels(pull.number), wanted.labels)
    for name in less:
        forge.remove_label(pull.number, name)
    for label in labels:
        if label["name"] in more:
            forge.make_label(label)
    if more:
        forge.add_labels(pull.number, more)
    if more or less:
        yield f"#{pull.number}: labels {' '.join([*(f'+{n}' for n in more), *(f'-{n}' for n in less)])}"


def _wanted(pull: Pull, event: Event, report: bytes | None, forge: Forge) -> Comment:
    many = pull.changed_files > MAX_CHANGED_FILES
    files = [] if many else forge.changed_paths(pull.base, event.sha)
    wanted = comment_for(event.sha, report, files, pull.changed_files)
    # One commit may be proposed for two branches: an old one has other owners, and what was found
    # there must not be told here.
    fits = not wanted.base or (
        forge.follows(wanted.base, pull.base) and forge.follows(event.into, wanted.base)
    )
    return wanted if fits else on_another_base(event.sha)


def _bytes(report: Path) -> bytes | None:
    """The report; None where there is none, or what is there is no file of its own."""
    try:
        # Not followed, and not waited for: a stranger may have made it a link or a pipe.
        number = os.open(report, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(number, "rb") as opened:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            return opened.read(MAX_REPORT_BYTES + 1)
    except OSError:
        return None
