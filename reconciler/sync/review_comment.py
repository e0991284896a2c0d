"""The trusted half of a review: one comment and the labels, from an event and a distrusted report."""

from collections.abc import Iterator
from pathlib import Path

from reconciler.core.review.change import MAX_CHANGED_FILES
from reconciler.core.review.comment import MARK, Event, changed_labels, comment_for
from reconciler.core.review.kept import MAX_REPORT_BYTES
from reconciler.shell.forge import Forge, Pull


def comment(event: Event, report: Path, forge: Forge) -> Iterator[str]:
    """Write or edit the comment of each open pull request with this head; yields what was done.

    Raises StageFailed where the forge fails.
    """
    for pull in forge.open_pulls(event.owner, event.branch, event.sha):
        yield from _on(pull, event, _bytes(report), forge)


def _on(pull: Pull, event: Event, report: bytes | None, forge: Forge) -> Iterator[str]:
    many = pull.changed_files > MAX_CHANGED_FILES
    paths = [] if many else forge.changed_paths(pull.number)
    wanted = comment_for(event.sha, report, paths, pull.changed_files)
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
    if more:
        forge.add_labels(pull.number, more)
    if more or less:
        yield f"#{pull.number}: labels {' '.join([*(f'+{n}' for n in more), *(f'-{n}' for n in less)])}"


def _bytes(report: Path) -> bytes | None:
    try:
        with report.open("rb") as opened:
            return opened.read(MAX_REPORT_BYTES + 1)
    except OSError:
        return None
