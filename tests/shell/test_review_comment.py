"""The trusted half: one comment, kept up to date, on the pull request that the event means."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forge import BOT, State, serving, workflow_run

from reconciler.cli import main
from reconciler.core.review import kept
from reconciler.core.review.comment import MARK
from reconciler.core.review.told import Told
from reconciler.core.vetting.report_phrase import Quoted, Section

ROOT = Path(__file__).parents[2]
SHA, OTHER = "c" * 40, "d" * 40
GOOD = Told(
    outcome="agree",
    headline="Thank you! Nothing is wrong here; 1 approval to go.",
    author="amira",
    labels=("site:new", "needs-review"),
    problems=(),
    before=(),
    packages=(),
    sections=(Section("NEXT", ((Quoted("@wpaas/community"), ": look at it, then approve"),)),),
)


class Desk:
    """A forge with pull request 7 from a fork, and the command that comments on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = State()
        self.state.pull(7, owner="amira", branch="italia", sha=SHA, files=["sites/italia.json"])
        self.event, self.report = folder / "event.json", folder / "review.json"
        self.sends(workflow_run(self.state, 7))
        self.report.write_text(kept.as_json(GOOD, "b" * 40, SHA))
        monkeypatch.setenv("GITHUB_TOKEN", self.state.token)

    def sends(self, event: dict[str, Any]) -> None:
        self.event.write_text(json.dumps(event))

    def run(self) -> int:
        return main(["review", "comment", f"--event={self.event}", f"--report={self.report}"])

    def ours(self, pull: int = 7) -> list[str]:
        return [c["body"] for c in self.state.comments[pull] if c["user"]["login"] == BOT]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path, monkeypatch)
    with serving(made.state) as forge:
        monkeypatch.setenv("GITHUB_API_URL", forge.address)
        yield made


def test_one_comment_is_written_and_then_edited(desk: Desk) -> None:
    assert desk.run() == 0
    (body,) = desk.ours()
    assert body.startswith(MARK)
    assert "`@wpaas/community`: look at it, then approve" in body
    assert desk.state.labels[7] == ["needs-review", "site:new"]
    desk.state.asked.clear()
    assert desk.run() == 0
    assert desk.state.writes() == []  # nothing differs
    desk.state.pulls[7]["head"]["sha"] = OTHER
    desk.state.files[OTHER] = desk.state.files[SHA]
    desk.sends(workflow_run(desk.state, 7))
    desk.report.write_text(kept.as_json(GOOD, "b" * 40, OTHER))
    assert desk.run() == 0
    (edited,) = desk.ours()
    assert OTHER[:12] in edited


def test_labels_of_others_stay_and_there_is_one_state(desk: Desk) -> None:
    desk.state.labels[7] = ["help wanted", "needs-author", "site:change"]
    assert desk.run() == 0
    assert sorted(desk.state.labels[7]) == ["help wanted", "needs-review", "site:new"]


def test_labels_are_made_as_the_repository_describes_them(desk: Desk) -> None:
    desk.state.known_labels = [{"name": "site:new", "color": "ffffff", "description": "ours"}]
    described = ROOT / ".github/labels.yml"
    argv = ["review", "comment", f"--event={desk.event}", f"--report={desk.report}"]
    assert main([*argv, f"--labels={described}"]) == 0
    known = {label["name"]: label["color"] for label in desk.state.known_labels}
    assert known == {"site:new": "ffffff", "needs-review": "fbca04"}
    assert desk.state.labels[7] == ["needs-review", "site:new"]


def test_a_report_of_another_commit_is_not_told(desk: Desk) -> None:
    """A forged report cannot speak about another pull request either: it names none."""
    desk.state.pull(8, owner="ravi", branch="x", sha=OTHER, files=["sites/x.json"])
    value = json.loads(desk.report.read_text()) | {"head": OTHER, "number": 8, "pull_request": 8}
    desk.report.write_text(json.dumps(value))
    assert desk.run() == 0
    assert "another commit" in desk.ours()[0]
    assert desk.ours(8) == []
    assert desk.state.labels[7] == ["held"]


