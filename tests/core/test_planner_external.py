"""Services of one's own: what is not made then, and what a move to them would do, as the plan's text."""

import re
from dataclasses import replace
from typing import Any

import pytest
from test_planner import EMPTY, IMAGE, MASTER, PLATFORM, converged, site, wanted

from reconciler.core.guard import Bounds, refusals
from reconciler.core.manifest import Allowlist, ExternalDatabase, ExternalRegistry, ExternalStore
from reconciler.core.planner import plan_platform, plan_sites
from reconciler.core.platform_objects import desired_platform
from reconciler.core.site_objects import desired_site

IMAGES = {
    name: f"sha256:{name}"
    for name in ("edge", "database", "store", "registry", "egress", "gateway")
}


@pytest.mark.parametrize(
    ("services", "text"),
    [
        (
            {},
            "egress-grants site-ca; database-root edge-tls edge-token egress-key store-admin;"
            " database edge egress registry store",
        ),
        (
            {"registry": ExternalRegistry(host="registry.example")},
            "egress-grants site-ca; database-root edge-tls edge-token egress-key store-admin;"
            " database edge egress store",
        ),
        (
            {"database": ExternalDatabase(host="mysql.example", secrets_file="d.json", ca="PEM")},
            "database-ca egress-grants gateway site-ca uplink; edge-tls edge-token egress-key store-admin;"
            " edge egress gateway registry store uplink",
        ),
        (
            {"store": ExternalStore(endpoint="https://s3.example", secrets_file="s.json")},
            "egress-grants gateway site-ca uplink; database-root edge-tls edge-token egress-key;"
            " database edge egress gateway registry uplink",
        ),
    ],
    ids=["bundled", "registry", "database", "store"],
)
def test_the_plan_of_a_new_platform_holds_what_is_not_elsewhere(
    services: dict[str, Any], text: str
) -> None:
    platform = replace(PLATFORM, site_networks=1, **services)
    desired = desired_platform(
        platform, Allowlist(), {}, images=IMAGES, master=MASTER, trusted_proxies=()
    )
    configs, secrets, kinds = (part.split() for part in text.split("; "))
    said = re.sub(r"_[0-9a-f]{12}", "", str(plan_platform(desired, EMPTY, "r")))
    assert said.splitlines() == [
        "platform: create network wpaas-platform, not found",
        "platform: create network wpaas-sites-0, not found",
        *(f"platform: create secret wpaas-{name}, not found" for name in secrets),
        *(f"platform: create config wpaas-{name}, not found" for name in configs),
        *(f"platform: create service wpaas-{name}, not found" for name in kinds),
    ]


def test_a_database_of_one_s_own_moves_every_site_to_it_by_name() -> None:
    outside = ExternalDatabase(host="mysql.example", secrets_file="d.json", ca="PEM")
    before, platform = wanted(site("chess-club")), replace(PLATFORM, database=outside)
    moved = desired_site(site("chess-club"), platform, IMAGE, MASTER, "c0ffee")
    after = replace(before, sites={"chess-club": moved})
    found = converged(before)
    empty = replace(found.content, databases=frozenset(), live={})
    plan = plan_sites(after, replace(found, content=empty))
    *first, last = re.sub(r"_[0-9a-f]{12}", "", str(plan)).splitlines()
    assert first == [
        "chess-club: create database site_chess_club, not found",
        "chess-club: create config wpaas_chess-club_config, not found",
        "chess-club: run install chess-club, no settings in it yet",
    ]
    assert last.startswith(
        "chess-club: update service wpaas_chess-club, /TaskTemplate/ContainerSpec/Configs "
    )
    assert refusals(plan, found.cluster, Bounds(1, 10)), "its content would be left behind"
