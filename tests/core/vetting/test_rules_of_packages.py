"""Versions, bundled libraries, scripts and grants: each rule with what comes close to it."""

import json

import pytest
from packages import TARGET, codes, plugin, said

from reconciler.core.vetting.candidate import Grants
from reconciler.core.vetting.finding import Ability, Fact
from reconciler.core.vetting.grants import covered, grant_findings
from reconciler.core.vetting.headers import About
from reconciler.core.vetting.libraries import Library, libraries, library_findings, name_findings
from reconciler.core.vetting.requires import version_findings
from reconciler.core.vetting.scripts import script_facts, script_findings


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (About(requires_php="8.5"), {"needs-newer-php"}),
        (About(requires_php="8.4.0"), set()),
        (About(requires_php="5.6"), set()),
        (About(requires_wp="6.8.1"), {"needs-newer-wordpress"}),
        (About(requires_wp="6.8"), set()),
        (About(tested_up_to="6.6"), {"tested-long-ago"}),
        (About(tested_up_to="6.7.2"), set()),
        (About(tested_up_to="7.1"), set()),
        (About(requires_php="99999999999999999999"), {"needs-newer-php"}),
        (About(requires_php="soon"), set()),
    ],
)
def test_ranges_are_compared_with_the_image(words: About, wanted: set[str]) -> None:
    assert codes(version_findings(words, TARGET)) == wanted


COPIES = [
    "js/jquery-3.6.0.min.js", "js/jquery.js", "js/jquery-ui.min.js", "lib/moment.min.js",
    "lib/react-dom.production.min.js", "lib/PHPMailer.php",
]  # fmt: skip
OWN = ["js/jquery.fancybox.js", "js/my-moment.js", "js/reactor.js", "jquery.js.map"]


@pytest.mark.parametrize("path", COPIES)
def test_copies_of_what_wordpress_ships_are_found(path: str) -> None:
    assert codes(library_findings(plugin({path: "/*! v3.6.0 */"}))) == {"library-of-core"}


@pytest.mark.parametrize("path", OWN)
def test_other_libraries_are_not(path: str) -> None:
    assert codes(library_findings(plugin({path: "/*! v3.6.0 */"}))) == set()


def test_bundled_libraries_are_listed_with_their_versions() -> None:
    installed = json.dumps(
        {"packages": [{"name": "guzzlehttp/guzzle", "version": "v7.9.2"}, 3, {}]}
    )
    candidate = plugin(
        {"vendor/composer/installed.json": installed, "js/jquery.js": "/*! jQuery v3.6.0 */"}
    )
    assert libraries(candidate) == (
        Library("guzzlehttp/guzzle", "7.9.2", "vendor/composer/installed.json"),
        Library("jquery", "3.6.0", "js/jquery.js"),
    )


def test_a_name_that_another_package_has_is_told_once_for_it() -> None:
    mine = {"events_show": "a.php", "events_hide": "b.php", "own": "a.php"}
    taken = {"events_show": "plugin calendar", "events_hide": "plugin calendar"}
    (finding,) = name_findings(mine, taken)
    assert finding.detail == "plugin calendar: events_hide, events_show"
    assert list(name_findings({"own": "a.php"}, taken)) == []


LONG = "a=1;" * 2000
HIDDEN = ";".join(f"var _0x{n:04x}=1" for n in range(12))


@pytest.mark.parametrize(
    ("contents", "wanted"),
    [
        ({"a.js": HIDDEN}, {"script-obfuscated"}),
        ({"a.js": "eval(atob('YWxlcnQoMSk='))"}, {"script-obfuscated"}),
        ({"a.js": "eval(function(p,a,c,k,e,d){})"}, {"script-obfuscated"}),
        ({"a.js": f"String.fromCharCode({','.join(['104'] * 60)})"}, {"script-obfuscated"}),
        ({"a.js": "var _0xff = 1; // a colour"}, set()),
        ({"a.js": "String.fromCharCode(13, 10)"}, set()),
        ({"a.js": "evaluate(atob(x))"}, set()),
        ({"a.min.js": LONG}, {"script-without-source"}),
        ({"a.min.js": LONG, "a.js": "a = 1;\n"}, set()),
        ({"a.min.js": LONG, "a.js": LONG + "b"}, {"script-without-source"}),
        ({"build/index.js": LONG, "src/index.js": "a = 1;\n"}, set()),
        ({"a.js": LONG, "a.js.map": '{"sourcesContent": ["a"]}'}, set()),
        ({"a.js": LONG, "readme.txt": "https://github.com/x/y"}, set()),
        ({"a.js": "a=1;" * 100}, set()),
        ({"a.css": "a{}\n" * 263_000}, {"script-heavy"}),
        ({"admin/a.css": "a{}\n" * 263_000}, set()),
    ],
)  # fmt: skip
def test_scripts_are_readable_and_light(contents: dict[str, str], wanted: set[str]) -> None:
    assert codes(script_findings(plugin(contents))) == wanted


