"""What the first screen says of a new version: who, what it can now, what is new in it."""

from collections.abc import Iterator, Sequence

from reconciler.core.vetting.bump import Bump, Fixed, Moved
from reconciler.core.vetting.lanes import handed_over
from reconciler.core.vetting.report_phrase import (
    Phrase,
    Quoted,
    Section,
    at,
    brief,
    counted,
    cut,
    size_text,
    weighty,
)

MAX_ABILITIES, MAX_FINDINGS, MAX_PLACES, MAX_FILES, MAX_FIXES = 7, 5, 2, 4, 2


def comparison(bump: Bump) -> Iterator[Section]:
    """The sections of a bump; those without lines are left out by who asks."""
    yield _who(bump)
    yield Section("CAN NOW", tuple(_can_now(bump)), "loud" if bump.more else "plain")
    shown = brief(f for f in bump.new if f.level != "info")
    yield Section("NEW", cut(shown, MAX_FINDINGS, "rules more, below"))
    spread = brief(bump.spread)
    yield Section("SPREAD", cut(spread, MAX_PLACES, "rules more"), "loud")
    yield Section("CODE", tuple(_code(bump)))
    yield Section("FIXES", cut(holes(bump.fixes), MAX_FIXES, "fixes more"), "good")


def holes(known: Sequence[Fixed]) -> tuple[Phrase, ...]:
    """A line for each advisory."""
    return tuple(
        (
            Quoted(one.id), " ", Quoted(one.title),
            *((", ", Quoted(one.severity)) if one.severity else ()),
            f", public for {counted(one.days_public, 'day')}" if one.days_public is not None else "",
        )
        for one in known
    )  # fmt: skip


def _who(bump: Bump) -> Section:
    if not bump.who:
        author = bump.after.profile.about.author
        return Section(
            "WHO", ((("same as before: ", Quoted(author)) if author else ("same as before",)),)
        )
    lines = tuple(_moved(moved) for moved in bump.who)
    if handed_over(bump):
        lines = (*lines[:-1], (*lines[-1], "   ← read this first"))
    return Section("WHO", lines, "loud")


def _moved(moved: Moved) -> Phrase:
    if moved.what == "contributors":
        return ("contributors: ", Quoted(" ".join(filter(None, (moved.after, moved.before)))))
    before: Phrase = (Quoted(moved.before),) if moved.before else ("none",)
    after: Phrase = (Quoted(moved.after),) if moved.after else ("none",)
    return (f"{moved.what} changed: ", *before, " → ", *after)


def _can_now(bump: Bump) -> Iterator[Phrase]:
    lines: list[Phrase] = []
    for ability, values in weighty(bump.more):
        for value in values:
            place = bump.place(ability, value)
            where: Phrase = ("   ", *at(place.file, place.line)) if place else ()
            lines.append((f"+ {ability} ", Quoted(value), *where))
    yield from cut(lines, MAX_ABILITIES, "abilities more, below")
    lost = [f"- {counted(len(values), ability)}" for ability, values in sorted(bump.less.items())]
    if lost:
        yield (", ".join(lost),)
    if not lines and not lost:
        yield ("nothing that it could not before",)


def _code(bump: Bump) -> Iterator[Phrase]:
    changes = bump.changes
    if not changes:
        yield ("no file changed",)
        return
    added, removed = sum(c.added for c in changes), sum(c.removed for c in changes)
    parts = [f"{counted(len(changes), 'file')} changed, +{added} -{removed} lines"]
    for how in ("new", "gone"):
        number = sum(1 for change in changes if change.how == how)
        parts += [f"{number} {how}"] if number else []
    before, after = size_text(bump.before.profile.size), size_text(bump.after.profile.size)
    parts.append(f"{before} → {after}" if before != after else after)
    yield ("; ".join(parts),)
    risky = [c for c in changes if c.risk and c.how != "gone"]
    lines: list[Phrase] = [
        (Quoted(c.path), f" +{c.added} -{c.removed}{f', {c.reason}' if c.reason else ''}")
        for c in risky
    ]
    yield from cut(lines, MAX_FILES, "files more, below")
