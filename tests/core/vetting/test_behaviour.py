"""What was seen in a run, as findings: a table, each row with its near miss."""

from dataclasses import dataclass
from typing import get_args

import pytest

from reconciler.core.vetting import behaviour_read as read
from reconciler.core.vetting import behaviour_state as state
from reconciler.core.vetting import behaviour_tour as tour
from reconciler.core.vetting.behaviour import WORDS, Behaviour
from reconciler.core.vetting.behaviour_heard import Answer, heard
from reconciler.core.vetting.behaviour_judge import AUTOLOAD_BLOCK_BYTES, AUTOLOAD_BYTES
from reconciler.core.vetting.behaviour_rules import RULES
from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.deed import Cost, Deed, Kind

NONE = Grants()
GRANTS = Grants(
    network=("api.example",),
    cron=("tick",),
    tables=("{prefix}log",),
    routes=("mine/v1",),
    writes="uploads",
)


@dataclass(frozen=True)
class Row:
    code: str
    level: str
    behaviour: Behaviour
    near: Behaviour
    grants: Grants = GRANTS


def did(*deeds: Deed, **more: object) -> Behaviour:
    return Behaviour(now=tuple(deeds), **more)  # type: ignore[arg-type]


def cost(ms: float = 0, kb: int = 0, queries: int = 0) -> Behaviour:
    return did(costs=(Cost("front page", ms, kb, queries),))


def asked(host: str) -> Deed:
    return Deed("host", host, "a.php", 7)


