"""The report as a reader meets it, before any format: a first screen of 25 lines, then all findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.core.vetting.bump import Bump
from reconciler.core.vetting.finding import Fact, Finding, abilities
from reconciler.core.vetting.lanes import Lane
from reconciler.core.vetting.outside import Outside
from reconciler.core.vetting.report_change import MAX_FIXES, comparison, holes
from reconciler.core.vetting.report_phrase import (
    MAX_DEEDS,
    MAX_VALUES,
    Phrase,
    Quoted,
    Section,
    brief,
    counted,
    cut,
    size_text,
    weighty,
)
from reconciler.core.vetting.vet import Vetting

FIRST_SCREEN_LINES = 25
MAX_ABILITIES, MAX_FINDINGS, MAX_MARKS = 9, 5, 2


@dataclass(frozen=True, slots=True)
class Report:
    """`listed`: each open finding and whether it is new (None without an older version)."""

    title: Phrase
    vetting: Vetting
    bump: Bump | None
    outside: Outside
    lane: Lane
    sections: tuple[Section, ...]
    listed: tuple[tuple[Finding, bool | None], ...]


def report(
    vetting: Vetting,
    bump: Bump | None,
    outside: Outside,
    lane: Lane,
    used_by: Sequence[str] = (),
) -> Report:
    """Arrange what is known. `used_by`: sites that have the package active."""
    own = vetting.profile
    version: Phrase = (
        (Quoted(bump.before.profile.version), " → ", Quoted(own.version))
        if bump
        else (Quoted(own.version),)
    )
    title: Phrase = (own.kind, " ", Quoted(own.slug), " ", *version)
    sections = tuple(
        section
        for section in (
            _verdict(vetting, bump, lane),
            *((_users(used_by),) if used_by else ()),
            Section("HOLES", cut(holes(outside.holes), MAX_FIXES, "holes more"), "loud"),
            *(comparison(bump) if bump else _profile(vetting)),
            _did(vetting),
            Section("PUBLIC", ((outside.public.words,),) if outside.public.since else ()),
            _checked(vetting),
            _todo(vetting, bump),
        )
        if section.lines
    )
    # Another maker is what everything else has to be read by.
    loud = [s for s in sections if s.label == "WHO" and s.tone == "loud"]
    calm = [s for s in sections if s not in loud]
    return Report(
        title=title,
        vetting=vetting,
        bump=bump,
        outside=outside,
        lane=lane,
        sections=_fitted((*loud, *calm)),
        listed=tuple(_listed(vetting, bump)),
    )


def _listed(vetting: Vetting, bump: Bump | None) -> Iterator[tuple[Finding, bool | None]]:
    if bump is None:
        yield from ((finding, None) for finding in vetting.findings)
        return
    yield from ((finding, True) for finding in bump.new)
    yield from ((f, False) for f in vetting.findings if f not in bump.new)


def _verdict(vetting: Vetting, bump: Bump | None, lane: Lane) -> Section:
    findings = bump.new if bump else vetting.findings
    verdict = "block" if any(f.level == "block" for f in findings) else vetting.verdict
    word = "new " if bump else ""
    counts = [
        counted(number, f"{word}{name}")
        for level, name in (("block", "block"), ("warn", "warning"), ("info", "note"))
        if (number := sum(1 for f in findings if f.level == level))
    ]
    known = len(vetting.findings) - sum(1 for f in vetting.findings if f in findings)
    counts += [f"{known} known and open"] if known else []
    counts += [f"{len(vetting.accepted)} accepted"] if vetting.accepted else []
    said = ", ".join(counts) or ("nothing new" if bump else "nothing found")
    people = counted(lane.reviewers, "reviewer") if lane.reviewers else "no reviewer needed"
    line = (f"{verdict}: {said} · lane {lane.colour}, {people}: {'; '.join(lane.reasons)}",)
    return Section("VERDICT", (line,), "loud" if verdict == "block" else "plain")


def _profile(vetting: Vetting) -> Iterator[Section]:
    """What the package is; for a bump only what its other sections don't say."""
    own = vetting.profile
    words = own.about
    who: list[Phrase] = []
    if words.author:
        who.append(
            (Quoted(words.author), *((" ", Quoted(words.author_uri)) if words.author_uri else ()))
        )
    if words.contributors:
        who.append(("contributors: ", Quoted(", ".join(words.contributors[:10]))))
    yield Section("WHO", tuple(who) or (("nobody is named",),))
    yield Section(
        "CAN",
        cut(list(_abilities(own.facts)), MAX_ABILITIES, "kinds more, below")
        or (("nothing beyond drawing pages",),),
    )
    shown = brief(f for f in vetting.findings if f.level != "info")
    yield Section("FOUND", cut(shown, MAX_FINDINGS, "rules more, below"))
    php = sum(1 for path in own.files if path.endswith(".php"))
    licence = own.licence or words.licence or "no licence"
    needs = [
        f"PHP {words.requires_php}" if words.requires_php else "",
        f"WordPress {words.requires_wp}" if words.requires_wp else "",
    ]
    wants = f"; needs {' and '.join(filter(None, needs))}" if any(needs) else ""
    yield Section(
        "IS",
        (
            (
                f"{counted(len(own.files), 'file')} ({php} PHP), {size_text(own.size)}, ",
                Quoted(licence),
                Quoted(wants),
            ),
        ),
    )
    listed = [f"{library.name} {library.version}".strip() for library in own.libraries]
    more = f" and {len(listed) - MAX_VALUES} more" if len(listed) > MAX_VALUES else ""
    if listed:
        yield Section("BUNDLES", ((Quoted(", ".join(listed[:MAX_VALUES])), more),))


