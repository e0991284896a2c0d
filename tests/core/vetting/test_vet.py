"""The judgement as a whole: exceptions, verdict, and what a bump shows on its first screen."""

from typing import get_args

import pytest
from packages import MAIN, analyse, codes, files, known, plugin, reports, said

from reconciler.core.archive import ArchiveCode
from reconciler.core.vetting.accepted import Acceptance, accept
from reconciler.core.vetting.archives import ARCHIVE_RULES
from reconciler.core.vetting.bump import Bump, Fixed, compare
from reconciler.core.vetting.candidate import Candidate, Grants
from reconciler.core.vetting.finding import Finding, found
from reconciler.core.vetting.lanes import Lane, lane
from reconciler.core.vetting.packaging import HIDDEN_FILE, NESTED_ARCHIVE
from reconciler.core.vetting.vet import RULES, Around, refused, verdict, vet

TODAY = "2026-08-14"
BROKEN = ARCHIVE_RULES["archive-unreadable"]
ZIP = found(NESTED_ARCHIVE, "a.zip", 1, "zip, 10 bytes")


def acceptance(finding: Finding, *by: str, until: str = "2027-01-01") -> Acceptance:
    return Acceptance(
        code=finding.code, mark=finding.mark, because="sample data", until=until, by=by
    )


def test_every_reason_to_refuse_an_archive_has_its_rule() -> None:
    assert set(ARCHIVE_RULES) == set(get_args(ArchiveCode))


def test_codes_are_words_and_stand_once() -> None:
    every = [rule.code for rule in RULES]
    assert len(set(every)) == len(every)
    assert all(rule.summary and rule.why and rule.fix for rule in RULES)


def test_two_reviewers_accept_a_block_until_its_last_day() -> None:
    still_open, closed = accept([ZIP], [acceptance(ZIP, "kim", "ravi", until=TODAY)], TODAY)
    assert still_open == ()
    assert [item.finding for item in closed] == [ZIP]


@pytest.mark.parametrize(
    ("finding", "by", "until", "code"),
    [
        (ZIP, ("kim",), "2027-01-01", "exception-refused"),
        (ZIP, ("kim", "Kim"), "2027-01-01", "exception-refused"),
        (ZIP, ("kim", "ravi"), "2026-08-13", "exception-expired"),
        (found(BROKEN, "", 1, "x"), ("kim", "ravi"), "2027-01-01", "exception-refused"),
    ],
)
def test_what_cannot_be_accepted_stays_open_and_is_said(
    finding: Finding, by: tuple[str, ...], until: str, code: str
) -> None:
    still_open, closed = accept([finding], [acceptance(finding, *by, until=until)], TODAY)
    assert [f.code for f in still_open] == [finding.code, code]
    assert closed == ()


def test_one_reviewer_accepts_a_warning() -> None:
    hidden = found(HIDDEN_FILE, ".env", 1, ".env")
    assert accept([hidden], [acceptance(hidden, "kim")], TODAY)[0] == ()


def test_another_snippet_is_not_accepted_and_the_exception_is_said_to_fit_nothing() -> None:
    other = found(NESTED_ARCHIVE, "a.zip", 1, "zip, 11 bytes")
    still_open, _ = accept([other], [acceptance(ZIP, "kim", "ravi")], TODAY)
    assert [f.code for f in still_open] == ["nested-archive", "exception-unused"]


def test_the_verdict_is_the_worst_that_is_open() -> None:
    assert verdict([]) == "pass"
    assert verdict([found(HIDDEN_FILE, "a", 1, "a", level="info")]) == "pass"
    assert verdict([found(HIDDEN_FILE, "a", 1, "a")]) == "warn"
    assert verdict([found(HIDDEN_FILE, "a", 1, "a"), ZIP]) == "block"


def test_a_good_plugin_passes() -> None:
    candidate = plugin()
    assert said(vet(candidate, reports(candidate)).findings) == []


def test_a_refused_archive_blocks_and_says_nothing_else() -> None:
    vetting = refused(plugin(main=""), found(BROKEN, "", 1, "cut short"))
    assert (vetting.verdict, said(vetting.findings)) == ("block", ["block archive-unreadable :1"])


# ---- two versions ----

CALL = "wp_remote_get('https://{}/v1');\n"


def bumped(
    old: dict[str, str | bytes],
    new: dict[str, str | bytes],
    *,
    main_now: str = MAIN.replace("3.10", "3.11"),
    version: str = "3.11",
    acceptances: tuple[Acceptance, ...] = (),
    fixes: tuple[Fixed, ...] = (),
) -> Bump:
    grants = Grants(network=("api.example",))
    before = plugin(old, grants=grants)
    after = plugin(new, main=main_now, version=version, grants=grants)
    around = Around(acceptances=acceptances, today=TODAY)
    return compare(
        vet(before, reports(before), around=around),
        vet(after, reports(after), around=around),
        before.files,
        after.files,
        fixes,
    )


def lane_of(bump: Bump, days: int | None = 30) -> Lane:
    return lane(bump.after, bump, known(days))


