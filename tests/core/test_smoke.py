"""Which sets of plugins are tried, and how the job's answer is read."""

import json

import pytest

from reconciler.core import names, smoke
from reconciler.core.derive import MasterKey
from reconciler.core.manifest import DEFAULT_SIZES, Limits, Platform, Site
from reconciler.core.site_objects import desired_site
from reconciler.core.sitefiles import NAME
from reconciler.core.smoke import Broken, PluginSet

PLATFORM = Platform(domain="localhost", sizes=DEFAULT_SIZES, limits=Limits())


def site(name: str, *plugins: str, **more: object) -> Site:
    return Site(name=name, title=name, owners=(), plugins=plugins, **more)  # type: ignore[arg-type]


def test_each_distinct_set_is_tried_once() -> None:
    sets = smoke.sets_of([site("a", "x", "y"), site("b", "y", "x"), site("c", "x"), site("d")])
    assert {one.plugins: users for one, users in sets.items()} == {
        ("x", "y"): ("a", "b"), ("x",): ("c",), (): ("d",),
    }  # fmt: skip


def test_another_theme_or_version_is_another_set_and_a_title_is_not() -> None:
    sites = [
        site("a", "x"),
        site("b", "x", theme="plain"),
        site("c", "x", plugin_versions={"x": "1.2"}),
        site("d", "x", plugin_versions={"unused": "1.2"}, tagline="Else"),
    ]
    assert sorted(smoke.sets_of(sites).values()) == [("a", "d"), ("b",), ("c",)]
    assert len({one.key for one in smoke.sets_of(sites)}) == 3


def test_sets_are_dealt_to_few_jobs_and_never_too_many_to_one() -> None:
    sets = [PluginSet((f"p{n}",)) for n in range(250)]
    assert [len(share) for share in smoke.shares(sets[:1], 3)] == [1]
    assert [len(share) for share in smoke.shares(sets[:10], 3)] == [10]
    assert [len(share) for share in smoke.shares(sets[:11], 3)] == [6, 5]
    assert [len(share) for share in smoke.shares(sets[:100], 3)] == [34, 33, 33]
    dealt = smoke.shares(sets, 2)
    assert max(map(len, dealt)) <= smoke.MOST_SETS
    assert sorted(one.plugins for share in dealt for one in share) == sorted(
        s.plugins for s in sets
    )


def test_the_job_is_a_webheads_without_being_a_sites() -> None:
    scratch = smoke.scratch_site(1)
    assert NAME.fullmatch(scratch.name) is None
    made = desired_site(scratch, PLATFORM, "r/wpaas/wordpress@sha256:0", MasterKey(b"k" * 64), "")
    spec = smoke.job(made, b"{}")
    assert spec["Labels"] == {names.OWNER_LABEL: names.OWNER, names.PURPOSE_LABEL: "smoke"}
    container = spec["TaskTemplate"]["ContainerSpec"]
    assert container["ReadOnly"]
    assert container["CapabilityDrop"] == ["ALL"]
    assert container["Command"] == ["php", *smoke.OPTIONS, "/usr/lib/wpaas/smoke.php"]
    assert (
        container["StopGracePeriod"]
        < made.install["TaskTemplate"]["ContainerSpec"]["StopGracePeriod"]
    )
    assert [config["File"]["Name"] for config in container["Configs"]][-1] == smoke.SETS_PATH
    assert spec["TaskTemplate"]["RestartPolicy"] == {"Condition": "none"}


def test_the_sets_are_written_as_live_settings() -> None:
    one = PluginSet(("x", "y"), (("y", "1.2"),), "plain")
    (entry,) = json.loads(smoke.sets_document([one]))["sets"]
    assert entry["key"] == one.key
    live = entry["live"]
    assert (live["plugins"], live["theme"], live["plugin_versions"]) == (
        ["x", "y"],
        "plain",
        {"y": "1.2"},
    )


BROKEN = '{"key": "k", "error": "the front page answers 500", "plugins": ["b", "a"]}'


def test_the_answer_is_a_line_for_each_broken_set_and_one_at_the_end() -> None:
    log = f'{{"from":"nginx"}}\nwpaas-smoke {BROKEN}\n{{"from":"init"}}\n'
    broken = (Broken(key="k", error="the front page answers 500", plugins=("b", "a")),)
    assert smoke.broken_in(log) == broken
    assert smoke.answered(log, 3) is None
    assert smoke.answered(log + 'wpaas-smoke {"tried": 3}', 3) == broken
    assert smoke.answered('wpaas-smoke {"tried": 2}', 2) == ()


@pytest.mark.parametrize(
    "log",
    [
        "nothing", "wpaas-smoke {half", "wpaas-smoke [1]", "wpaas-smoke {}", 'wpaas-smoke {"tried": 1}',
        'wpaas-smoke {"tried": "2"}', '{"tried": 2}', 'wpaas-smoke {"key": "k"}',
    ],
)  # fmt: skip
def test_what_is_no_answer_is_none(log: str) -> None:
    assert smoke.answered(log, 2) is None
    assert smoke.broken_in(log) == ()


def test_an_image_is_accepted_once_all_sets_of_a_commit_were_good_on_it() -> None:
    good, bad = PluginSet(("a",)), PluginSet(("b",))
    new = smoke.Known().with_good([good.key])
    assert not new.for_commit([good, bad]).accepted
    accepted = new.for_commit([good])
    assert accepted.accepted
    assert accepted.for_commit([good, bad]).accepted


def test_what_is_known_survives_a_restart_and_a_broken_entry_is_nothing() -> None:
    one = smoke.Known(frozenset({"b", "a"}), accepted=True)
    assert smoke.known(json.loads(json.dumps(one.to_json()))) == one
    broken: list[object] = [None, {}, {"good": ["a"]}, {"good": "a", "accepted": True}, []]
    for entry in broken:
        assert smoke.known(entry) == smoke.Known()


def test_what_is_broken_names_the_plugin_first() -> None:
    one = Broken(key="k", error="the front page answers 500", plugins=("b", "a"))
    assert str(one) == "plugin b together with a: the front page answers 500"
    assert str(Broken(key="k", error="e", plugins=("b",))) == "plugin b: e"
    assert str(Broken(key="k", error="e", plugins=())) == "no plugin is needed for it: e"