@pytest.mark.parametrize(
    "report",
    [
        b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b"[" * 200_000, b" " * 600_000,
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"labels": ["ready", "admin"]}).encode(),
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"labels": ["ready", "held"]}).encode(),
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"headline": "@all buy this"}).encode(),
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"base": "main"}).encode(),
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"base": 7}).encode(),
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"problems": [{"code": "x"}]}).encode(),
        json.dumps(json.loads(kept.as_json(GOOD, SHA, SHA)) | {"sections": [{"label": "x"}]}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_report_is_said_and_not_repeated(desk: Desk, report: bytes) -> None:
    desk.report.write_bytes(report)
    assert desk.run() == 0
    (body,) = desk.ours()
    assert "cannot be used" in body
    assert "buy this" not in body
    assert desk.state.labels[7] == ["held"]


def test_without_a_report_operators_are_asked(desk: Desk) -> None:
    desk.report.unlink()
    assert desk.run() == 0
    assert "without a report" in desk.ours()[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"filename": ".github/workflows/review.yml", "status": "modified"},
        {"filename": "CODEOWNERS", "status": "added"},
        {"filename": "x", "previous_filename": ".github/CODEOWNERS", "status": "renamed"},
    ],
)
def test_who_changes_the_rules_is_not_reviewed_by_them(desk: Desk, changed: dict[str, str]) -> None:
    desk.state.files[SHA] = [changed]
    assert desk.run() == 0
    (body,) = desk.ours()
    assert body == (
        f"{MARK}\n### ✋ This changes who decides here or what is checked, so no automatic review counts.\n\n"
        "**NEXT** Operators: please read all of it by hand, then approve or decline.\n\n"
        "<sub>of commit cccccccccccc; this comment is kept up to date</sub>"
    )
    assert sorted(desk.state.labels[7]) == ["needs-review", "rules"]


@pytest.mark.parametrize(("told", "seen"), [(2, 1), (3001, 300), (100, 101)])
def test_files_that_cannot_be_seen_are_not_passed_over(desk: Desk, told: int, seen: int) -> None:
    desk.state.pulls[7]["changed_files"] = told
    desk.state.files[SHA] = [{"filename": f"notes/{n}", "status": "added"} for n in range(seen)]
    assert desk.run() == 0
    (body,) = desk.ours()
    assert f"{max(told, seen)} files" in body
    assert "cannot be seen" in body or "too many" in body
    assert desk.state.labels[7] == ["needs-author"]


def test_a_rename_does_not_stand_for_a_file_that_is_hidden(desk: Desk) -> None:
    """One entry with two paths is one file: another one is out of sight."""
    desk.state.pulls[7]["changed_files"] = 2
    desk.state.files[SHA] = [{"filename": "x", "previous_filename": "y", "status": "renamed"}]
    assert desk.run() == 0
    assert "cannot be seen" in desk.ours()[0]


def test_what_is_pushed_meanwhile_does_not_whitewash_the_commit_that_was_checked(
    desk: Desk,
) -> None:
    """The workflow of SHA is the stranger's; OTHER, pushed before anybody looks, takes it back."""
    desk.state.files[SHA] = [{"filename": ".github/workflows/review.yml", "status": "modified"}]
    desk.state.files[OTHER] = [{"filename": "sites/italia.json", "status": "added"}]
    desk.state.later = {"/compare/": lambda: desk.state.pulls[7]["head"].update(sha=OTHER)}
    assert desk.run() == 0
    assert "no automatic review counts" in desk.ours()[0]


