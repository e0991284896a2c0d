"""What is kept beside the allowlist: the same bytes for the same files, and a hand's work found."""

import json

from packages import MAIN, plugin, reports

from reconciler.core.vetting.candidate import Candidate, Grants
from reconciler.core.vetting.profile import Profile, profile
from reconciler.core.vetting.review_file import review_path, review_problem, review_text

CODE = "<?php\nwp_remote_get('https://t.example/v1');\nfunction events_show() {}\n"


def profiled(candidate: Candidate) -> Profile:
    return profile(candidate, reports(candidate))


def test_a_review_lies_by_kind_slug_and_version() -> None:
    assert review_path("plugin", "event-list", "3.10") == "reviews/event-list/3.10.json"
    assert review_path("theme", "plain", "1.0") == "reviews/themes/plain/1.0.json"


def test_a_review_says_what_it_can_do_and_who_made_it() -> None:
    value = json.loads(review_text(profiled(plugin({"inc/a.php": CODE, ".env": ""}))))
    assert value["made_by"]["author"] == "Nils B."
    assert value["capabilities"] == {"host": ["t.example"]}
    assert [finding["code"] for finding in value["findings"]] == ["hidden-file"]
    assert (value["files"], value["licence"]) == (3, "GPL-2.0-or-later")


def test_a_review_does_not_depend_on_what_is_granted() -> None:
    one = profiled(plugin({"inc/a.php": CODE}))
    other = profiled(plugin({"inc/a.php": CODE}, grants=Grants(network=("t.example",))))
    assert review_text(one) == review_text(other)


def test_a_kept_review_is_compared_byte_for_byte() -> None:
    own = profiled(plugin({"inc/a.php": CODE}))
    path = "reviews/event-list/3.10.json"
    good = review_text(own).encode()
    assert review_problem(own, {path: good}) is None
    missing = review_problem(own, {})
    assert missing is not None
    assert (missing.code, missing.file) == ("review-missing", path)
    edited = review_problem(own, {path: good.replace(b"t.example", b"u.example")})
    assert edited is not None
    at = good[: good.index(b"t.example")].count(b"\n") + 1
    assert (edited.code, edited.line) == ("review-differs", at)
    assert "wpaas plugin vet event-list --write" in edited.fix
    longer = review_problem(own, {path: good + b"\n"})
    assert longer is not None
    assert longer.line == good.count(b"\n") + 1


def test_a_hostile_author_makes_no_line_of_its_own() -> None:
    sly = MAIN.replace("Nils B.", 'N", "x": "')
    assert json.loads(review_text(profiled(plugin(main=sly))))["made_by"]["author"] == 'N", "x": "'