@pytest.mark.parametrize(
    ("path", "text", "host"),
    [
        ("a.js", "s.src = 'https://cdn.example/x.js'", "cdn.example"),
        ("a.js", "s.src='//cdn.example/x.js'", "cdn.example"),
        ("a.js", "fetch(`https://api.example/v1`)", "api.example"),
        ("a.js", 'import x from "https://esm.example/x"', "esm.example"),
        ("a.js", 'navigator.sendBeacon("https://t.example")', "t.example"),
        ("a.js", "x.open('POST', 'https://t.example/a')", "t.example"),
        ("a.js", 'new WebSocket("wss://t.example/")', "t.example"),
        ("a.css", "@import 'https://fonts.example/css'", "fonts.example"),
        ("a.css", "b{background:url(//img.example/x.png)}", "img.example"),
        ("a.js", "var ns = 'http://www.w3.org/2000/svg'", ""),
        ("a.js", "// see https://docs.example/x", ""),
        ("a.js", "s.src = base + '/x.js'", ""),
        ("a.css", "b{background:url(x.png)}", ""),
        ("a.css", "/* https://docs.example */", ""),
    ],
)
def test_hosts_that_browsers_load_from_are_facts(path: str, text: str, host: str) -> None:
    wanted = [Fact("asset-host", host, path, 1)] if host else []
    assert list(script_facts(plugin({path: text}))) == wanted


@pytest.mark.parametrize(
    ("ability", "value", "grants", "code"),
    [
        ("host", "t.example", Grants(), "host-not-granted"),
        ("host", "a.t.example", Grants(network=("t.example",)), "host-not-granted"),
        ("host", "t.example", Grants(network=("t.example",)), ""),
        ("asset-host", "t.example", Grants(), "asset-host-not-granted"),
        ("cron", "purge", Grants(), "cron-not-granted"),
        ("cron", "purge", Grants(cron=("purge",)), ""),
        ("table", "{prefix}events", Grants(), "table-not-granted"),
        ("table", "{prefix}events", Grants(tables=("{prefix}events",)), ""),
        ("route", "POST events/v1/sync", Grants(), "route-not-granted"),
        ("route", "POST events/v10/sync", Grants(routes=("events/v1",)), "route-not-granted"),
        ("route", "POST events/v1/sync", Grants(routes=("events/v1",)), ""),
        ("route", "GET events/v1", Grants(routes=("/events/v1/",)), ""),
        ("write", "{plugin}/cache.php", Grants(writes="uploads"), "write-not-granted"),
        ("write", "{uploads}/events", Grants(writes="uploads"), ""),
        ("write", "{uploads}/events", Grants(writes="temp"), "write-not-granted"),
        ("shortcode", "events", Grants(), ""),
        ("hook", "init", Grants(), ""),
    ],
)  # fmt: skip
def test_more_than_granted_is_found(
    ability: Ability, value: str, grants: Grants, code: str
) -> None:
    facts = [Fact(ability, value, "a.php", 7), Fact(ability, value, "b.php", 1)]
    found = [f for f in grant_findings(facts, grants, "entered") if f.level != "info"]
    assert said(found) == ([f"{found[0].level} {code} a.php:7"] if code else [])


def test_what_nobody_decided_on_yet_is_a_warning() -> None:
    facts = [Fact("cron", "purge", "a.php", 7)]
    assert said(grant_findings(facts, Grants(), "proposed")) == ["warn cron-not-granted a.php:7"]
    assert said(grant_findings(facts, Grants(), "entered")) == ["block cron-not-granted a.php:7"]


def test_a_grant_that_nothing_uses_is_said() -> None:
    grants = Grants(network=("t.example", "u.example"), cron=("purge",))
    facts = [Fact("asset-host", "u.example", "a.js", 1)]
    unused = [f.detail for f in grant_findings(facts, grants, "entered")]
    assert unused == ["network: t.example", "cron: purge"]


def test_a_namespace_is_no_prefix() -> None:
    assert not covered("route", "GET events/v12", ("events/v1",))
