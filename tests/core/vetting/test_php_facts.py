"""What a package can do, said from its PHP: the facts that two versions are compared by."""

from pathlib import Path

import pytest

from reconciler.core.vetting.finding import abilities
from reconciler.core.vetting.php.analysis import analyse_php

EVENTS = Path(__file__).parent / "samples" / "event-list" / "event-list.php"


def _abilities(source: str, path: str = "inc/a.php") -> dict[str, list[str]]:
    return abilities(analyse_php(path, f"<?php {source}".encode()).facts)


def test_a_plugin_that_behaves_well_is_described_in_full() -> None:
    assert abilities(analyse_php("event-list.php", EVENTS.read_bytes()).facts) == {
        "ajax": ["event_list_save"],
        "capability": ["edit_posts", "manage_options"],
        "cron": ["event_list_purge"],
        "hook": [
            "admin_menu",
            "admin_post_event_list_settings",
            "event_list_purge",
            "rest_api_init",
            "the_title",
            "wp_ajax_event_list_save",
            "wp_enqueue_scripts",
        ],
        "host": ["api.weather.example"],
        "option": ["event_list_ids", "event_list_settings"],
        "page": ["event-list"],
        "route": ["GET event-list/v1/events", "POST event-list/v1/events"],
        "shortcode": ["event_list"],
        "table": ["{prefix}event_list"],
        "write": ["{uploads}/event-list", "{uploads}/event-list/…"],
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("add_action('wp_ajax_nopriv_a', 'f');", {"ajax": ["public a"], "hook": ["wp_ajax_nopriv_a"]}),
        ("const P = 'my_'; add_action(P . 'hook', 'f');", {"hook": ["my_hook"]}),
        ("add_action(\"save_post_{$type}\", 'f');", {"hook": ["save_post_…"]}),
        ("class A { const N = 'x/v1'; function f() { register_rest_route(self::N, 'a', ['methods' => ['POST', 'GET'], 'permission_callback' => 'p', 'callback' => 'c']); } }",
         {"route": ["GET,POST x/v1/a"]}),
        ("register_rest_route('x/v1', '/a', [['methods' => 'GET', 'permission_callback' => 'p'], ['methods' => WP_REST_Server::DELETABLE, 'permission_callback' => 'p']]);",
         {"route": ["DELETE x/v1/a", "GET x/v1/a"]}),
        ("wp_schedule_single_event(time(), 'once');", {"cron": ["once"]}),
        ("global $wpdb; $wpdb->get_results(\"SELECT * FROM {$wpdb->prefix}mine JOIN {$wpdb->posts}\");",
         {"table": ["{prefix}mine"]}),
        ("class A { private $t; function __construct() { global $wpdb; $this->t = $wpdb->prefix . 'mine'; } function f() { global $wpdb; $wpdb->insert($this->t, []); } }",
         {"table": ["{prefix}mine"]}),
        ("wp_remote_get('https://API.A.example:8443/x?y');", {"host": ["api.a.example"]}),
        ("class A { const U = 'https://a.example'; function f() { return wp_remote_post(self::U . '/x'); } }", {"host": ["a.example"]}),
        ("$c = curl_init(); curl_setopt($c, CURLOPT_URL, 'https://a.example');", {"host": ["a.example"]}),
        ("function ask($p) { return wp_remote_get('https://a.example/' . $p); } ask('x');", {"host": ["a.example"]}),
        ("wp_remote_get($url);", {"host": ["?"]}),
        ("wp_remote_get(home_url('/x'));", {}),
        ("file_get_contents('https://a.example/x.json'); file_get_contents(__DIR__ . '/a.json');", {"host": ["a.example"]}),
        ("wp_enqueue_script('a', 'https://cdn.example/a.js');", {"asset-host": ["cdn.example"]}),
        ("?><script src=\"//cdn.example/a.js\"></script><a href=\"https://b.example\">b</a><?php", {"asset-host": ["cdn.example"]}),
        ("file_put_contents(wp_upload_dir()['basedir'] . '/a.json', $x);", {"write": ["{uploads}/a.json"]}),
        ("file_put_contents($path, $x);", {"write": ["file_put_contents()"]}),
        ("exec('/usr/bin/convert a b');", {"process": ["convert"]}),
        ("add_submenu_page('a', 't', 'm', 'manage_options', 'slug');", {"capability": ["manage_options"], "page": ["slug"]}),
        ("add_shortcode('a', 'f'); register_block_type('b/c');", {"block": ["b/c"], "shortcode": ["a"]}),
        ("update_option('a', 1); get_option('b');", {"option": ["a", "b"]}),
        ("$role->add_cap('do_it');", {"capability": ["do_it"]}),
        ("// add_action('init', 'f');\n$s = \"wp_remote_get('https://a.example')\";", {}),
    ],
)  # fmt: skip
def test_a_fact_is_said_by_its_folded_name(source: str, expected: dict[str, list[str]]) -> None:
    assert _abilities(source) == expected


