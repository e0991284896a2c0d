"""Both halves of the review, step by step, for a pull request from a fork with each kind of ill will."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from forge import State, serving, workflow_run
from workflow_run import ROOT, Machine, environment, jobs

from reconciler.core.review.labels import LABELS

REVIEW = ROOT / ".github/workflows/review.yml"
COMMENT = ROOT / ".github/workflows/comment.yml"
TOKEN = "t0ken"
SITE = {"name": "italia", "title": "Italia", "owners": ["amira"]}
CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    **{
        f"GIT_{who}_{what}": "a@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}


class Hosted:
    """The repository on a forge, a fork of it, and the machine that runs the workflows."""

    def __init__(self, folder: Path) -> None:
        self.forge, self.fork = folder / "forge.git", folder / "fork"
        self._git("clone", "--quiet", "--bare", str(ROOT), str(self.forge), at=folder)
        self._git("clone", "--quiet", str(self.forge), str(self.fork), at=folder)
        self.start = self._git("rev-parse", "HEAD", at=self.fork)
        base = self._git("rev-parse", "--abbrev-ref", "HEAD", at=self.fork)
        self.machine = Machine(folder, {"token": TOKEN, "base_ref": base}, self.forge)
        for step in jobs(REVIEW)["review"][:2]:  # the environment takes most of a minute
            done = self.machine.take(step)
            assert done.returncode == 0, done.stderr

    def _git(self, *args: str, at: Path) -> str:
        return subprocess.run(
            ["git", *args], cwd=at, env=CLEAN, check=True, capture_output=True, text=True
        ).stdout.strip()

    def propose(self, number: int, author: str, files: dict[str, str]) -> dict[str, Any]:
        """Push to a fork; returns the forge's event `pull_request`."""
        self._git("checkout", "--quiet", "--detach", self.start, at=self.fork)
        for path, text in files.items():
            place = self.fork / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self._git("add", "--all", "--force", at=self.fork)
        self._git("commit", "--quiet", "--message", "Propose", at=self.fork)
        self._git("push", "--quiet", "origin", f"HEAD:refs/pull/{number}/head", at=self.fork)
        sha = self._git("rev-parse", "HEAD", at=self.fork)
        pull = {
            "number": number,
            "user": {"login": author},
            "head": {
                "sha": sha,
                "ref": "x`touch stranger-was-here`;$(touch stranger-was-here)",
                "repo": {"full_name": f"{author}/f"},
            },
            "changed_files": len(files),
            "title": "${{ github.token }}`touch stranger-was-here`",
        }
        repository = {"full_name": State().repository}
        return {
            "action": "opened", "number": number, "pull_request": pull, "repository": repository,
        }  # fmt: skip

    def reviewed(
        self, event: dict[str, Any], state: State | None = None
    ) -> list[subprocess.CompletedProcess[str]]:
        """What the steps of review.yml give, from the fetch on."""
        place = self.machine.workspace.parent / "event.json"
        place.write_text(json.dumps(event))
        self.machine.context = {**self.machine.context, "event": event}
        found = []
        with serving(state or State(token=TOKEN)) as forge:
            for step in jobs(REVIEW)["review"][2:]:
                if "run" not in step:
                    found.append(self.machine.take(step))
                    continue
                written = {**environment(REVIEW, "review"), **step.get("env", {})}
                env = {k: self.machine.filled(v) for k, v in written.items()}
                found.append(
                    self.machine.run(
                        step["run"],
                        **env,
                        GITHUB_EVENT_PATH=str(place),
                        GITHUB_API_URL=forge.address,
                    )
                )
        asked, *rest = found
        assert asked.returncode == 0, asked.stderr
        return rest

    def commented(self, state: State, pull: int) -> subprocess.CompletedProcess[str]:
        """What the last step of comment.yml gives."""
        state.line = [self.start]
        state.pulls[pull]["base"]["sha"] = self.start
        event = workflow_run(state, pull)
        place = self.machine.workspace.parent / "event.json"
        place.write_text(json.dumps(event))
        self.machine.context = {**self.machine.context, "event": event}
        *before, last = jobs(COMMENT)["comment"]
        for step in before:
            done = self.machine.take(step)
            assert done.returncode == 0, done.stderr
        env = {k: self.machine.filled(v) for k, v in last["env"].items()}
        with serving(state) as forge:
            return self.machine.run(
                last["run"], **env, GITHUB_EVENT_PATH=str(place), GITHUB_API_URL=forge.address
            )


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Hosted:
    return Hosted(tmp_path_factory.mktemp("hosted"))


@pytest.mark.clone
def test_a_good_site_from_a_fork_is_commented_on(hosted: Hosted) -> None:
    event = hosted.propose(7, "amira", {"sites/italia.json": json.dumps(SITE)})
    fetched, kept, _, annotated = hosted.reviewed(event)
    assert (fetched.returncode, kept.returncode, annotated.returncode) == (0, 0, 0), kept.stderr
    assert annotated.stdout.startswith("::notice title=review::Thank you!")
    state = State(token=TOKEN)
    sha = event["pull_request"]["head"]["sha"]
    state.pull(7, owner="amira", branch="italia", sha=sha, files=["sites/italia.json"])
    assert hosted.commented(state, 7).returncode == 0
    (comment,) = state.comments[7]
    assert "adds the site italia" in comment["body"]
    assert state.labels[7] == ["needs-review", "site:new"]


