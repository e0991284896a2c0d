"""What sites share, compiled: networks, secrets, configs and the services that use them."""

import hashlib
from collections.abc import Mapping, Sequence

from reconciler.core import derive, names, platform_services
from reconciler.core.manifest import Allowlist, Platform, Site
from reconciler.core.model import DesiredPlatform

OWNER = "platform"


def edge_token(master: derive.MasterKey) -> derive.Secret:
    """What a push of the host table must show."""
    return derive.password(master, OWNER, platform_services.EDGE_TOKEN)


def database_root(master: derive.MasterKey) -> derive.Secret:
    """Password of the bundled database's root."""
    return derive.password(master, OWNER, platform_services.DATABASE_ROOT)


def store_admin(master: derive.MasterKey) -> tuple[derive.Secret, derive.Secret]:
    """Access key and secret key of the bundled store's admin."""
    secret = derive.password(master, OWNER, platform_services.STORE_ADMIN)
    return derive.access_key(master, OWNER), secret


def desired_platform(
    platform: Platform,
    allowlist: Allowlist,
    sites: Mapping[str, Site],
    *,
    images: Mapping[str, str],
    master: derive.MasterKey,
    trusted_proxies: Sequence[str],
) -> DesiredPlatform:
    """Everything shared that `platform` does not take from elsewhere."""
    access_key, secret_key = store_admin(master)
    values = {
        platform_services.EDGE_TOKEN: edge_token(master),
        platform_services.DATABASE_ROOT: database_root(master),
        platform_services.STORE_ADMIN: derive.Secret(f"{access_key.value}\n{secret_key.value}\n"),
    }
    hosts = sorted({h for p in allowlist.packages if p.state != "blocked" for h in p.network})
    files = {
        platform_services.EGRESS_HOSTS: "".join(f"{host}\n" for host in hosts).encode() or b"\n"
    }
    secret_names = {
        purpose: f"wpaas-{purpose}_{derive.secret_digest(master, value.value.encode())[:12]}"
        for purpose, value in values.items()
    }
    config_names = {
        purpose: f"wpaas-{purpose}_{hashlib.sha256(data).hexdigest()[:12]}"
        for purpose, data in files.items()
    }
    site_names = [names.site_network_name(number) for number in range(platform.site_networks)]
    labels = {names.OWNER_LABEL: names.OWNER}
    networks = {name: {"internal": True, "labels": labels} for name in site_names}
    networks[names.PLATFORM_NETWORK] = {"internal": False, "labels": labels}
    return DesiredPlatform(
        networks=networks,
        secrets={secret_names[purpose]: value for purpose, value in values.items()},
        configs={config_names[purpose]: data for purpose, data in files.items()},
        services=platform_services.render(
            images={name: image for name, image in images.items() if name in _bundled(platform)},
            networks={name: name for name in networks},
            site_networks=platform.site_networks,
            configs=config_names,
            secrets=secret_names,
            webheads=sum(site.replicas for site in sites.values()),
            trusted_proxies=trusted_proxies,
        ),
    )


def _bundled(platform: Platform) -> set[str]:
    outside = {
        "registry": platform.registry,
        "database": platform.database,
        "store": platform.store,
    }
    return {name for name in platform_services.PLATFORMS if outside.get(name) is None}
