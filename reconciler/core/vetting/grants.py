"""What a package can do, compared with what the allowlist grants it."""

from collections.abc import Iterator, Sequence
from typing import Literal

from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.finding import Ability, Fact, Finding, Rule, found

UNKNOWN = "?"
"""How the analysis of PHP writes a host that is made at run time."""

Standing = Literal["entered", "proposed"]
"""Whether somebody decided what to grant already: an entry of the allowlist, or none yet."""


def _rule(code: str, summary: str, why: str, fix: str) -> Rule:
    return Rule(code=code, level="block", family="network", summary=summary, why=why, fix=fix)


HOST_NOT_GRANTED = _rule(
    "host-not-granted",
    "it asks a host that it was not granted",
    "Webheads reach granted hosts only, so the call fails; and what it would tell that host is the question.",
    "grant the host under network, or ask the author what it is for",
)
ASSET_HOST_NOT_GRANTED = Rule(
    code="asset-host-not-granted",
    level="warn",
    family="network",
    summary="pages load from a host that it was not granted",
    why="Every visitor's browser asks that host: it learns who reads what, and can change the page.",
    fix="ask the author to ship the file, or grant the host under network",
)
CRON_NOT_GRANTED = Rule(
    code="cron-not-granted",
    level="block",
    family="cron",
    summary="it schedules an event that it was not granted",
    why="Scheduled code runs unseen, on every site, long after the review.",
    fix="grant the event under cron",
)
TABLE_NOT_GRANTED = Rule(
    code="table-not-granted",
    level="block",
    family="database",
    summary="it has a table that it was not granted",
    why="Its rows are in every dump and restore of the site, and may stay when the plugin goes.",
    fix="grant the table under tables, with {prefix} for the site's prefix",
)
ROUTE_NOT_GRANTED = Rule(
    code="route-not-granted",
    level="block",
    family="requests",
    summary="it adds a REST route that it was not granted",
    why="A route is a door to the site from outside.",
    fix="grant the namespace under routes",
)
WRITE_NOT_GRANTED = Rule(
    code="write-not-granted",
    level="block",
    family="statelessness",
    summary="it writes files where it was not granted",
    why="Webheads are read-only and replaced at any time: outside uploads and temp nothing can be written.",
    fix="grant writes: uploads or temp if that is where they go, else ask for the database",
)
GRANT_UNUSED = Rule(
    code="grant-unused",
    level="info",
    family="network",
    summary="a grant that nothing in the code uses",
    why="What is granted and not needed is open to the next version.",
    fix="remove the grant",
)
RULES = (
    HOST_NOT_GRANTED,
    ASSET_HOST_NOT_GRANTED,
    CRON_NOT_GRANTED,
    TABLE_NOT_GRANTED,
    ROUTE_NOT_GRANTED,
    WRITE_NOT_GRANTED,
    GRANT_UNUSED,
)


def grant_findings(facts: Sequence[Fact], grants: Grants, standing: Standing) -> Iterator[Finding]:
    """More than granted blocks once somebody decided on grants; before, it is what to decide on.

    Granted and unused is said as well.
    """
    yield from _more(facts, "host", HOST_NOT_GRANTED, grants.network, standing)
    yield from _more(facts, "asset-host", ASSET_HOST_NOT_GRANTED, grants.network, standing)
    yield from _more(facts, "cron", CRON_NOT_GRANTED, grants.cron, standing)
    yield from _more(facts, "table", TABLE_NOT_GRANTED, grants.tables, standing)
    yield from _more(facts, "route", ROUTE_NOT_GRANTED, grants.routes, standing)
    yield from _more(facts, "write", WRITE_NOT_GRANTED, (grants.writes,), standing)
    for name, granted, used in (
        ("network", grants.network, ("host", "asset-host")),
        ("cron", grants.cron, ("cron",)),
        ("tables", grants.tables, ("table",)),
        ("routes", grants.routes, ("route",)),
    ):
        for grant in granted:
            if not any(f.ability in used and covered(f.ability, f.value, (grant,)) for f in facts):
                yield found(GRANT_UNUSED, "", 1, f"{name}: {grant}", detail=f"{name}: {grant}")


def covered(ability: Ability, value: str, granted: Sequence[str]) -> bool:
    """Whether one of `granted` allows this: a host by name, a route by its namespace."""
    match ability:
        case "route":
            path = value.rsplit(" ", 1)[-1].strip("/")
            return any(path == g.strip("/") or path.startswith(g.strip("/") + "/") for g in granted)
        case "write":
            return _place(value) in granted
        case "host" | "asset-host":
            return value.lower() in granted or value == UNKNOWN  # which has a rule of its own
        case _:
            return value in granted


def _place(value: str) -> str:
    """Where a folded path leads: `uploads`, `temp`, or itself."""
    for place in ("uploads", "temp"):
        if value == place or value.startswith((f"{{{place}}}", f"{place}/", f"{place}:")):
            return place
    return value


def _more(
    facts: Sequence[Fact],
    ability: Ability,
    rule: Rule,
    granted: Sequence[str],
    standing: Standing,
) -> Iterator[Finding]:
    """One finding for each value, at the first place that says it."""
    told: set[str] = set()
    for fact in sorted(facts):
        if fact.ability != ability or fact.value in told or covered(ability, fact.value, granted):
            continue
        told.add(fact.value)
        level = "warn" if standing == "proposed" else rule.level
        yield found(rule, fact.file, fact.line, fact.value, detail=fact.value, level=level)
