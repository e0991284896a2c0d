"""The way out of each site: what the outgoing proxy knows it by, and which hosts it may ask.

A site's password is an HMAC of its name and `secret_generation` by the proxy's key. So the proxy needs
no list of sites: it is rolled when grants change, and not for each new site.
"""

import base64
import hmac
from collections.abc import Collection, Iterator, Mapping

from reconciler.core import derive, names
from reconciler.core.manifest import Allowlist, Site
from reconciler.core.model import ObservedCluster

OWNER = "platform"


def key(master: derive.MasterKey) -> derive.Secret:
    """What the proxy holds; 43 characters."""
    return derive.password(master, OWNER, "egress-key")


def password(master: derive.MasterKey, site: str, generation: int) -> derive.Secret:
    """What a site shows the proxy; 43 URL-safe characters."""
    said = f"{site}\0{generation}".encode()
    raw = hmac.digest(key(master).value.encode(), said, "sha256")
    return derive.Secret(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def granted(allowlist: Allowlist, site: Site) -> str:
    """What a site's service bears as a label: "generation 2,grant api.example.org"; mostly empty.

    The hosts are those of the packages that run: active plugins at their versions, and the theme.
    """
    found = [allowlist.find("plugin", p, site.plugin_versions.get(p)) for p in site.plugins]
    if site.theme is not None:
        found.append(allowlist.find("theme", site.theme))
    hosts = {host for one in found if one and one.state != "blocked" for host in one.network}
    # A former password is refused once the list says another generation.
    generation = [f"generation {site.secret_generation}"] if site.secret_generation != 1 else []
    return ",".join([*generation, *(f"grant {host}" for host in sorted(hosts))])


def kept(cluster: ObservedCluster, held: Collection[str]) -> dict[str, str]:
    """Site → what its live service bears, for those that stay as they are."""
    found = ((held_site, cluster.services.get(names.service_name(held_site))) for held_site in held)
    return {site: live.labels.get(names.EGRESS_LABEL, "") for site, live in found if live}


def grants(labels: Mapping[str, str]) -> bytes:
    """The proxy's list of `grant SITE HOST` and `generation SITE NUMBER`, from each site's label.

    For a site that is held the label is its live service's: it keeps what it has.
    """
    lines = sorted(line for site, label in labels.items() for line in _lines(site, label))
    return "".join(f"{line}\n" for line in lines).encode() or b"\n"


def _lines(site: str, label: str) -> Iterator[str]:
    for part in filter(None, label.split(",")):
        word, _, value = part.partition(" ")
        yield f"{word} {site} {value}"
