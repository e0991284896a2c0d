"""What a package did, compared with what it may do."""

from collections.abc import Iterator, Sequence

from reconciler.core.vetting import behaviour_rules as rules
from reconciler.core.vetting.behaviour_state import LARGE_BYTES
from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.deed import Cost, Deed, Kind
from reconciler.core.vetting.finding import Ability, Finding, Level, Rule, excerpt_of, found
from reconciler.core.vetting.grants import Standing, covered

SLOW_MS, SLOWER_MS = 250.0, 100.0
"""Added to a page: what blocks (a sleep of 300 ms, less the noise), and what is to be read."""
MEMORY_KB = 32 * 1024
MANY_QUERIES = 50
AUTOLOAD_BYTES, AUTOLOAD_BLOCK_BYTES = LARGE_BYTES, 500_000
FREQUENT_S = 15 * 60

ADMIN_RIGHTS = ("administrator", "manage_options", "promote_users", "edit_users", "install_plugins")

WEIGHTY: tuple[Kind, ...] = (
    *("host", "link", "write", "table", "cron", "user", "role", "setting", "lost", "mail"),
    *("fatal", "broken", "post", "upload", "route", "ajax", "page"),
)
"""Kinds that are news when they come months later or by an answer from outside."""

_GRANTED: tuple[tuple[Kind, Ability, Rule], ...] = (
    ("host", "host", rules.UNDECLARED_HOST),
    ("link", "asset-host", rules.OUTSIDE_LINK),
    ("table", "table", rules.UNDECLARED_TABLE),
    ("cron", "cron", rules.UNDECLARED_CRON),
)
_ALWAYS: tuple[tuple[Kind, Rule], ...] = (
    ("fatal", rules.FATAL),
    ("refused", rules.NOT_ACTIVATED),
    ("broken", rules.BROKEN),
    ("write", rules.WRITES_CODE),
    ("setting", rules.CHANGES_SETTINGS),
    ("lost", rules.DAMAGES),
    ("mail", rules.MAILS),
)


def judged(
    *,
    now: Sequence[Deed],
    later: Sequence[Deed],
    answered: Sequence[Deed],
    left: Sequence[Deed],
    costs: Sequence[Cost],
    incomplete: Sequence[str],
    grants: Grants,
    standing: Standing,
) -> Iterator[Finding]:
    """Findings in no order. What shows in two parts of a run is said once."""
    yield from _beyond_grants(now, grants, "warn" if standing == "proposed" else None)
    for kind, rule in _ALWAYS:
        yield from (_finding(rule, deed) for deed in _once(now, kind))
    yield from _errors(now)
    yield from _people(now)
    yield from _sizes(now)
    yield from _slow(costs)
    yield from _left(left)
    for rule, part in ((rules.WAKES_LATER, later), (rules.FOLLOWS_ANSWERS, answered)):
        yield from (_finding(rule, deed, f"{deed.kind} ") for deed in news(now, part))
    yield from (found(rules.INCOMPLETE, "", 1, what, detail=what) for what in incomplete)


def news(now: Sequence[Deed], part: Sequence[Deed]) -> list[Deed]:
    """Deeds of `part` that weigh something and that `now` has not, each once."""
    known = {(deed.kind, deed.value) for deed in now}
    fresh: dict[tuple[str, str], Deed] = {}
    for deed in sorted(part):
        if deed.kind in WEIGHTY and (deed.kind, deed.value) not in known:
            fresh.setdefault((deed.kind, deed.value), deed)
    return list(fresh.values())


def _beyond_grants(now: Sequence[Deed], grants: Grants, level: Level | None) -> Iterator[Finding]:
    granted: dict[Ability, Sequence[str]] = {
        "host": grants.network,
        "asset-host": grants.network,
        "table": grants.tables,
        "cron": grants.cron,
    }
    for kind, ability, rule in _GRANTED:
        for deed in _once(now, kind):
            if not covered(ability, deed.value, granted[ability]):
                yield _finding(rule, deed, level=level)
    yield from _routes(now, grants, level)
    for kind, place, rule in (
        ("upload", "uploads", rules.WRITES_UPLOADS),
        ("temp", "temp", rules.WRITES_TEMP),
    ):
        if grants.writes != place:
            yield from (_finding(rule, deed, level=level) for deed in now if deed.kind == kind)


