"""A double of GitHub's REST API (version 2022-11-28), as far as pull requests' comments and labels go.

Shapes are those of the published documentation: "Pulls", "Commits: compare two", "Issue comments",
"Labels".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from listening import Listening, Quiet

BOT = "github-actions[bot]"


@dataclass
class State:
    """What the forge holds of one repository; tests put things in and look at what came of it."""

    token: str = "t0ken"
    repository: str = "wpaas/fleet"
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What the commit of a head changes."""
    reviews: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    line: list[str] = field(default_factory=lambda: ["a" * 40, "b" * 40])
    """The commits of `main`, the oldest first."""
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    known_labels: list[dict[str, str]] = field(default_factory=list)
    labels: dict[int, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Answered before anything else, one to each request."""
    later: dict[str, Callable[[], object]] = field(default_factory=dict)
    """Happens once, just before a request whose path holds the word is answered."""
    number: int = 1000

    def pull(
        self,
        number: int,
        *,
        owner: str,
        branch: str,
        sha: str,
        files: list[str],
        base: str = "main",
    ) -> None:
        """An open pull request from a fork."""
        head = {"label": f"{owner}:{branch}", "ref": branch, "sha": sha, "user": {"login": owner}}
        self.pulls[number] = {
            "number": number,
            "state": "open",
            "head": head,
            "base": {"ref": base, "sha": self.line[-1]},
            "changed_files": len(files),
        }
        self.files[sha] = [{"filename": name, "status": "modified"} for name in files]
        self.comments[number], self.labels[number] = [], []

    def review(self, pull: int, login: str, word: str, sha: str) -> None:
        """What somebody says of a pull request at this commit: APPROVED, COMMENTED and so on."""
        user = {"login": login, "type": "User"}
        self.reviews.setdefault(pull, []).append({"user": user, "state": word, "commit_id": sha})

    def comment(self, pull: int, login: str, body: str) -> dict[str, Any]:
        """Somebody's comment. The forge drops white space at its end."""
        self.number += 1
        kind = "Bot" if login.endswith("[bot]") else "User"
        made = {"id": self.number, "body": body.rstrip(), "user": {"login": login, "type": kind}}
        self.comments[pull].append(made)
        return made

    def writes(self) -> list[tuple[str, str]]:
        """What changed something."""
        return [(verb, path) for verb, path in self.asked if verb != "GET"]


class Handler(Quiet):
    """One request."""

    state: State

    def do_GET(self) -> None:  # noqa: N802 - its name
        self._answer()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _answer(self) -> None:
        state = self.state
        at = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        state.asked.append((self.command, at.path))
        if state.statuses:
            return self._say(state.statuses.pop(0), {"message": "as the test wants"})
        if self.headers["Authorization"] != f"Bearer {state.token}":
            return self._say(401, {"message": "Bad credentials"})
        start = f"/repos/{state.repository}"
        if not at.path.startswith(start):
            return self._say(404, {"message": "Not Found"})
        for word in [word for word in state.later if word in at.path]:
            state.later.pop(word)()
        query = {key: values[0] for key, values in parse_qs(at.query).items()}
        return self._say(*self._routed(at.path.removeprefix(start), query, body))

    def _routed(  # noqa: PLR0911, C901 - one way each
        self, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        state = self.state
        match (self.command, path.split("/")[1:]):
            case "GET", ["pulls"]:
                found = [p for p in state.pulls.values() if p["head"]["label"] == query["head"]]
                short = [{k: v for k, v in p.items() if k != "changed_files"} for p in found]
                return 200, self._page(short, query)
            case "GET", ["pulls", number]:
                return 200, state.pulls[int(number)]
            case "GET", ["pulls", number, "reviews"]:
                return 200, self._page(state.reviews.get(int(number), []), query)
            case "GET", ["compare", spec]:
                return self._compared(*spec.split("..."))
            case "GET", ["issues", number, "comments"]:
                return 200, self._page(state.comments[int(number)], query)
            case "POST", ["issues", number, "comments"]:
                return 201, state.comment(int(number), BOT, body["body"])
            case "PATCH", ["issues", "comments", number]:
                return self._edited(int(number), body["body"])
            case "POST", ["labels"]:
                return self._label(body)
            case "GET", ["issues", number, "labels"]:
                listed = [{"name": name} for name in state.labels[int(number)]]
                return 200, self._page(listed, query)
            case "POST", ["issues", number, "labels"]:
                state.labels[int(number)] += body["labels"]
                return 200, [{"name": name} for name in state.labels[int(number)]]
            case "DELETE", ["issues", number, "labels", name]:
                return self._unlabelled(int(number), unquote(name))
            case _:
                return 404, {"message": "Not Found"}

    def _compared(self, base: str, head: str) -> tuple[int, Any]:
        line, files = self.state.line, self.state.files
        ends = [line[-1] if name == "main" else name for name in (base, head)]
        if not all(end in line or end in files for end in ends):
            return 404, {"message": "Not Found"}
        if not set(ends) <= set(line):
            return 200, {"status": "diverged", "files": files.get(ends[1], [])[:300]}
        order = line.index(ends[1]) - line.index(ends[0])
        status = "ahead" if order > 0 else "behind" if order < 0 else "identical"
        return 200, {"status": status, "files": []}

    def _label(self, body: dict[str, str]) -> tuple[int, Any]:
        if body["name"] in [label["name"] for label in self.state.known_labels]:
            return 422, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}
        self.state.known_labels.append(body)
        return 201, body

    def _edited(self, number: int, body: str) -> tuple[int, Any]:
        for one in (c for listed in self.state.comments.values() for c in listed):
            if one["id"] == number:
                one["body"] = body.rstrip()
                return 200, one
        return 404, {"message": "Not Found"}

    def _unlabelled(self, number: int, name: str) -> tuple[int, Any]:
        labels = self.state.labels[number]
        if name not in labels:
            return 404, {"message": "Label does not exist"}
        labels.remove(name)
        return 200, [{"name": left} for left in labels]

    def _page(self, found: list[Any], query: dict[str, str]) -> list[Any]:
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        return found[(page - 1) * size : page * size]

    def _say(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if status in {301, 302}:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(data)


def serving(state: State) -> Listening:
    """The forge, for a `with`."""
    return Listening(type("Forge", (Handler,), {"state": state}))


def proposed(state: State, pull: int) -> dict[str, Any]:
    """The event that a pull request was opened."""
    return {
        "action": "opened",
        "repository": {"full_name": state.repository, "default_branch": "main"},
        "pull_request": state.pulls[pull],
    }


def workflow_run(state: State, pull: int, *, event: str = "pull_request") -> dict[str, Any]:
    """The event that a run for this pull request has ended, as for a fork: it names no pull request."""
    head = state.pulls[pull]["head"]
    owner = head["user"]["login"]
    return {
        "action": "completed",
        "repository": {"full_name": state.repository, "default_branch": "main"},
        "workflow_run": {
            "id": 42,
            "event": event,
            "conclusion": "success",
            "head_sha": head["sha"],
            "head_branch": head["ref"],
            "head_repository": {"full_name": f"{owner}/fleet", "owner": {"login": owner}},
            "pull_requests": [],
        },
    }
