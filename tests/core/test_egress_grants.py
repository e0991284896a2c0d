"""What the outgoing proxy is told: each site's own hosts, and nothing for a site without any."""

import base64
import hashlib
import hmac
from dataclasses import replace

from reconciler.core import egress, names
from reconciler.core.derive import MasterKey
from reconciler.core.manifest import (
    DEFAULT_SIZES,
    Allowlist,
    Limits,
    Package,
    PackageState,
    Platform,
    Site,
    SourcePath,
)
from reconciler.core.model import ObservedCluster, Service
from reconciler.core.platform_objects import desired_platform
from reconciler.core.site_objects import desired_site

MASTER = MasterKey(b"k" * 32)
PLATFORM = Platform(domain="localhost", sizes=DEFAULT_SIZES, limits=Limits())
CHESS = Site(name="chess-club", title="Chess", owners=("kim",))


def weather(version: str, *hosts: str, state: PackageState = "approved") -> Package:
    return Package(
        slug="weather", kind="plugin", version=version, source=SourcePath("p"), tree_sha256="0",
        license="GPL-2.0-or-later", state=state, network=hosts,
    )  # fmt: skip


ALLOWED = Allowlist((weather("1", "old.example"), weather("2", "b.example", "a.example")))


def told(*sites: Site, allowlist: Allowlist = ALLOWED) -> list[str]:
    labels = {site.name: egress.granted(allowlist, site) for site in sites}
    return egress.grants(labels).decode().split("\n")[:-1]


def test_a_site_may_ask_what_its_active_plugins_were_granted_and_no_other_site() -> None:
    using = replace(CHESS, plugins=("weather",))
    other = replace(CHESS, name="tea-house")
    assert told(using, other) == ["grant chess-club a.example", "grant chess-club b.example"]


def test_a_pinned_version_has_its_own_grants_and_a_blocked_one_none() -> None:
    pinned = replace(CHESS, plugins=("weather",), plugin_versions={"weather": "1"})
    assert told(pinned) == ["grant chess-club old.example"]
    blocked = Allowlist((weather("1", "old.example", state="blocked"),))
    assert told(pinned, allowlist=blocked) == [""]


def test_a_former_password_is_refused_by_its_generation() -> None:
    renewed = replace(CHESS, secret_generation=3)
    assert told(renewed) == ["generation chess-club 3"]
    assert egress.password(MASTER, "chess-club", 3) != egress.password(MASTER, "chess-club", 1)


def test_a_new_site_without_grants_leaves_the_proxy_alone() -> None:
    def proxy(*sites: Site) -> object:
        made = desired_platform(PLATFORM, ALLOWED, {s.name: s for s in sites},
                                images={"egress": "e"}, master=MASTER, trusted_proxies=())  # fmt: skip
        return made.services["wpaas-egress"]

    assert proxy() == proxy(CHESS, replace(CHESS, name="tea-house"))
    assert proxy() != proxy(replace(CHESS, plugins=("weather",)))


def test_a_held_site_keeps_what_it_has() -> None:
    site = replace(CHESS, plugins=("weather",), secret_generation=2)
    made = desired_site(site, PLATFORM, "image", MASTER, "r", egress.granted(ALLOWED, site))
    live = Service(id="x", version=1, spec=made.service)
    cluster = ObservedCluster(
        services={"wpaas_chess-club": live}, tasks=(), nodes=(), networks={}, configs={}, secrets={}
    )
    kept = egress.kept(cluster, {"chess-club", "never-lived"})
    assert egress.grants(kept).decode().splitlines() == told(site)
    assert names.EGRESS_LABEL not in made.service["TaskTemplate"]


def test_the_proxy_can_tell_a_password_from_the_key_alone() -> None:
    key = egress.key(MASTER).value
    raw = hmac.new(key.encode(), b"chess-club\x001", hashlib.sha256).digest()
    wanted = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert egress.password(MASTER, "chess-club", 1).value == wanted