@pytest.mark.clone
def test_a_slip_is_annotated_and_the_report_is_there_all_the_same(hosted: Hosted) -> None:
    event = hosted.propose(8, "amira", {"sites/italia.json": json.dumps({**SITE, "tilte": "x"})})
    _, kept, _, annotated = hosted.reviewed(event)
    assert (kept.returncode, annotated.returncode) == (0, 1)
    assert annotated.stdout.startswith("::error file=sites/italia.json,line=1,")
    assert (
        json.loads((hosted.machine.artifacts / "review/review.json").read_text())["outcome"]
        == "errors"
    )


@pytest.mark.clone
def test_nothing_that_a_fork_brings_along_is_executed(hosted: Hosted, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    python, touch = f"open({str(mark)!r}, 'w')\n", f"touch {mark}"
    event = hosted.propose(
        9,
        "mallory",
        {
            **dict.fromkeys(("reconciler/__init__.py", "sitecustomize.py", "json.py"), python),
            "Makefile": f".venv/ready:\n\t{touch}\n",
            "schemas/site.schema.json": "{}",
            ".gitattributes": "* filter=x\n",
            "sites/italia.json": '{"name": "italia", "plugins": 7}',
            "sites/$(touch stranger-was-here).json": "{}",
            ".github/workflows/review.yml": f"jobs: {{x: {{steps: [{{run: {touch}}}]}}}}",
        },
    )
    _, kept, _, annotated = hosted.reviewed(event)
    assert (kept.returncode, annotated.returncode) == (0, 1)
    assert "wrong-type" in annotated.stdout
    assert not mark.exists()
    assert not list(hosted.machine.workspace.rglob("stranger-was-here"))
    state = State(token=TOKEN)
    sha = event["pull_request"]["head"]["sha"]
    files = [".github/workflows/review.yml", "sites/italia.json"]
    state.pull(9, owner="mallory", branch="x", sha=sha, files=files)
    assert hosted.commented(state, 9).returncode == 0
    assert "no automatic review counts" in state.comments[9][0]["body"]


@pytest.mark.clone
def test_an_owner_of_the_site_may_approve_what_somebody_else_changes(hosted: Hosted) -> None:
    path = "sites/chess-club.json"
    site = json.loads((ROOT / path).read_text())
    event = hosted.propose(11, "mallory", {path: json.dumps({**site, "title": "Chess"})})
    *_, annotated = hosted.reviewed(event)
    assert annotated.returncode == 1
    assert "not-an-owner" in annotated.stdout
    state = State(token=TOKEN)
    state.review(11, site["owners"][0], "APPROVED", event["pull_request"]["head"]["sha"])
    *_, annotated = hosted.reviewed(event, state)
    assert annotated.returncode == 0, annotated.stdout


@pytest.mark.clone
def test_an_artifact_that_was_not_left_is_said(hosted: Hosted) -> None:
    state = State(token=TOKEN)
    state.pull(10, owner="amira", branch="x", sha="e" * 40, files=["sites/x.json"])
    left = hosted.machine.artifacts / "review/review.json"
    if left.exists():
        left.unlink()
    assert hosted.commented(state, 10).returncode == 0
    assert "without a report" in state.comments[10][0]["body"]


def test_only_the_half_that_reads_no_proposal_may_write() -> None:
    review, comment = (yaml.safe_load(path.read_text()) for path in (REVIEW, COMMENT))
    assert review["jobs"]["review"]["permissions"] == {"contents": "read", "pull-requests": "read"}
    assert "${{ secrets" not in REVIEW.read_text()
    holding = [step for step in jobs(REVIEW)["review"] if "token" in json.dumps(step)]
    (asking,) = holding  # and it comes before the proposal is fetched
    assert asking["run"].startswith("base/.venv/bin/wpaas review approvals ")
    runs = [step.get("run", "") for step in jobs(REVIEW)["review"]]
    assert runs.index(asking["run"]) < next(n for n, run in enumerate(runs) if "fetch" in run)
    assert comment["jobs"]["comment"]["permissions"] == {
        "actions": "read", "contents": "read", "issues": "write", "pull-requests": "write",
    }  # fmt: skip
    assert "fetch" not in json.dumps(comment["jobs"]["comment"]["steps"])
    assert "ref" not in comment["jobs"]["comment"]["steps"][0]["with"]
    assert comment[True]["workflow_run"]["workflows"] == [review["name"]]
    proposed = review[True]["pull_request"]
    assert proposed["branches"] == ["main"]
    assert "edited" in proposed["types"], "its base may be changed after the check"
    for steps in (*jobs(REVIEW).values(), *jobs(COMMENT).values()):
        for step in steps:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_the_repository_describes_every_label_once() -> None:
    described = yaml.safe_load((ROOT / ".github/labels.yml").read_text())
    assert sorted(label["name"] for label in described) == sorted(LABELS)
    for label in described:
        assert set(label) == {"name", "color", "description"}
        assert re.fullmatch("[0-9a-f]{6}", label["color"])
        assert len(label["description"]) <= 100  # the forge's limit


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda p: p.stem
)
def test_a_form_has_what_the_forge_wants(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    if path.stem == "config":
        assert set(form) == {"blank_issues_enabled", "contact_links"}
        return
    assert set(form) == {"name", "description", "title", "body"}
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    for part in form["body"]:
        assert part["type"] in {"markdown", "input", "textarea", "dropdown"}
        assert part["attributes"].get("label") or part["type"] == "markdown"
