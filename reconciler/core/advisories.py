"""Known holes in plugins, themes and WordPress: a feed reduced to what the fleet may run.

The feed's shape is that of Wordfence Intelligence, version 3. What is missing or odd in a record
counts against the package: an advisory is never silent because somebody mistyped it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Literal

from reconciler.core.versions import compare, compare_padded

SoftwareKind = Literal["plugin", "theme", "core"]
KINDS: tuple[SoftwareKind, ...] = ("plugin", "theme", "core")
Software = tuple[SoftwareKind, str]
"""Kind and slug; both must be the same, since a theme and a plugin may share a slug."""

GRAVE_CVSS = 7.0
MOST_SHRINKAGE_PERCENT = 5
_ANY = "*"


@dataclass(frozen=True, slots=True)
class Range:
    """Affected versions; "*" is without a bound."""

    first: str = _ANY
    first_included: bool = True
    last: str = _ANY
    last_included: bool = True

    def holds(self, version: str) -> bool:
        """Whether a version lies in it. A version that is not known does."""
        if not version:
            return True
        below = compare_padded(version, self.first) if self.first != _ANY else 1
        above = compare_padded(version, self.last) if self.last != _ANY else -1
        return (below > 0 or (below == 0 and self.first_included)) and (
            above < 0 or (above == 0 and self.last_included)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One hole in one package. `cvss` is None where nobody scored it; `fixed` lists versions."""

    id: str
    title: str
    kind: SoftwareKind
    slug: str
    affected: tuple[Range, ...]
    fixed: tuple[str, ...] = ()
    cvss: float | None = None
    cve: str = ""
    exploited: bool = False
    published: str = ""
    copyright: str = ""

    def affects(self, version: str) -> bool:
        """Whether a version is affected; without a range, every one is."""
        return not self.affected or any(each.holds(version) for each in self.affected)

    @property
    def grave(self) -> bool:
        """Whether a site must not run it: CVSS 7 or more, not scored, or used by attackers."""
        return self.exploited or self.cvss is None or self.cvss >= GRAVE_CVSS

    @property
    def score(self) -> str:
        """How bad, by which name, and whether it is used: "CVSS 8.1, CVE-2026-1234, exploited"."""
        score = "no CVSS" if self.cvss is None else f"CVSS {self.cvss:g}"
        known = [score, *([self.cve] if self.cve else []), *(["exploited"] * self.exploited)]
        return ", ".join(known)


def hitting(
    advisories: Iterable[Advisory], kind: SoftwareKind, slug: str, version: str
) -> tuple[Advisory, ...]:
    """Those that affect a version, the worst first."""
    found = (a for a in advisories if (a.kind, a.slug) == (kind, slug) and a.affects(version))
    return tuple(sorted(found, key=_worst_first))


def _worst_first(advisory: Advisory) -> tuple[bool, float, str]:
    return (
        not advisory.exploited,
        -(10.0 if advisory.cvss is None else advisory.cvss),
        advisory.id,
    )


def fixed_version(
    advisories: Iterable[Advisory], kind: SoftwareKind, slug: str, version: str
) -> str:
    """The oldest version after `version` that a record calls fixed and none calls affected; or ""."""
    about = [a for a in advisories if (a.kind, a.slug) == (kind, slug)]
    fixed = {v for a in about if a.affects(version) for v in a.fixed}
    later = [v for v in fixed if not version or compare(v, version) > 0]
    good = (v for v in later if not any(a.affects(v) for a in about))
    return min(good, key=cmp_to_key(compare), default="")


def reduced(
    feed: Mapping[str, Any], wanted: frozenset[Software], exploited: frozenset[str]
) -> tuple[Advisory, ...]:
    """The feed's records about `wanted`, sorted. `exploited` names CVEs that attackers use."""
    found = (
        advisory
        for id_, record in feed.items()
        if isinstance(record, Mapping)
        for advisory in _of_record(str(id_), record, wanted, exploited)
    )
    return tuple(sorted(found, key=lambda a: (a.kind, a.slug, a.id)))


def _of_record(
    id_: str, record: Mapping[str, Any], wanted: frozenset[Software], exploited: frozenset[str]
) -> Iterator[Advisory]:
    software = record.get("software")
    for item in software if isinstance(software, list) else ():
        if not isinstance(item, Mapping):
            continue
        kind, slug = item.get("type"), item.get("slug")
        if kind not in KINDS or (kind, slug) not in wanted:
            continue
        cve = record.get("cve")
        yield Advisory(
            id=id_,
            title=str(record.get("title") or "a hole without a title"),
            kind=kind,
            slug=str(slug),
            affected=_ranges(item.get("affected_versions")),
            fixed=tuple(str(v) for v in item.get("patched_versions") or ()),
            cvss=_score(record),
            cve=cve if isinstance(cve, str) else "",
            exploited=isinstance(cve, str) and cve in exploited,
            published=str(record.get("published") or "")[:10],
            copyright=_copyright(record.get("copyrights")),
        )


def _ranges(value: Any) -> tuple[Range, ...]:
    """Ranges joined by OR; one that cannot be read makes every version affected."""
    items = list(value.values()) if isinstance(value, Mapping) else []
    if not items or not all(isinstance(item, Mapping) for item in items):
        return ()
    return tuple(
        Range(
            str(item.get("from_version") or _ANY),
            item.get("from_inclusive") is not False,
            str(item.get("to_version") or _ANY),
            item.get("to_inclusive") is not False,
        )
        for item in items
    )


def _score(record: Mapping[str, Any]) -> float | None:
    cvss = record.get("cvss")
    score = cvss.get("score") if isinstance(cvss, Mapping) else None
    if isinstance(score, int | float) and not isinstance(score, bool):
        return float(score)
    return 0.0 if record.get("informational") is True else None


def _copyright(value: Any) -> str:
    """The notices that the feed's terms want kept, as one text."""
    if not isinstance(value, Mapping):
        return ""
    notices = (part.get("notice") for part in value.values() if isinstance(part, Mapping))
    return "; ".join(sorted({str(notice) for notice in notices if notice}))


def shrunk(before: int, now: int) -> bool:
    """Whether a feed lost more than 5 per cent of its records: then it is not believed."""
    return now * 100 < before * (100 - MOST_SHRINKAGE_PERCENT)