def _routes(now: Sequence[Deed], grants: Grants, level: Level | None) -> Iterator[Finding]:
    """One finding for each namespace: that is what can be granted."""
    by_namespace: dict[str, list[Deed]] = {}
    for deed in _once(now, "route"):
        if not covered("route", deed.value, grants.routes):
            path = deed.value.rsplit(" ", 1)[-1]
            by_namespace.setdefault("/".join(path.strip("/").split("/")[:2]), []).append(deed)
    for namespace, deeds in sorted(by_namespace.items()):
        is_open = sum(1 for deed in deeds if deed.value.startswith("open "))
        detail = f"{namespace}, {len(deeds)} of them, {is_open} open to everybody"
        yield found(rules.UNDECLARED_ROUTE, "", 1, namespace, detail=detail, level=level)


def _left(left: Sequence[Deed]) -> Iterator[Finding]:
    """One finding for each kind of what stays."""
    by_kind: dict[Kind, list[str]] = {}
    for deed in left:
        by_kind.setdefault(deed.kind, []).append(deed.value)
    for kind, values in sorted(by_kind.items()):
        text = f"{kind} {', '.join(sorted(set(values)))}"
        yield found(rules.LEAVES, "", 1, text, detail=excerpt_of(text))


def _errors(now: Sequence[Deed]) -> Iterator[Finding]:
    for kind, level in (("warning", "warn"), ("notice", "warn"), ("deprecated", "info")):
        for deed in sorted({deed for deed in now if deed.kind == kind}):
            yield _finding(rules.ERRORS, deed, f"{kind}: ", level)  # type: ignore[arg-type] # a literal, seen as str


def _people(now: Sequence[Deed]) -> Iterator[Finding]:
    for deed in _once(now, "user"):
        powerful = any(right in deed.note.split() for right in ADMIN_RIGHTS)
        yield _finding(rules.ADDS_ADMIN if powerful else rules.CHANGES_USERS, deed)
    for deed in _once(now, "role"):
        powerful = any(f"+{right}" in deed.note.split() for right in ADMIN_RIGHTS)
        yield _finding(rules.ADDS_ADMIN if powerful else rules.CHANGES_ROLES, deed)


def _sizes(now: Sequence[Deed]) -> Iterator[Finding]:
    options = _once(now, "option")
    whole = Deed("option", "all its options", amount=sum(deed.amount for deed in options))
    large = [deed for deed in options if deed.amount >= AUTOLOAD_BYTES]
    for deed in large or [whole]:
        if deed.amount >= AUTOLOAD_BYTES:
            level: Level = "block" if deed.amount >= AUTOLOAD_BLOCK_BYTES else "warn"
            detail = f"{deed.value}, {deed.amount / 1000:.0f} kB"
            yield found(rules.AUTOLOAD, "", 1, deed.value, detail=detail, level=level)
    for deed in _once(now, "cron"):
        if 0 < deed.amount < FREQUENT_S:
            detail = f"{deed.value}, every {deed.amount} s"
            yield found(rules.FREQUENT_CRON, deed.file, deed.line, deed.value, detail=detail)


def _slow(costs: Sequence[Cost]) -> Iterator[Finding]:
    for cost in costs:
        if cost.added_ms >= SLOWER_MS:
            level: Level = "block" if cost.added_ms >= SLOW_MS else "warn"
            detail = f"{cost.page}, {cost.added_ms:.0f} ms more"
            yield found(rules.SLOW, "", 1, cost.page, detail=detail, level=level)
        if cost.added_kb >= MEMORY_KB:
            detail = f"{cost.page}, {cost.added_kb // 1024} MiB more"
            yield found(rules.MEMORY, "", 1, cost.page, detail=detail)
        if cost.added_queries >= MANY_QUERIES:
            detail = f"{cost.page}, {cost.added_queries} more"
            yield found(rules.QUERIES, "", 1, cost.page, detail=detail)


def _once(deeds: Sequence[Deed], kind: Kind) -> list[Deed]:
    """Deeds of a kind, one for each value: the one whose place is known."""
    chosen: dict[str, Deed] = {}
    for deed in sorted(deeds, key=lambda d: (d.value, d.file == "", d)):
        if deed.kind == kind:
            chosen.setdefault(deed.value, deed)
    return list(chosen.values())


def _finding(rule: Rule, deed: Deed, before: str = "", level: Level | None = None) -> Finding:
    note = f" ({deed.note})" if deed.note else ""
    text = f"{before}{deed.value}"
    return found(rule, deed.file, deed.line, text, detail=f"{text}{note}", level=level)
