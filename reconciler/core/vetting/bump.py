"""Two versions of one package side by side: who made them, what is new in what they can do and do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reconciler.core.layers import File
from reconciler.core.vetting.finding import Fact, Finding, Rule, abilities, found, gained, in_order
from reconciler.core.vetting.headers import About
from reconciler.core.vetting.packaging import suffix
from reconciler.core.vetting.profile import Profile
from reconciler.core.vetting.vet import Vetting

SAME_VERSION_OTHER_FILES = Rule(
    code="same-version-other-files",
    level="block",
    family="packaging",
    summary="the same version, with other files than before",
    why="A version that changes under its name is how a compromised release looks.",
    fix="ask the author for a new version number and a reason",
    final=True,
)
RULES = (SAME_VERSION_OTHER_FILES,)

How = Literal["new", "gone", "changed"]

_VENDORED = {"vendor", "node_modules", "third-party", "third_party", "lib", "libs", "libraries"}
_MAX_COUNTED_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file that differs, and why to look at it. Lines are counted, not aligned: one that only
    moved counts on neither side. `risk`: the higher, the sooner."""

    path: str
    how: How
    added: int
    removed: int
    risk: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """An advisory about the old version that the new one is free of. `severity` as published."""

    id: str
    title: str
    severity: str = ""
    days_public: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A word about the maker that changed."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """What a reviewer of a new version has to know.

    `more` and `less`: abilities gained and lost. `new`: open findings that the old version has not.
    `spread`: accepted snippets at more places than before. `gone`: findings that are no more.
    """

    before: Vetting
    after: Vetting
    who: tuple[Moved, ...]
    more: Mapping[str, list[str]]
    less: Mapping[str, list[str]]
    new: tuple[Finding, ...]
    spread: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    changes: tuple[Change, ...]
    fixes: tuple[Fixed, ...]

    def place(self, ability: str, value: str) -> Fact | None:
        """Where the new version says that it can do this."""
        for fact in self.after.profile.facts:
            if (fact.ability, fact.value) == (ability, value):
                return fact
        return None


def compare(
    before: Vetting,
    after: Vetting,
    files_before: Mapping[str, File],
    files_after: Mapping[str, File],
    fixes: Sequence[Fixed] = (),
) -> Bump:
    """Compare two versions judged by the same rules, grants and day."""
    old, now = before.profile, after.profile
    could, can = abilities(old.facts), abilities(now.facts)
    more = gained(could, can)
    if old.version == now.version and old.tree_sha256 != now.tree_sha256:
        changed = found(SAME_VERSION_OTHER_FILES, "", 1, now.tree_sha256)
        after = replace(after, findings=(changed, *after.findings), verdict="block")
    new = tuple(_beyond(after.findings, _all(before)))
    closed = [item.finding for item in after.accepted]
    return Bump(
        before=before,
        after=after,
        who=tuple(_who(old.about, now.about)),
        more=more,
        less=gained(can, could),
        new=tuple(sorted(new, key=in_order)),
        spread=tuple(_beyond(closed, _all(before))),
        gone=tuple(_beyond(_all(before), _all(after))),
        changes=_changes(old, now, files_before, files_after, _reasons(after, new, more)),
        fixes=tuple(fixes),
    )


def _all(vetting: Vetting) -> tuple[Finding, ...]:
    return (*vetting.findings, *(item.finding for item in vetting.accepted))


def _beyond(findings: Sequence[Finding], others: Sequence[Finding]) -> Iterator[Finding]:
    """Findings that `others` has fewer of: a known snippet copied to a second place is new there."""
    left = Counter((f.code, f.mark) for f in others)
    places = {(f.code, f.mark, f.file) for f in others}
    # Those at their old place use up the known ones first, so that the copy is the one shown.
    for finding in sorted(findings, key=lambda f: (f.code, f.mark, f.file) not in places):
        key = (finding.code, finding.mark)
        if left[key] > 0:
            left[key] -= 1
        else:
            yield finding


def _who(old: About, now: About) -> Iterator[Moved]:
    for what, before, after in (
        ("author", old.author, now.author),
        ("author's site", old.author_uri, now.author_uri),
        ("home page", old.home, now.home),
        ("name", old.name, now.name),
        ("update address", old.update_uri, now.update_uri),
        ("licence", old.licence, now.licence),
    ):
        if _same_address(before) != _same_address(after):
            yield Moved(what, before, after)
    came = [f"+{name}" for name in now.contributors if name not in old.contributors]
    went = [f"-{name}" for name in old.contributors if name not in now.contributors]
    if came or went:
        yield Moved("contributors", " ".join(went), " ".join(came))


def _same_address(text: str) -> str:
    """An address that only became https, or lost its last slash, is the same."""
    return text.removeprefix("https://").removeprefix("http://").rstrip("/")


def _reasons(
    after: Vetting, new: Sequence[Finding], more: Mapping[str, list[str]]
) -> dict[str, tuple[int, str]]:
    """Path → (risk, why): what the findings and the new abilities point at."""
    reasons: dict[str, tuple[int, str]] = {}
    for fact in after.profile.facts:
        if fact.value in more.get(fact.ability, ()):
            reasons.setdefault(fact.file, (60, f"new {fact.ability}"))
    for finding in sorted(new, key=in_order, reverse=True):
        if finding.level != "info":
            reasons[finding.file] = (100 if finding.level == "block" else 80, finding.code)
    return reasons


def _changes(
    old: Profile,
    now: Profile,
    files_before: Mapping[str, File],
    files_after: Mapping[str, File],
    reasons: Mapping[str, tuple[int, str]],
) -> tuple[Change, ...]:
    changes = []
    for path in sorted(old.files.keys() | now.files.keys()):
        before, after = old.files.get(path), now.files.get(path)
        if before == after:
            continue
        how: How = "new" if before is None else "gone" if after is None else "changed"
        added, removed = _lines(path, files_before.get(path), files_after.get(path))
        risk, reason = reasons.get(path, _by_kind(path)) if how != "gone" else (0, "")
        changes.append(
            Change(path=path, how=how, added=added, removed=removed, risk=risk, reason=reason)
        )
    return tuple(sorted(changes, key=lambda c: (-c.risk, -c.added, c.path)))


def _by_kind(path: str) -> tuple[int, str]:
    kind = suffix(path)
    if kind == "php":
        vendored = bool(_VENDORED & set(path.split("/")[:-1]))
        return (30, "bundled PHP") if vendored else (40, "PHP")
    if kind in {"js", "mjs"}:
        return 20, "script"
    return (10, "") if kind in {"css", "json", "html", "svg", "twig"} else (0, "")


def _lines(path: str, before: File | None, after: File | None) -> tuple[int, int]:
    """(added, removed); zeros for what is no text, or too long to count."""
    sides = [file.data if file else b"" for file in (before, after)]
    # A NUL makes a picture of no PHP file: its lines count all the same.
    binary = suffix(path) != "php" and any(b"\0" in side for side in sides)
    if binary or any(len(side) > _MAX_COUNTED_BYTES for side in sides):
        return 0, 0
    old, now = (Counter(side.splitlines()) for side in sides)
    return (now - old).total(), (old - now).total()
