"""Answers of the client in the network, read as deeds. Everything in them may be the package's lie."""

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, cast

from reconciler.core.vetting.behaviour_heard import Answer
from reconciler.core.vetting.behaviour_tour import COSTLY, DOOR, Step
from reconciler.core.vetting.deed import Cost, Deed, Kind
from reconciler.core.vetting.finding import excerpt_of

Walk = Sequence[tuple[Step, Answer]]
"""Steps, each with what came of it, as `heard` gives it."""

OWN_HOSTS = frozenset({"", "127.0.0.1", "localhost", "database", "store", "watcher", "egress"})
_SURFACE: tuple[tuple[str, Kind], ...] = (
    ("pages", "page"),
    ("routes", "route"),
    ("ajax", "ajax"),
    ("shortcodes", "shortcode"),
    ("blocks", "block"),
    ("post types", "post type"),
)
_TREE_LINE = re.compile(r"((?:[│ ] {3})*)[├└]── ?(.+)")
_TREE_INDENT = 4
_FAILED = 500
_MEASURED = frozenset({"ms", "peak_kb", "queries"})


def deeds(walk: Walk, quiet: frozenset[str]) -> list[Deed]:
    """What the package did in these steps. `quiet`: hosts that are asked for without it as well."""
    seen: set[Deed] = set()
    for step, answer in requests(walk):
        if "without" in step.get("wanted", {}):
            continue
        record = answer.get("record") or {}
        seen.update(_recorded(record, step))
        if not record.get("fatal"):
            seen.update(_unanswered(step, answer))
        named = {deed.value for deed in seen if deed.kind == "host"}
        for line in answer.get("others", ()):
            if line.get("how") in {"dns", "proxy"} and _outside(line["host"], quiet | named):
                seen.add(Deed("host", line["host"], note=line["how"]))
            elif "id" in line:  # a request that the package sent to its own site
                seen.update(_recorded(line, step))
    by_name = {d.value for d in seen if d.kind == "host" and d.file}
    return sorted(d for d in seen if d.kind != "host" or d.file or d.value not in by_name)


def hosts(walk: Walk) -> frozenset[str]:
    """Hosts that are asked for in these steps, whoever asks."""
    return frozenset(
        line["host"]
        for _, answer in requests(walk)
        for line in answer.get("others", ())
        if "host" in line
    )


def links(walk: Walk) -> frozenset[str]:
    """Hosts in the pages that visitors saw."""
    return frozenset(
        _bare(host)
        for step, answer in requests(walk)
        if step.get("who") == "visitor"
        for host in answer.get("hosts", ())
    )


def surface(walk: Walk) -> dict[Kind, frozenset[str]]:
    """What can be reached, by kind."""
    found: dict[Kind, set[str]] = {kind: set() for _, kind in _SURFACE}
    for _, answer in requests(walk):
        told = (answer.get("record") or {}).get("surface") or {}
        for name, kind in _SURFACE:
            found[kind].update(str(value) for value in told.get(name, ()))
    return {kind: frozenset(values) for kind, values in found.items()}


def added(
    before: Mapping[Kind, frozenset[str]], after: Mapping[Kind, frozenset[str]]
) -> list[Deed]:
    """What can be reached in `after` and not in `before`."""
    return [
        Deed(kind, value)
        for kind, values in sorted(after.items())
        for value in sorted(values - before.get(kind, frozenset()))
    ]


def outside_links(before: frozenset[str], after: frozenset[str], home: str) -> list[Deed]:
    """Hosts that visitors' pages name only with the package."""
    return [Deed("link", host) for host in sorted(after - before) if _outside(host, {home})]


def costs(walk: Walk) -> tuple[Cost, ...]:
    """With the package less without it, for each page that has both: medians of the pairs, and of the
    times the quickest ones, since what else a machine does makes requests slower and never quicker.
    """
    told = []
    for name, path, _ in COSTLY:
        records: dict[bool, list[Mapping[str, Any]]] = {True: [], False: []}
        for step, answer in requests(walk):
            if step["path"] == path and set(answer["record"] or {}) >= _MEASURED:
                records["without" in step["wanted"]].append(answer["record"])
        pairs = list(zip(records[False], records[True], strict=False))
        if pairs:
            quickest = [min(float(r["ms"]) for r in side) for side in zip(*pairs, strict=True)]
            kb, queries = (
                round(median(float(a[key]) - float(b[key]) for a, b in pairs))
                for key in ("peak_kb", "queries")
            )
            told.append(Cost(name, quickest[0] - quickest[1], kb, queries))
    return tuple(told)


