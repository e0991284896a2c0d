"""Given what is wanted and what was found, the plan reads as text."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core import names
from reconciler.core.derive import MasterKey, Secret
from reconciler.core.manifest import DEFAULT_SIZES, Limits, Platform, Site
from reconciler.core.model import (
    Brought,
    Desired,
    DesiredPlatform,
    DesiredSite,
    ImageRef,
    Live,
    Node,
    Observed,
    ObservedCluster,
    ObservedContent,
    Service,
    Stored,
)
from reconciler.core.planner import plan_platform, plan_sites, table
from reconciler.core.site_objects import desired_site

MASTER = MasterKey(b"k" * 32)
PLATFORM = Platform(
    domain="localhost", public_scheme="http", public_port=8080, sizes=DEFAULT_SIZES, limits=Limits()
)
IMAGE = "127.0.0.1:5000/wpaas/wordpress@sha256:" + "a" * 64
NEW_IMAGE = "127.0.0.1:5000/wpaas/wordpress@sha256:" + "b" * 64
EMPTY = ObservedCluster(services={}, tasks=(), nodes=(), networks={}, configs={}, secrets={})
READY = tuple(Node(id=n, name=n, address="", ready=True) for n in ("node1", "node2", "node3"))
NOTHING = Observed(
    cluster=EMPTY,
    content=ObservedContent(
        databases=frozenset(), live={}, buckets=frozenset(), tables={"10.0.0.1": {}}, zones={}
    ),
)


def site(name: str, **fields: Any) -> Site:
    return Site(name=name, title=fields.pop("title", name), owners=("kim",), **fields)


def wanted(
    *sites: Site, image: str = IMAGE, held: frozenset[str] = frozenset(), zones: bool = False
) -> Desired:
    return Desired(
        revision="c0ffee",
        image=ImageRef("tag", "sha256:" + "a" * 64),
        sites={one.name: desired_site(one, PLATFORM, image, MASTER, "c0ffee") for one in sites},
        held=held,
        zones=zones,
    )


def converged(desired: Desired) -> Observed:
    """What is found once everything wanted is there, with the engine's own defaults added."""
    services, configs, secrets = {}, {}, {}
    for one in desired.sites.values():
        labels = {names.OWNER_LABEL: names.OWNER, names.SITE_LABEL: one.name}
        name = names.service_name(one.name)
        services[name] = Service(id=name, version=7, spec={**one.service, "Default": 1})
        configs[one.config_name] = Stored(id="c", version=1, labels=labels)
        secrets[one.secret_name] = Stored(id="s", version=1, labels=labels)
    cluster = replace(EMPTY, services=services, configs=configs, secrets=secrets)
    content = ObservedContent(
        databases=frozenset(names.database_name(name) for name in desired.sites),
        live={
            one.name: Live(
                one.live_digest,
                one.plugins,
                Brought(
                    schema=1,
                    wordpress="6.8",
                    plugins={s: one.versions.get(s, "") for s in one.plugins},
                    theme=one.theme,
                ),
            )
            for one in desired.sites.values()
        },
        buckets=frozenset(names.bucket_name(name) for name in desired.sites),
        tables={"10.0.0.1": table(desired, cluster), "10.0.0.2": None},
        zones=dict.fromkeys(desired.sites, "1") if desired.zones else {},
    )
    return Observed(cluster=cluster, content=content)


def text(desired: Desired, observed: Observed) -> str:
    return str(plan_sites(desired, observed))


def test_a_new_site_gets_its_parts_in_the_order_in_which_one_needs_the_other() -> None:
    desired = wanted(site("chess-club"), zones=True)
    one: DesiredSite = desired.sites["chess-club"]
    assert text(desired, NOTHING) == "\n".join(
        [
            "platform: push table 10.0.0.1, 1 hosts to add, 0 to remove",
            "chess-club: create database site_chess_club, not found",
            "chess-club: create bucket wpaas-chess-club, not found",
            f"chess-club: create secret {one.secret_name}, not found",
            f"chess-club: create config {one.config_name}, not found",
            "chess-club: run install chess-club, no settings in it yet",
            "chess-club: create service wpaas_chess-club, not found",
            "chess-club: create zone chess-club, not found",
        ]
    )