def _abilities(facts: Sequence[Fact]) -> Iterator[Phrase]:
    for ability, values in weighty(abilities(facts)):
        shown = ", ".join(values[:MAX_VALUES])
        more = f" and {len(values) - MAX_VALUES} more" if len(values) > MAX_VALUES else ""
        yield (f"{ability}: ", Quoted(shown), more)


def _checked(vetting: Vetting) -> Section:
    """What was looked at, and what was not: silence about a check would pass for a good result."""
    php = f"PHP {vetting.syntax.php} compiles it" if vetting.syntax else "syntax not checked"
    if vetting.syntax and vetting.syntax.findings:
        php = f"PHP {vetting.syntax.php} does not compile it"
    ran = "ran in the image" if vetting.behaviour else "not run"
    if vetting.behaviour and vetting.behaviour.incomplete:
        ran = "ran in the image, not all of it"
    return Section("CHECKED", ((f"files and code; {php}; {ran}",),))


def _did(vetting: Vetting) -> Section:
    """What the run showed; all of it is in the other formats."""
    told = vetting.behaviour.lines() if vetting.behaviour else ()
    lines: list[Phrase] = [(f"{what}: ", Quoted(which)) for what, which in told]
    return Section("DID", cut(lines, MAX_DEEDS, "more, below"))


def _users(used_by: Sequence[str]) -> Section:
    more = f" and {len(used_by) - MAX_VALUES} more" if len(used_by) > MAX_VALUES else ""
    line = (f"{counted(len(used_by), 'site')}: ", ", ".join(used_by[:MAX_VALUES]), more)
    return Section("USED BY", (line,))


def _todo(vetting: Vetting, bump: Bump | None) -> Section:
    """What a reviewer can do now."""
    findings = bump.new if bump else vetting.findings
    blocks = [f for f in findings if f.level == "block"]
    final = [f for f in blocks if f.rule.final]
    tree = vetting.profile.tree_sha256[:12]
    keep: Phrase = ("keep ", Quoted(bump.before.profile.version)) if bump else ("leave it out",)
    if final:
        words: Phrase = (
            f"do not approve: {final[0].code} has no exception · ask the author · ",
            *keep,
        )
    elif blocks:
        marks = ", ".join(
            [f"{f.code} {f.mark}" for f in blocks[:MAX_MARKS]] + ["…"] * (len(blocks) > MAX_MARKS)
        )
        words = (
            f"ask the author, or accept with a reason ({marks}) · ",
            *keep,
        )
    elif any(f.level == "warn" for f in findings):
        words = (f"read the warnings, then approve {tree} · ask the author · ", *keep)
    else:
        words = (f"approve {tree}",)
    return Section("DO", (words,))


def _fitted(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Shorten the longest sections until all fit on the first screen, the title's line included."""
    chosen = list(sections)
    while 1 + sum(len(s.lines) for s in chosen) > FIRST_SCREEN_LINES:
        longest = max(range(len(chosen)), key=lambda n: len(chosen[n].lines))
        section = chosen[longest]
        lines = (*section.lines[:-2], ("… more below",))
        chosen[longest] = Section(section.label, lines, section.tone)
    return tuple(chosen)