def test_an_honest_bump_is_green() -> None:
    bump = bumped({"inc/a.php": "<?php\n" + CALL.format("api.example")},
                  {"inc/a.php": "<?php\n// tidied\n" + CALL.format("api.example")})  # fmt: skip
    assert (bump.who, bump.more, bump.less, bump.new, bump.spread) == ((), {}, {}, (), ())
    assert lane_of(bump) == Lane("green", ("same maker, nothing new", "public for 30 days"))
    assert [(c.path, c.how, c.added, c.removed) for c in bump.changes] == [
        ("event-list.php", "changed", 1, 1),
        ("inc/a.php", "changed", 1, 0),
    ]


@pytest.mark.parametrize(("days", "colour"), [(None, "yellow"), (7, "yellow"), (8, "green")])
def test_a_fresh_release_waits_for_a_reader(days: int | None, colour: str) -> None:
    assert lane_of(bumped({}, {}), days).colour == colour


def test_a_fix_does_not_wait() -> None:
    fix = Fixed(id="WF-1", title="SQL injection", severity="8.1")
    assert lane_of(bumped({}, {}, fixes=(fix,)), 0).colour == "green"


SOLD = MAIN.replace("3.10", "3.11").replace("Nils B.", "Bright Apps Ltd")


def test_a_sold_plugin_is_yellow_and_red_once_it_can_do_more() -> None:
    quiet = bumped({}, {}, main_now=SOLD)
    assert [(m.what, m.before, m.after) for m in quiet.who] == [
        ("author", "Nils B.", "Bright Apps Ltd")
    ]
    assert lane_of(quiet).colour == "yellow"
    loud = bumped({}, {"inc/s.php": "<?php\n" + CALL.format("t.example")}, main_now=SOLD)
    assert lane_of(loud).reasons[0] == "it changed hands, and does what it did not"


def test_contributors_that_come_and_go_are_said() -> None:
    readme = "=== X ===\nContributors: {}\n"
    bump = bumped({"readme.txt": readme.format("nilsb")}, {"readme.txt": readme.format("bright")})
    assert [(m.what, m.before, m.after) for m in bump.who] == [
        ("contributors", "-nilsb", "+bright")
    ]


def test_https_is_no_new_owner() -> None:
    was, now = (
        MAIN.replace(" */", f" * Author URI: {uri}\n */")
        for uri in ("http://a.example/", "https://a.example")
    )
    old, new = plugin(main=was), plugin(main=now)
    assert compare(vet(old, {}), vet(new, {}), old.files, new.files).who == ()


def test_a_new_host_is_an_ability_with_its_place_and_a_new_block() -> None:
    bump = bumped({}, {"inc/s.php": "<?php\n" + CALL.format("t.example")})
    assert dict(bump.more) == {"host": ["t.example"]}
    place = bump.place("host", "t.example")
    assert place is not None
    assert (place.file, place.line) == ("inc/s.php", 2)
    assert codes(bump.new) == {"host-not-granted"}
    assert bump.changes[0].path == "inc/s.php"
    assert bump.changes[0].reason == "host-not-granted"
    assert lane_of(bump).colour == "red"


def test_what_was_there_is_known_and_what_went_is_said() -> None:
    bump = bumped({".env": "A=1", "b.zip": b"PK\x03\x04"}, {".env": "A=2"})
    assert said(bump.new) == []
    assert codes(bump.gone) == {"nested-archive"}


def test_known_code_at_a_second_place_is_new() -> None:
    archive = b"PK\x03\x04 sample"
    once = bumped({"a.zip": archive}, {"a.zip": archive, "img/b.zip": archive})
    assert said(once.new) == ["block nested-archive img/b.zip:1"]
    moved = bumped({"a.zip": archive}, {"data/a.zip": archive})
    assert said(moved.new) == []


def test_accepted_code_at_a_second_place_is_spread_and_red() -> None:
    archive = b"PK\x03\x04 sample"
    first = plugin({"a.zip": archive})
    (mark,) = vet(first, reports(first)).findings
    bump = bumped(
        {"a.zip": archive},
        {"a.zip": archive, "b.zip": archive},
        acceptances=(acceptance(mark, "kim", "ravi"),),
    )
    assert bump.after.verdict == "pass"
    assert said(bump.spread) == ["block nested-archive b.zip:1"]
    assert lane_of(bump).colour == "red"


def test_the_same_version_with_other_files_is_final() -> None:
    bump = bumped({}, {"inc/x.php": "<?php"}, main_now=MAIN, version="3.10")
    assert said(bump.new) == ["block same-version-other-files :1"]
    assert bump.after.verdict == "block"
    assert lane_of(bump).colour == "red"


def test_a_new_package_takes_two() -> None:
    candidate = plugin()
    assert lane(vet(candidate, {}), None, known(400)) == Lane("red", ("it is new here",))


def test_the_order_of_files_does_not_matter() -> None:
    one = plugin({"b.js": "a", "a.zip": b"PK\x03\x04", ".env": ""})
    turned = Candidate(
        kind=one.kind, slug=one.slug, version=one.version, target=one.target,
        files=dict(reversed(list(one.files.items()))),
    )  # fmt: skip
    assert vet(one, reports(one)) == vet(turned, dict(reversed(reports(turned).items())))


def test_the_tiny_analysis_of_these_tests_is_real() -> None:
    report = analyse("a.php", b"<?php\nfunction f() {}\n" + CALL.format("t.example").encode())
    assert (report.names, report.facts[0].value, report.facts[0].line) == (("f",), "t.example", 3)
    assert files({"a": "b"})["a"].data == b"b"