def test_nothing_differs_so_nothing_is_written() -> None:
    desired = wanted(site("chess-club"), site("tea-house", replicas=3), zones=True)
    assert text(desired, converged(desired)) == "nothing to do"


def test_a_new_title_is_one_live_write_and_restarts_nothing() -> None:
    before = converged(wanted(site("chess-club"), site("tea-house")))
    plan = plan_sites(wanted(site("chess-club", title="New"), site("tea-house")), before)
    assert [(op.kind, op.site, op.restarts) for op in plan.operations] == [
        ("live", "chess-club", False)
    ]


def test_a_new_image_updates_every_service_and_nothing_else() -> None:
    before = converged(wanted(site("chess-club"), site("tea-house")))
    cause = f"/TaskTemplate/ContainerSpec/Image {'a' * 12} → {'b' * 12}"
    assert text(
        wanted(site("chess-club"), site("tea-house"), image=NEW_IMAGE), before
    ) == "\n".join(
        [
            f"chess-club: update service wpaas_chess-club, {cause}",
            f"tea-house: update service wpaas_tea-house, {cause}",
        ]
    )


def test_more_webheads_restart_none() -> None:
    before = converged(wanted(site("chess-club")))
    plan = plan_sites(wanted(site("chess-club", replicas=3)), before)
    assert str(plan) == (
        "chess-club: update service wpaas_chess-club, /Mode/Replicated/Replicas 2 → 3"
    )
    assert not plan.operations[0].restarts


def test_a_manual_change_is_found_and_named() -> None:
    desired = wanted(site("chess-club"))
    observed = converged(desired)
    live = observed.cluster.services["wpaas_chess-club"]
    scaled = replace(live, spec={**live.spec, "Mode": {"Replicated": {"Replicas": 5}}})
    cluster = replace(observed.cluster, services={"wpaas_chess-club": scaled})
    assert text(desired, replace(observed, cluster=cluster)) == (
        "chess-club: update service wpaas_chess-club, /Mode/Replicated/Replicas 5 → 2"
    )


def test_a_roll_out_that_stopped_half_way_is_taken_up_again() -> None:
    desired = wanted(site("chess-club"), site("tea-house"))
    observed = converged(desired)
    services = dict(observed.cluster.services)
    services["wpaas_chess-club"] = replace(services["wpaas_chess-club"], update_state="paused")
    services["wpaas_tea-house"] = replace(services["wpaas_tea-house"], update_state="completed")
    cluster = replace(observed.cluster, services=services, nodes=READY)
    plan = plan_sites(desired, replace(observed, cluster=cluster))
    assert str(plan) == (
        "chess-club: update service wpaas_chess-club, its roll-out stopped half way"
    )


def test_more_webheads_than_live_nodes_are_said() -> None:
    desired = wanted(site("chess-club", replicas=3), site("tea-house"))
    observed = converged(desired)
    nodes = (*READY[:2], replace(READY[2], ready=False))
    observed = replace(observed, cluster=replace(observed.cluster, nodes=nodes))
    assert text(desired, observed) == (
        "nothing to do\nchess-club: 3 webheads are wanted, each on a node of its own, and only"
        " 2 of 3 nodes are ready"
    )


def test_a_removed_file_removes_zone_then_service_and_keeps_the_content() -> None:
    both = wanted(site("chess-club"), site("tea-house"), zones=True)
    plan = plan_sites(wanted(site("tea-house"), zones=True), converged(both))
    gone = both.sites["chess-club"]
    assert str(plan) == "\n".join(
        [
            "platform: push table 10.0.0.1, 0 hosts to add, 1 to remove",
            "chess-club: delete zone chess-club, its site's file is gone",
            "chess-club: delete service wpaas_chess-club, its file is gone; database and bucket stay",
        ]
    )
    after = converged(both)
    services = {"wpaas_tea-house": after.cluster.services["wpaas_tea-house"]}
    found = replace(
        after,
        cluster=replace(after.cluster, services=services),
        content=replace(
            after.content,
            zones={"tea-house": "1"},
            tables={"10.0.0.1": {"tea-house.localhost": "tea-house"}},
        ),
    )
    assert text(wanted(site("tea-house"), zones=True), found) == "\n".join(
        [
            f"chess-club: delete config {gone.config_name}, no service uses it",
            f"chess-club: delete secret {gone.secret_name}, no service uses it",
        ]
    )