def test_an_address_that_is_not_known_is_said() -> None:
    findings = analyse_php("a.php", b"<?php function f($url) { wp_remote_get($url); }").findings
    assert [(one.code, one.level) for one in findings] == [("host-unknown", "info")]


def test_a_fact_names_its_place() -> None:
    (fact,) = analyse_php("inc/a.php", b"<?php\n\nadd_shortcode('a', 'f');").facts
    assert (fact.file, fact.line) == ("inc/a.php", 3)


def test_names_for_all_are_listed_and_guarded_ones_are_not() -> None:
    source = """<?php namespace Mine; use function Other\\g;
        const A = 1; define('B', 2); function f() {} class C { function m() {} const D = 1; }
        interface I {} trait T {} enum E {}
        if (!function_exists('h')) { function h() {} } if (!defined('J')) { define('J', 1); }
        $x = function () {}; new class {};"""
    assert analyse_php("a.php", source.encode()).names == (
        "class mine\\c", "class mine\\e", "class mine\\i", "class mine\\t",
        "constant B", "constant mine\\A", "function mine\\f",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'a' . 'b' . \"c\"", "abc"),
        ("chr(97) . chr(0x62) . chr(0143)", "abc"),
        ('"\\x61\\142\\u{63}"', "abc"),
        ("strrev('cba')", "abc"),
        ("base64_decode('YWJj')", "abc"),
        ("str_rot13('nop')", "abc"),
        ("hex2bin('616263')", "abc"),
        ("pack('H*', '616263')", "abc"),
        ("implode('', ['a', 'b', 'c'])", "abc"),
        ("implode(array_map('chr', [97, 98, 99]))", "abc"),
        ("implode(array_reverse(str_split('cba')))", "abc"),
        ("sprintf('%2$s%1$s%%%3$c', 'b', 'a', 99)", "ab%c"),
        ("substr('xabcx', 1, -1)", "abc"),
        ("strtr('xyz', 'xyz', 'abc')", "abc"),
        ("str_replace('-', '', 'a-b-c')", "abc"),
        ("strtolower('ABC')", "abc"),
        ("urldecode('%61%62c')", "abc"),
        ("gzinflate(base64_decode('S0xKBgA='))", "abc"),
        ('convert_uudecode("#86)C\\n`\\n")', "abc"),
        ("('a' ^ '  ') . 'bc'", "Abc"),
        ("explode(',', 'x,abc')[1]", "abc"),
        ("'xabc'[1] . 'bc'", "abc"),
        ("(function () { return 'abc'; })()", "abc"),
        ("f('abc')", "abc"),
        ("K::A . K::$b", "abc"),
        ("constant('CC')", "abc"),
        ("CC", "abc"),
        ("dirname('/abc/x') . '/y'", "/abc/y"),
        ("<<<X\n  ab\n  X . 'c'", "abc"),
        ("true ? 'abc' : 'abc'", "abc"),
        ("['k' => 'abc']['k']", "abc"),
        ("$GLOBALS['glob']", "abc"),
        ("${'gl' . 'ob'}", "abc"),
    ],
)
def test_text_is_folded_however_it_is_hidden(expression: str, text: str) -> None:
    around = (
        "const CC = 'abc'; class K { const A = 'a'; public static $b = 'bc'; }"
        " function f($x) { return $x; } $glob = 'abc';"
    )
    assert _abilities(f"{around} add_shortcode({expression}, 'f');") == {"shortcode": [text]}
