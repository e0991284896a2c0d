"""May its author propose this? Sites belong to the owners that their files name in the base.

What the proposal itself says of owners, rules or CODEOWNERS counts for nothing here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from reconciler.core.blob import EXECUTABLE, REGULAR, Blob
from reconciler.core.document import Document
from reconciler.core.domains import written_domains
from reconciler.core.jsontext import parse_json
from reconciler.core.problem import Problem, ProblemCode, escaped, shown
from reconciler.core.review.change import Change, Proposal
from reconciler.core.review.codeowners import read_owners

SIMILAR_LINES = 0.5
"""Share of a removed site's lines that a new file repeats, from which on it is the same one."""


def authority_problems(proposal: Proposal) -> Iterator[Problem]:
    """Every site that is not the author's to change; nothing where the author is not known."""
    if proposal.author is None:
        return
    owners = read_owners(proposal.base).of("sites/x.json")
    people = {owner[1:].casefold() for owner in owners if "/" not in owner}
    voices = {login.casefold() for login in (proposal.author, *proposal.approved_by)}
    trusted = bool(voices & people)
    for change in proposal.in_area("site"):
        yield from _moved(proposal, change)
        if not trusted:
            yield from _may(proposal, change, voices)


def site_name(path: str) -> str:
    """The name that a site's path stands for, as text fit to print."""
    return shown(path.rsplit("/", 1)[-1].removesuffix(".json"))


def owners_in(blob: Blob | None) -> tuple[str, ...]:
    """Logins that a site's file names, however broken the rest of it is."""
    document = _document(blob)
    named = document.value.get("owners") if document else None
    return tuple(o for o in named if isinstance(o, str)) if isinstance(named, list) else ()


def hosts_in(blob: Blob | None) -> tuple[str, ...]:
    """Domains that a site's file names, however broken the rest of it is."""
    document = _document(blob)
    return tuple(domain for _, domain in written_domains(document)) if document else ()


def added_owners(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """(site, login) of people who become owners of a site that is there, for them to confirm."""
    return tuple(
        (site_name(change.path), shown(login))
        for change in proposal.in_area("site")
        if change.how == "changes"
        for login in owners_in(change.after)
        if login.casefold() not in _folded(owners_in(change.before))
    )


def successor(proposal: Proposal, removed: Change) -> Change | None:
    """The added site file that repeats a removed one: the same site under another name."""
    before = _lines(removed.before)
    for change in proposal.in_area("site"):
        if change.how == "adds" and before:
            same = len(before & _lines(change.after))
            if same >= SIMILAR_LINES * len(before):
                return change
    return None


def _may(proposal: Proposal, change: Change, voices: set[str]) -> Iterator[Problem]:
    name, old, new = site_name(change.path), owners_in(change.before), owners_in(change.after)
    author = shown(proposal.author)
    if change.how == "adds":
        if new and not voices & _folded(new):
            yield _problem(
                "not-among-owners",
                change,
                f"{author} proposes this site and is not among its owners",
                f'add "{author}" to the owners, or ask one of them to approve this',
                "/owners",
            )
        last = owners_in(proposal.former.get(change.path))
        if change.path in proposal.former and not voices & _folded(last):
            yield _problem(
                "name-was-used",
                change,
                f"there was a site {name} before, and all that it stored would come back with its name",
                f"take another name, or ask one of its last owners to approve this: {_listed(last)}",
                "/name",
            )
        return
    if not old or not voices & _folded(old):
        code: ProblemCode = "removes-anothers-site" if change.after is None else "not-an-owner"
        verb = "removes" if change.after is None else "changes"
        listed = _listed(old)
        yield _problem(
            code,
            change,
            f"{author} {verb} the site {name}, which belongs to {listed}",
            "ask one of its owners to approve this, or leave the file as it was",
        )
    elif new and not _folded(new) & _folded(old) and not _folded(new) <= voices:
        yield _problem(
            "last-owner-removed",
            change,
            f"nobody who owns the site {name} now would own it any more",
            "keep one owner until the new ones have approved this",
            "/owners",
        )


def _moved(proposal: Proposal, change: Change) -> Iterator[Problem]:
    heir = successor(proposal, change) if change.how == "removes" else None
    if heir is not None:
        old, new = site_name(change.path), site_name(heir.path)
        problem = _problem(
            "site-renamed",
            heir,
            f"this is the site {old} under another name, and {new} would begin empty",
            f'keep sites/{old}.json; for a new address give it a domain: "domains": {{"primary": "…"}}',
        )
        yield replace(problem, severity="warning")


def _problem(
    code: ProblemCode, change: Change, message: str, fix: str, pointer: str = ""
) -> Problem:
    document = _document(change.after) if pointer else None
    place = document.values.get(pointer) if document else None
    return Problem(
        code=code,
        file=escaped(change.path),
        line=place.line if place else 1,
        column=place.column if place else 1,
        pointer=pointer if place else "",
        message=message,
        fix=fix,
    )


def _document(blob: Blob | None) -> Document | None:
    if blob is None or blob.mode not in {REGULAR, EXECUTABLE}:
        return None
    document = parse_json(blob.path, blob.data).document
    return document if document and isinstance(document.value, dict) else None


def _listed(logins: Sequence[str]) -> str:
    return ", ".join(shown(login) for login in logins) or "nobody that can be read"


def _folded(logins: Collection[str]) -> set[str]:
    return {login.casefold() for login in logins}


def _lines(blob: Blob | None) -> set[bytes]:
    found = {line.strip() for line in blob.data.splitlines()} if blob else set()
    return {
        line for line in found if len(line) > len(b'"a": 1,') and not line.startswith(b'"name"')
    }
