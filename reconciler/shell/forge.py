"""A forge with GitHub's REST API: pull requests, their files, comments and labels.

Shapes are those of version 2022-11-28. Redirects are not followed: the token is for one host.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed

PAGE = 100
MAX_PAGES = 30
TIMEOUT_S = (5.0, 20.0)
_ATTEMPTS = 3
_WORDS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}  # a mere comment takes nothing back
_AWAY = {429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Pull:
    """An open pull request. `changed_files` counts a file that moved once.

    `base` is the commit that its branch stood at when it was made or last pushed to.
    """

    number: int
    changed_files: int
    base: str


class _Away(Exception):
    """Worth another try; never leaves this file."""


class Forge:
    """One repository at `api`, such as https://api.github.com. Every verb raises StageFailed."""

    def __init__(self, api: str, repository: str, token: Secret, bot: str) -> None:
        self._base = f"{api.rstrip('/')}/repos/{repository}"
        self._token = token
        self._bot = bot
        self._session = requests.Session()
        # As `auth`, not as a header: then ~/.netrc does not put another token in its place.
        self._session.auth = self._signed

    def open_pulls(self, owner: str, branch: str, sha: str, into: str) -> list[Pull]:
        """Open pull requests for the branch `into` with this head. A fork's event names none of them."""
        query = f"head={quote(f'{owner}:{branch}', safe='')}&base={quote(into, safe='')}"
        found = self._pages(f"/pulls?state=open&{query}")
        numbers = [
            int(one["number"])
            for one in found
            if one["head"]["sha"] == sha and one["base"]["ref"] == into
        ]
        return [self._pull(number) for number in numbers]

    def _pull(self, number: int) -> Pull:
        found = self._ask("GET", f"/pulls/{number}")
        return Pull(number, int(found["changed_files"]), str(found["base"]["sha"]))

    def changed_paths(self, base: str, head: str) -> list[tuple[str, ...]]:
        """For each file that a head changes, 300 at most: its path, and for one that moved the old one.

        Of these very commits, whatever has been pushed since.
        """
        found = self._ask("GET", f"/compare/{base}...{head}?per_page=1")
        return [
            tuple(filter(None, (one["filename"], one.get("previous_filename"))))
            for one in found["files"]
        ]

    def follows(self, newer: str, older: str) -> bool:
        """Whether a commit or branch is another one or came after it; False where one is not known."""
        pair = f"{quote(older, safe='')}...{quote(newer, safe='')}"
        found = self._ask("GET", f"/compare/{pair}?per_page=1", fine=requests.codes.not_found)
        return found is not None and found["status"] in {"ahead", "identical"}

    def approvals(self, pull: int, head: str) -> list[str]:
        """Logins of those whose last word on a pull request is that this head may be merged, sorted."""
        last: dict[str, bool] = {}
        for one in self._pages(f"/pulls/{pull}/reviews?"):
            if one["user"] is not None and one["state"] in _WORDS:
                agrees = one["state"] == "APPROVED" and one["commit_id"] == head
                last[str(one["user"]["login"])] = agrees
        return sorted(login for login, agrees in last.items() if agrees)

    def own_comment(self, pull: int, mark: str) -> tuple[int, str] | None:
        """(id, body) of the comment that this program wrote; anybody may write the mark."""
        for one in self._pages(f"/issues/{pull}/comments?"):
            if one["user"]["login"] == self._bot and str(one["body"]).startswith(mark):
                return int(one["id"]), str(one["body"])
        return None

    def write_comment(self, pull: int, body: str) -> None:
        """Add a comment."""
        self._ask("POST", f"/issues/{pull}/comments", {"body": body})

    def edit_comment(self, comment: int, body: str) -> None:
        """Put another text in the place of a comment's."""
        self._ask("PATCH", f"/issues/comments/{comment}", {"body": body})

    def labels(self, pull: int) -> list[str]:
        """Names of a pull request's labels."""
        return [str(one["name"]) for one in self._pages(f"/issues/{pull}/labels?")]

    def make_label(self, label: Mapping[str, str]) -> None:
        """Make a label (`name`, `color`, `description`) for all; one that is there stays as it is."""
        self._ask("POST", "/labels", label, fine=requests.codes.unprocessable)

    def add_labels(self, pull: int, names: list[str]) -> None:
        """Add labels; the forge makes those that it does not know, without a colour."""
        self._ask("POST", f"/issues/{pull}/labels", {"labels": names})

    def remove_label(self, pull: int, name: str) -> None:
        """Remove a label; one that is gone meanwhile is no error."""
        self._ask(
            "DELETE", f"/issues/{pull}/labels/{quote(name, safe='')}", fine=requests.codes.not_found
        )

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.value}"
        return request

    def _pages(self, path: str, most: int = MAX_PAGES) -> Iterator[dict[str, Any]]:
        between = "" if path.endswith("?") else "&"
        for page in range(1, most + 1):
            found = self._ask("GET", f"{path}{between}per_page={PAGE}&page={page}")
            if not isinstance(found, list):
                raise StageFailed("report", "the forge's answer is no list", where=self._base)
            yield from found
            if len(found) < PAGE:
                return

    def _ask(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        fine: int | None = None,
    ) -> Any:
        retrying = Retrying(
            retry=retry_if_exception_type(_Away),
            stop=stop_after_attempt(_ATTEMPTS if verb != "POST" else 1),  # a comment once is enough
            wait=wait_exponential(multiplier=0.5, max=4),
            reraise=True,
        )
        try:
            answer = retrying(self._once, verb, path, body)
        except _Away as e:
            raise StageFailed("report", f"the forge is away ({e})", where=self._base) from e
        if answer.status_code == fine:
            return None
        if not answer.ok or answer.is_redirect:
            what = f"{verb} {path.partition('?')[0]}: HTTP {answer.status_code}"
            fix = "does the token allow it (pull-requests: write, issues: write)?"
            raise StageFailed("report", what, where=self._base, fix=fix)
        return answer.json() if answer.content else None

    def _once(self, verb: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            answer = self._session.request(
                verb, self._base + path, json=body, headers=headers, timeout=TIMEOUT_S,
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as e:
            raise _Away(type(e).__name__) from e
        if answer.status_code in _AWAY:
            raise _Away(f"HTTP {answer.status_code}")
        return answer