ROWS = [
    Row("fatal", "block", did(Deed("fatal", "no", "a.php", 3)), did()),
    Row("not-activated", "block", did(Deed("refused", "needs PHP 9")), did()),
    Row("broken-page", "block", did(Deed("broken", "/ as visitor")), did()),
    Row("errors", "warn", did(Deed("warning", "x", "a.php")), did()),
    Row("errors", "info", did(Deed("deprecated", "x", "a.php")), did()),
    Row("undeclared-host", "block", did(asked("evil.example")), did(asked("api.example"))),
    Row("outside-link", "warn", did(Deed("link", "evil.example")), did(Deed("link", "api.example"))),
    Row("writes-code-folder", "block", did(Deed("write", "{package}/x")), did()),
    Row("writes-uploads", "block", did(Deed("upload", "x")), did(), NONE),
    Row("writes-temp", "warn", did(Deed("temp", "x")), did(Deed("upload", "x"))),
    Row("undeclared-table", "block", did(Deed("table", "{prefix}x")), did(Deed("table", "{prefix}log"))),
    Row("undeclared-cron", "block", did(Deed("cron", "tock")), did(Deed("cron", "tick"))),
    Row("frequent-cron", "warn", did(Deed("cron", "tick", amount=899)), did(Deed("cron", "tick", amount=900))),
    Row("undeclared-route", "block", did(Deed("route", "open GET /other/v1/x")), did(Deed("route", "GET /mine/v1/x"))),
    Row("adds-admin", "block", did(Deed("user", "x", note="administrator")), did(Deed("option", "x"))),
    Row("adds-admin", "block", did(Deed("role", "editor", note="+manage_options")), did()),
    Row("changes-users", "warn", did(Deed("user", "x", note="subscriber")), did()),
    Row("changes-roles", "warn", did(Deed("role", "editor", note="+my_right")), did()),
    Row("changes-settings", "block", did(Deed("setting", "default_role")), did(Deed("option", "own"))),
    Row("damages", "block", did(Deed("lost", "table wp_posts")), did()),
    Row("mails", "warn", did(Deed("mail", "a.php", "a.php")), did()),
    Row("autoload", "warn", did(Deed("option", "x", amount=AUTOLOAD_BYTES)), did(Deed("option", "x", amount=AUTOLOAD_BYTES - 1))),
    Row("autoload", "block", did(Deed("option", "x", amount=AUTOLOAD_BLOCK_BYTES)), did(Deed("option", "x"))),
    Row("autoload", "warn", did(*(Deed("option", n, amount=AUTOLOAD_BYTES // 2) for n in "ab")), did(*(Deed("option", n, amount=AUTOLOAD_BYTES // 3) for n in "ab"))),
    Row("slow", "block", cost(ms=250), cost(ms=99)),
    Row("slow", "warn", cost(ms=249), cost(ms=-300)),
    Row("memory", "warn", cost(kb=32 * 1024), cost(kb=32 * 1024 - 1)),
    Row("queries", "warn", cost(queries=50), cost(queries=49)),
    Row("leaves-data", "warn", did(left=(Deed("table", "{prefix}log"),)), did(Deed("table", "{prefix}log"))),
    Row("wakes-later", "block", did(later=(asked("evil.example"),)), did(later=(Deed("option", "x"),))),
    Row("follows-answers", "block", did(answered=(Deed("user", "x"),)), did(answered=())),
    Row("incomplete", "warn", did(incomplete=("the clock",)), did()),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.level}")
def test_a_deed_gives_its_finding_and_a_near_miss_gives_none(row: Row) -> None:
    told = {(f.code, f.level) for f in row.behaviour.findings(row.grants)}
    assert told == {(f"behaviour-{row.code}", row.level)}
    near = {(f.code, f.level) for f in row.near.findings(row.grants)}
    assert (f"behaviour-{row.code}", row.level) not in near


def test_every_rule_has_its_row() -> None:
    assert {f"behaviour-{row.code}" for row in ROWS} == {rule.code for rule in RULES}


def test_what_was_seen_today_is_no_news_later() -> None:
    known = did(
        asked("evil.example"), later=(asked("evil.example"),), answered=(asked("evil.example"),)
    )
    assert {f.code for f in known.findings(GRANTS)} == {"behaviour-undeclared-host"}


def test_a_host_that_is_granted_wakes_nobody_but_counts_when_it_is_first_asked_months_later() -> (
    None
):
    woken = did(later=(asked("api.example"),))
    assert [f.code for f in woken.findings(GRANTS)] == ["behaviour-wakes-later"]


def test_the_mark_of_a_slow_page_does_not_change_with_the_measured_time() -> None:
    marks = {next(iter(cost(ms=ms).findings(NONE))).mark for ms in (251, 302.7)}
    assert len(marks) == 1


def test_routes_are_told_by_namespace_and_what_stays_by_kind() -> None:
    routes = [
        Deed("route", f"{how} /mine/v1/{n}") for n in range(3) for how in ("GET", "open POST")
    ]
    told = did(*routes, left=(Deed("option", "b"), Deed("option", "a"), Deed("table", "t")))
    assert [f.detail for f in told.findings(NONE)] == [
        "mine/v1, 6 of them, 3 open to everybody", "option a, b", "table t",
    ]  # fmt: skip


def test_the_run_is_told_with_what_weighs_most_first() -> None:
    ran = did(
        Deed("ajax", "x"), asked("api.example"), Deed("user", "boss", note="administrator"),
        later=(asked("evil.example"), Deed("option", "x")),
        left=(Deed("table", "{prefix}x"), Deed("option", "y")), costs=(Cost("front page", 3, 2, 1),),
        incomplete=("the clock",), later_days=270,
    )  # fmt: skip
    assert ran.lines() == (
        ("270 days later, asked for", "evil.example"),
        ("made or changed user", "boss (administrator)"),
        ("asked for", "api.example"),
        ("front page", "+3 ms, +2 KiB, +1 queries"),
        ("stays after uninstall", "table {prefix}x, option y"),
        ("not looked at", "the clock"),
        ("added ajax action", "x"),
    )


def test_every_kind_of_deed_has_words() -> None:
    assert set(WORDS) == set(get_args(Kind))


STATE: state.State = {
    "tables": ["wp_posts", "wp_options"],
    "options": {"siteurl": {"bytes": 9, "loads": True, "digest": "a"}, "old": {"bytes": 1, "loads": False, "digest": "b"}},
    "cron": {"wp_version_check": 43200},
    "roles": {"editor": ["edit_posts"], "administrator": ["manage_options"]},
    "users": {"admin": {"rights": ["administrator"], "way in": "1"}},
    "user meta": ["nickname"],
    "posts": {"post publish": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "value", "deed"),
    [
        ("tables", ["wp_posts", "wp_options", "wp_x"], Deed("table", "{prefix}x")),
        ("tables", ["wp_posts", "wp_options", "other"], Deed("table", "other")),
        ("tables", ["wp_options"], Deed("lost", "table wp_posts")),
        ("cron", {"wp_version_check": 43200, "x": 60}, Deed("cron", "x", note="every 60 s", amount=60)),
        ("cron", {"wp_version_check": 43200, "x": 0}, Deed("cron", "x")),
        ("roles", STATE["roles"] | {"editor": ["edit_posts", "edit_users"]}, Deed("role", "editor", note="+edit_users")),
        ("roles", STATE["roles"] | {"boss": ["x"]}, Deed("role", "boss", note="+x")),
        ("roles", {"editor": ["edit_posts"]}, Deed("lost", "role administrator")),
        ("users", STATE["users"] | {"x": {"rights": ["editor"], "way in": "2"}}, Deed("user", "x", note="editor")),
        ("users", {"admin": {"rights": ["administrator"], "way in": "2"}}, Deed("user", "admin", note="password or address changed, administrator")),
        ("users", {}, Deed("lost", "user admin")),
        ("user meta", ["nickname", "x"], Deed("user meta", "x")),
        ("posts", {"post publish": 3}, Deed("post", "post publish", amount=2)),
        ("posts", {"post publish": 0}, Deed("lost", "post post publish")),
    ],
)  # fmt: skip
def test_a_change_of_the_database_is_a_deed(part: str, value: object, deed: Deed) -> None:
    assert state.changed(STATE, {**STATE, part: value}) == [deed]


def test_options_count_by_what_every_page_loads() -> None:
    options = STATE["options"] | {
        "siteurl": {"bytes": 9, "loads": True, "digest": "other"},
        "big": {"bytes": 5000, "loads": True, "digest": "c"},
        "aside": {"bytes": 5000, "loads": False, "digest": "c"},
        "_transient_x": {"bytes": 5000, "loads": True, "digest": "c"},
        "_transient_huge": {"bytes": 200_000, "loads": True, "digest": "c"},
        "_transient_aside": {"bytes": 200_000, "loads": False, "digest": "c"},
    }
    assert state.changed(STATE, {**STATE, "options": options}) == [
        Deed("option", "_transient_huge", amount=200_000), Deed("option", "aside"),
        Deed("option", "big", amount=5000), Deed("setting", "siteurl"),
    ]  # fmt: skip
    assert state.changed(STATE, STATE) == []


def answer(**more: object) -> Answer:
    told = {"status": 200, "whole": True, "type": "text/html", "record": {"id": "1"}}
    return heard(told | more)


FRONT: tour.Step = {"path": "/", "who": "visitor", "wanted": {}}


def test_a_request_is_read_as_deeds_with_the_place_that_is_known() -> None:
    record = {
        "fatal": {"file": "a.php", "line": 3, "text": "no"},
        "http": [{"how": "wordpress", "host": "evil.example", "method": "GET", "url": "https://evil.example/x", "file": "a.php", "line": 1}],
    }  # fmt: skip
    others = [
        {"how": "proxy", "host": "evil.example"},
        {"how": "dns", "host": "raw.example"},
        {"how": "dns", "host": "store"},
    ]
    walk = [(FRONT, answer(record=record, others=others))]
    assert read.deeds(walk, frozenset()) == [
        Deed("fatal", "no", "a.php", 3, "/ as visitor"),
        Deed("host", "evil.example", "a.php", 1, "GET https://evil.example/x"),
        Deed("host", "raw.example", note="dns"),
    ]
    assert [d.value for d in read.deeds(walk, frozenset({"raw.example"})) if d.kind == "host"] == [
        "evil.example"
    ]


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ({"status": 0}, "no answer"),
        ({"status": 500}, "status 500"),
        ({"whole": False}, "no end of the page"),
        ({"status": 302, "whole": False}, None),
        ({"status": 403}, None),
        ({"type": "application/json", "whole": False}, None),
    ],
)
def test_a_page_that_does_not_answer_to_its_end_is_broken(
    told: dict[str, object], note: str | None
) -> None:
    expected = [] if note is None else [Deed("broken", "/ as visitor", note=note)]
    assert read.deeds([(FRONT, answer(**told))], frozenset()) == expected


def test_what_is_measured_is_the_quickest_with_it_less_the_quickest_without_it() -> None:
    def record(ms: float, queries: int = 20) -> Answer:
        return answer(record={"id": "1", "ms": ms, "peak_kb": 100, "queries": queries})

    without: tour.Step = {**FRONT, "wanted": tour.WITHOUT}
    walk = [
        (without, record(10)),
        (FRONT, record(310, queries=23)),
        (without, record(400)),
        (FRONT, record(900, queries=90)),  # the machine had something else to do
        (without, record(12)),
        (FRONT, record(320, queries=23)),
    ]
    assert read.costs(walk) == (Cost("front page", 300.0, 0, 3),)


def test_a_broken_page_is_told_with_what_it_says() -> None:
    walk = [(FRONT, answer(status=500, says="No user was found by the server."))]
    (deed,) = read.deeds(walk, frozenset())
    assert deed.note == "status 500: No user was found by the server."


def test_the_stores_tree_is_read_as_paths() -> None:
    text = "run-1\n├──uploads\n│   ├──2026\n│   │   └──a.jpg\n│   └──b.txt\n└──c\n3 directories, 3 files\n"
    assert read.tree_files(text) == ["uploads/2026/a.jpg", "uploads/b.txt", "c"]


def test_a_route_is_asked_with_something_for_each_parameter() -> None:
    assert tour.plain_route(r"/x/v1/item/(?P<id>[\d]+)/(?P<name>(a|b)+)") == "/x/v1/item/1/1"


def test_a_right_that_is_only_there_while_it_runs_is_a_deed() -> None:
    def walk(who: str) -> list[tuple[tour.Step, Answer]]:
        step: tour.Step = {"path": "/", "who": who, "wanted": {}}
        return [(step, answer(record={"id": "1", "may": ["manage_options"]}))]

    (deed,) = read.deeds(walk("author"), frozenset())
    assert deed == Deed("role", "author, while it runs", note="+manage_options")
    assert [f.code for f in did(deed).findings(NONE)] == ["behaviour-adds-admin"]
    assert read.deeds(walk("admin"), frozenset()) == []


def test_shortcodes_and_blocks_are_used_in_a_post() -> None:
    deeds = [Deed("shortcode", "events"), Deed("block", "mine/list"), Deed("option", "x")]
    (step,) = tour.own_places(deeds, "", answers=1)
    assert step["wanted"] == {"answers": 1, "content": "[events]\n\n<!-- wp:mine/list /-->"}
    assert read.name_of(step) == "/?p=1 as visitor with its shortcodes and blocks"
    assert tour.own_places([Deed("option", "x")], "") == []