def test_a_held_site_is_left_alone_and_keeps_its_route() -> None:
    both = converged(wanted(site("chess-club"), site("tea-house"), zones=True))
    desired = wanted(site("tea-house"), held=frozenset({"chess-club"}), zones=True)
    assert text(desired, both) == "nothing to do"


def test_what_is_not_ours_is_never_touched() -> None:
    stranger = Service(id="x", version=1, spec={"Name": "other", "Labels": {}})
    cluster = replace(EMPTY, services={"other": stranger})
    observed = Observed(cluster=cluster, content=replace(NOTHING.content, tables={}))
    assert text(wanted(), observed) == "nothing to do"


def test_the_platform_is_made_from_the_ground_up() -> None:
    desired = DesiredPlatform(
        networks={"n": {}}, secrets={}, configs={"c": b""}, services={"wpaas-edge": {"Name": "e"}}
    )
    assert str(plan_platform(desired, EMPTY, "r")) == "\n".join(
        [
            "platform: create network n, not found",
            "platform: create config c, not found",
            "platform: create service wpaas-edge, not found",
        ]
    )


def test_what_sites_shared_before_goes_once_no_service_names_it() -> None:
    service = {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigName": "wpaas-hosts_2"}]}}}
    desired = DesiredPlatform(
        networks={}, secrets={"wpaas-token_2": Secret("2")}, configs={"wpaas-hosts_3": b""},
        services={},
    )  # fmt: skip
    shared = Stored(id="x", version=1, labels={names.OWNER_LABEL: names.OWNER})
    cluster = replace(
        EMPTY,
        services={"wpaas-egress": Service(id="e", version=1, spec=service)},
        configs=dict.fromkeys(["wpaas-hosts_1", "wpaas-hosts_2", "wpaas-hosts_3", "wpaas_fleet"], shared),
        secrets=dict.fromkeys(["wpaas-token_1", "wpaas-token_2", "wpaas_a_secret_1"], shared),
    )  # fmt: skip
    assert str(plan_platform(desired, cluster, "r")) == "\n".join(
        [
            "platform: delete config wpaas-hosts_1, no service uses it",
            "platform: delete secret wpaas-token_1, no service uses it",
        ]
    )


site_names = st.sampled_from(["ant", "bee", "cat", "dog", "elk"])
fleets = st.dictionaries(
    site_names,
    st.builds(
        lambda title, replicas, size: {"title": title, "replicas": replicas, "size": size},
        st.text(min_size=1, max_size=5),
        st.integers(2, 3),
        st.sampled_from(["small", "large"]),
    ),
)


def build(fleet: dict[str, dict[str, Any]]) -> Desired:
    return wanted(*(site(name, **fields) for name, fields in fleet.items()))


@given(fleets)
def test_a_carried_out_plan_leaves_nothing_to_do(fleet: dict[str, dict[str, Any]]) -> None:
    desired = build(fleet)
    assert plan_sites(desired, converged(desired)).operations == ()


@given(fleets, fleets)
def test_the_order_of_files_does_not_matter(
    want: dict[str, dict[str, Any]], have: dict[str, dict[str, Any]]
) -> None:
    observed = converged(build(have))
    backwards = dict(reversed(list(want.items())))
    assert text(build(want), observed) == text(build(backwards), observed)


@given(fleets, fleets)
def test_only_sites_that_differ_are_written_to(
    want: dict[str, dict[str, Any]], have: dict[str, dict[str, Any]]
) -> None:
    touched = set(plan_sites(build(want), converged(build(have))).sites())
    same = {name for name in want if want[name] == have.get(name)}
    assert not touched & same