@pytest.mark.parametrize(
    ("of_report", "of_pull"),
    [
        pytest.param("a" * 40, "b" * 40, id="an older base, whose owners were others"),
        pytest.param("e" * 40, "b" * 40, id="a base that nobody knows"),
        pytest.param("f" * 40, "b" * 40, id="the base of another branch"),
    ],
)
def test_a_report_on_another_base_is_not_told(desk: Desk, of_report: str, of_pull: str) -> None:
    """The same commit may be proposed for an old branch too: what was found there counts there only."""
    desk.state.files["f" * 40] = []
    desk.state.pulls[7]["base"]["sha"] = of_pull
    desk.report.write_text(kept.as_json(GOOD, of_report, SHA))
    assert desk.run() == 0
    (body,) = desk.ours()
    assert "another base" in body
    assert "community" not in body
    assert desk.state.labels[7] == ["held"]


def test_a_base_that_has_gone_on_since_the_check_began_will_do(desk: Desk) -> None:
    desk.state.line.append("e" * 40)
    assert desk.run() == 0
    assert "look at it, then approve" in desk.ours()[0]


def test_a_pull_request_for_another_branch_is_none_of_ours(desk: Desk) -> None:
    desk.state.pull(
        8, owner="amira", branch="italia", sha=SHA, files=["sites/italia.json"], base="old"
    )
    assert desk.run() == 0
    assert desk.ours(8) == []
    assert len(desk.ours(7)) == 1


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_report_that_is_no_file_is_not_opened(desk: Desk, kind: str) -> None:
    """An artifact may hold a link to what this job may read, or a pipe that nobody writes to."""
    good = desk.report.rename(desk.report.with_name("elsewhere.json"))
    if kind == "link":
        desk.report.symlink_to(good)
    elif kind == "pipe":
        os.mkfifo(desk.report)
    else:
        desk.report.mkdir()
    assert desk.run() == 0
    assert "without a report" in desk.ours()[0]


def test_the_mark_in_a_strangers_comment_is_not_ours(desk: Desk) -> None:
    theirs = desk.state.comment(7, "mallory", f"{MARK}\nlooks good")
    for number in range(120):  # ours is not on the first page
        desk.state.comment(7, "jo-k", str(number))
    assert desk.run() == 0
    assert desk.run() == 0
    assert theirs["body"].endswith("looks good")
    assert len(desk.ours()) == 1


def test_a_run_whose_pull_request_has_gone_on_says_nothing(desk: Desk) -> None:
    desk.state.pulls[7]["head"]["sha"] = OTHER  # pushed meanwhile: that push has a run of its own
    assert desk.run() == 0
    assert desk.state.writes() == []


@pytest.mark.parametrize(
    "change",
    [
        {"event": "push"}, {"head_sha": "main"}, {"head_branch": "a b"}, {"head_branch": 7},
        {"head_repository": None}, {"head_repository": {"owner": {"login": "../x"}}},
    ],
)  # fmt: skip
def test_an_event_that_is_none_is_refused(
    desk: Desk, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    event = workflow_run(desk.state, 7)
    event["workflow_run"] |= change
    desk.sends(event)
    assert desk.run() == 2
    assert "no event to comment on" in capsys.readouterr().err
    assert desk.state.asked == []


def test_a_forge_that_is_away_for_a_moment_is_asked_again(desk: Desk) -> None:
    desk.state.statuses = [502]
    assert desk.run() == 0
    assert len(desk.ours()) == 1


def test_a_token_that_may_not_says_so_and_is_not_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret-token")
    assert desk.run() == 1
    said = capsys.readouterr().err
    assert "HTTP 401" in said
    assert "pull-requests: write" in said
    assert "s3cret" not in said


def test_the_token_is_not_led_elsewhere(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.state.statuses = [302]
    assert desk.run() == 1
    assert "HTTP 302" in capsys.readouterr().err
    assert len(desk.state.asked) == 1


def test_without_a_token_nothing_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    assert desk.run() == 2
    assert "the token is missing" in capsys.readouterr().err
    assert desk.state.asked == []
