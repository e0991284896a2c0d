"""What the public directory says of a package: its newest version, whose it is, whether it is closed.

The shapes are those of the directory's information service, version 1.2.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from reconciler.core.manifest import PackageKind

ListingState = Literal["listed", "closed", "absent"]

_TAG = re.compile(r"<[^>]*>")
_PROFILE = re.compile(r"https?://profiles\.wordpress\.org/([A-Za-z0-9._-]+)/?")
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A package in the directory on a day (`looked_at`, YYYY-MM-DD).

    `author` is the name, `login` the account; `author_before` and `author_since` tell of a change
    that was noticed: who it was, and the day on which it was somebody else.
    """

    kind: PackageKind
    slug: str
    looked_at: str
    state: ListingState
    version: str = ""
    author: str = ""
    login: str = ""
    contributors: tuple[str, ...] = ()
    last_updated: str = ""
    closed_at: str = ""
    closed_because: str = ""
    author_before: str = ""
    author_since: str = ""


def listing(kind: PackageKind, slug: str, status: int, answer: Any, today: str) -> Listing | None:
    """Read the service's answer; None where it is none of those that are documented."""
    if not isinstance(answer, Mapping):
        return None
    error = answer.get("error")
    if status == 404 or error:  # noqa: PLR2004 - HTTP's own number
        closed = error == "closed" or answer.get("closed") is True
        if not closed and "not found" not in str(error).lower():
            return None
        return Listing(
            kind=kind,
            slug=slug,
            looked_at=today,
            state="closed" if closed else "absent",
            closed_at=_text(answer.get("closed_date")) if closed else "",
            closed_because=_text(answer.get("reason_text") or answer.get("reason")),
        )
    if answer.get("slug") != slug or not isinstance(answer.get("version"), str):
        return None
    author = answer.get("author")
    profile = answer.get("author_profile")
    if isinstance(author, Mapping):  # themes: an object with the account's words
        profile = author.get("profile")
        author = author.get("display_name") or author.get("user_nicename")
    match = _PROFILE.fullmatch(str(profile or ""))
    return Listing(
        kind=kind,
        slug=slug,
        looked_at=today,
        state="listed",
        version=_text(answer["version"]),
        author=_text(author),
        login=match[1].lower() if match else "",
        contributors=tuple(sorted(map(_text, answer.get("contributors") or ()))),
        last_updated=_text(answer.get("last_updated"))[:10],
    )


def noticed(before: Listing | None, now: Listing) -> Listing:
    """`now`, with what is remembered: a closed package's author, and when an author changed."""
    if before is None:
        return now
    if now.state != "listed":
        return replace(
            now,
            version=before.version,
            author=before.author,
            login=before.login,
            author_before=before.author_before,
            author_since=before.author_since,
        )
    if before.author and _identity(before) != _identity(now):
        return replace(now, author_before=called(before), author_since=now.looked_at)
    return replace(now, author_before=before.author_before, author_since=before.author_since)


def _identity(of: Listing) -> str:
    """The account where there is one: people change how they are called, not who they are."""
    return of.login or of.author


def called(of: Listing) -> str:
    """The author as people read it: name, and account where it is another word."""
    same = not of.login or of.login == of.author.casefold()
    return of.author if same else f"{of.author} ({of.login})"


def _text(value: Any) -> str:
    """Plain text: the service sends names with markup around them."""
    return html.unescape(_TAG.sub("", str(value or ""))).strip()[:_MAX_TEXT]
