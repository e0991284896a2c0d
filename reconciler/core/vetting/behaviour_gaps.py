"""What of a run could not be looked at: said, since what was not looked at is not known to be good."""

from collections.abc import Iterator

from reconciler.core.vetting.behaviour_read import Walk, name_of, requests
from reconciler.core.vetting.behaviour_tour import Step

MOST_NAMED = 3
_NOT_PHP = {0, 403, 404, 421}


def gaps(part: str, walk: Walk) -> Iterator[str]:
    """In words; `part` names the part of the run."""
    for what, named in (
        ("no time for", skipped(walk)),
        ("no record of", untold(walk)),
        ("a record that is not the recorder's of", bent(walk)),
    ):
        if named:
            more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
            yield f"{part}: {what} {', '.join(named[:MOST_NAMED])}{more}"


def skipped(walk: Walk) -> list[str]:
    """Requests for which there was no time, in their order."""
    return _once([s for s, answer in walk if "path" in s and answer.get("skipped")])


def untold(walk: Walk) -> list[str]:
    """Pages of PHP that left no record: the request was killed, or something held the record back."""
    return _once([
        step
        for step, answer in requests(walk)
        if not answer["record"] and answer["status"] not in _NOT_PHP
    ])  # fmt: skip


def bent(walk: Walk) -> list[str]:
    """Requests of which something was told that the recorder does not tell in this shape."""
    return _once([step for step, answer in requests(walk) if answer["bent"]])


def clock(walk: Walk) -> float | None:
    """The earliest time that the site's PHP told, in seconds since 1970."""
    told = [a["record"]["clock"] for _, a in requests(walk) if "clock" in (a["record"] or {})]
    return min(told, default=None)


def _once(steps: list[Step]) -> list[str]:
    return list(dict.fromkeys(name_of(step) for step in steps))
