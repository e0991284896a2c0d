"""Names of what wpaas makes for a site: one place, so that nothing unknown is ever touched."""

import hashlib

OWNER_LABEL = "wpaas.owner"
OWNER = "reconciler"
SITE_LABEL = "wpaas.site"
PLATFORM_LABEL = "wpaas.platform"
PURPOSE_LABEL = "wpaas.purpose"
COMMIT_LABEL = "wpaas.commit"
HOSTS_LABEL = "wpaas.hosts"
EGRESS_LABEL = "wpaas.egress"

WEBHEAD_DOMAIN = "webhead.internal"
PLATFORM_NETWORK = "wpaas-platform"
FLEET_CONFIG = "wpaas_fleet"


def service_name(site: str) -> str:
    """Swarm service of a site."""
    return f"wpaas_{site}"


def install_name(site: str) -> str:
    """Swarm job that installs a site."""
    return f"wpaas_{site}_install"


def database_name(site: str) -> str:
    """Database of a site, and the name of its one user. At most 37 of MariaDB's 64 characters."""
    return "site_" + site.replace("-", "_")


def bucket_name(site: str) -> str:
    """Bucket of a site; S3 takes 3 to 63 characters of lower case, digits and '-'."""
    return f"wpaas-{site}"


def object_name(site: str, purpose: str, digest: str) -> str:
    """Swarm config or secret of a site; data is immutable in Swarm, so the name holds its digest."""
    return f"wpaas_{site}_{purpose}_{digest[:12]}"


def shared_name(purpose: str, digest: str) -> str:
    """Swarm config or secret of what sites share."""
    return f"wpaas-{purpose}_{digest[:12]}"


def shared_purpose(name: str) -> str:
    """What a shared config or secret is for, by its name."""
    return name.removeprefix("wpaas-").rpartition("_")[0]


def upstream_name(site: str) -> str:
    """The DNS name under which the edge finds the webheads of a site."""
    return f"{site}.{WEBHEAD_DOMAIN}"


def site_network(site: str, networks: int) -> str:
    """The one of `networks` internal overlays that a site lives on: stable, evenly spread."""
    bucket = int.from_bytes(hashlib.sha256(site.encode()).digest()[:4], "big") % networks
    return site_network_name(bucket)


def site_network_name(number: int) -> str:
    """The internal overlay `number`, from 0."""
    return f"wpaas-sites-{number}"