def refusal(answer: Answer) -> str:
    """What WordPress or PHP has against activating it; "" where it is active."""
    record = answer.get("record") or {}
    if record.get("fatal"):
        return str(record["fatal"]["text"])
    status = answer.get("status", 0)
    if status != 200:  # noqa: PLR2004 - HTTP
        return f"the request was answered with {status or 'nothing'}"
    return str(answer.get("said", ""))


def tree_files(listed: str) -> list[str]:
    """Paths of files in what the store's shell draws as a tree; a folder with nothing in it is one."""
    found: list[str] = []
    trail: list[str] = []
    for line in listed.splitlines():
        match = _TREE_LINE.match(line)
        if match:
            trail = [*trail[: len(match[1]) // _TREE_INDENT], match[2]]
            found.append("/".join(trail))
    folders = {path.rpartition("/")[0] for path in found}
    return [path for path in found if path not in folders]


def requests(walk: Walk) -> Iterator[tuple[Step, Answer]]:
    """Those that were sent."""
    return ((step, answer) for step, answer in walk if "path" in step and "status" in answer)


def _recorded(record: Mapping[str, Any], step: Step) -> Iterator[Deed]:
    fatal = record.get("fatal")
    if fatal:
        yield Deed("fatal", _text(fatal["text"]), *_place(fatal), note=name_of(step))
    for error in record.get("errors", ()):
        kind = error["level"] if error["level"] in {"fatal", "notice", "deprecated"} else "warning"
        yield Deed(cast("Kind", kind), _text(error["text"]), *_place(error))
    for asked in record.get("http", ()):
        host = _bare(str(asked["host"]))
        if _outside(host, set()):
            method = f"{asked.get('method', '')} {asked['url']}" if "url" in asked else asked["how"]
            yield Deed("host", host, *_place(asked), note=_text(method))
    for write in record.get("writes", ()):
        yield Deed("write", _text(write["path"]), *_place(write))
    who = step.get("who", "visitor")
    if who != "admin" and record.get("may"):
        note = " ".join(f"+{right}" for right in record["may"])
        yield Deed("role", f"{who}, while it runs", note=_text(note))
    for mail in record.get("mails", ()):
        yield Deed("mail", _place(mail)[0], *_place(mail))


def _unanswered(step: Step, answer: Answer) -> Iterator[Deed]:
    status = answer["status"]
    page = answer.get("type", "").startswith("text/html") and "admin-ajax" not in step["path"]
    says = f": {answer['says']}" if answer["says"] else ""
    if status == 0:
        yield Deed("broken", name_of(step), note="no answer")
    elif status >= _FAILED:
        yield Deed("broken", name_of(step), note=_text(f"status {status}{says}"))
    elif status == 200 and page and not answer.get("whole"):  # noqa: PLR2004 - HTTP
        yield Deed("broken", name_of(step), note="no end of the page")


def name_of(step: Step) -> str:
    """A request as a reader knows it again."""
    if step["path"] == DOOR:
        return str(step["wanted"]["do"])
    special = " (search engine)" if "agent" in step else ""
    special = " with its shortcodes and blocks" if "content" in step["wanted"] else special
    return f"{step['path'].partition('?wpaas-login=')[0]} as {step.get('who', 'visitor')}{special}"


def _outside(host: str, known: frozenset[str] | set[str]) -> bool:
    bare = _bare(host)
    return bare not in OWN_HOSTS and bare not in known and not bare.endswith(".localhost")


def _bare(host: str) -> str:
    """A host without its port; an address of IPv6 as it is."""
    return host.lower().rpartition(":")[0] if host.count(":") == 1 else host.lower()


def _place(told: Mapping[str, Any]) -> tuple[str, int]:
    return str(told.get("file", "")), int(told.get("line", 1))


def _text(value: object) -> str:
    return excerpt_of(str(value))
