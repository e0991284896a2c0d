"""What sites share, compiled: networks, secrets, configs and the services that use them."""

import hashlib
from collections.abc import Mapping, Sequence

from reconciler.core import derive, egress, gateway, names, pki, platform_services
from reconciler.core.manifest import Allowlist, Platform, Site
from reconciler.core.model import DesiredPlatform

OWNER = "platform"
DATABASE_CA = "database-ca"
STORE_CA = "store-ca"
MAIL_CA = "mail-ca"


def edge_token(master: derive.MasterKey) -> derive.Secret:
    """What a push of the host table must show."""
    return derive.password(master, OWNER, platform_services.EDGE_TOKEN)


def edge_tls(master: derive.MasterKey) -> derive.Secret:
    """What the edge shows webheads, and those that knock at its purge door."""
    pair = pki.edge_pair(master)
    return derive.Secret(pair.certificate + pair.key.value)


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
    held: Mapping[str, str] | None = None,
    images: Mapping[str, str],
    master: derive.MasterKey,
    trusted_proxies: Sequence[str],
) -> DesiredPlatform:
    """Everything shared that `platform` does not take from elsewhere.

    `held`: site that stays as it is → what its live service bears as `names.EGRESS_LABEL`.
    """
    granted = {name: egress.granted(allowlist, site) for name, site in sites.items()}
    outside = gateway.endpoints(platform)
    made = {name: image for name, image in _images(images).items() if name in _made(platform)}
    access_key, secret_key = store_admin(master)
    values = {
        platform_services.EDGE_TOKEN: edge_token(master),
        platform_services.EDGE_TLS: edge_tls(master),
        platform_services.EGRESS_KEY: egress.key(master),
    }
    if platform.database is None:
        values[platform_services.DATABASE_ROOT] = database_root(master)
    if platform.store is None:
        pair = f"{access_key.value}\n{secret_key.value}\n"
        values[platform_services.STORE_ADMIN] = derive.Secret(pair)
    files = {
        platform_services.EGRESS_GRANTS: egress.grants({**(held or {}), **granted}),
        platform_services.SITE_CA: pki.authority(master, pki.SITE_CA).encode(),
        **certificates(platform),
    }
    if outside:
        files[platform_services.GATEWAY_CONFIG] = gateway.gateway_config(outside)
        files[platform_services.UPLINK_CONFIG] = gateway.uplink_config(outside)
    secret_names = {
        purpose: names.shared_name(purpose, derive.secret_digest(master, value.value.encode()))
        for purpose, value in values.items()
    }
    config_names = {purpose: config_name(purpose, data) for purpose, data in files.items()}
    site_names = [names.site_network_name(number) for number in range(platform.site_networks)]
    labels = {names.OWNER_LABEL: names.OWNER}
    networks = {name: {"internal": True, "labels": labels} for name in site_names}
    networks[names.PLATFORM_NETWORK] = {"internal": False, "labels": labels}
    return DesiredPlatform(
        networks=networks,
        secrets={secret_names[purpose]: value for purpose, value in values.items()},
        configs={config_names[purpose]: data for purpose, data in files.items()},
        services=platform_services.render(
            images=made,
            networks={name: name for name in networks},
            site_networks=platform.site_networks,
            configs=config_names,
            secrets=secret_names,
            trusted_proxies=trusted_proxies,
            outside=sorted({end.host for end in outside}),
        ),
    )


def certificates(platform: Platform) -> dict[str, bytes]:
    """Purpose → the authority that webheads trust for a server outside, where it is one's own."""
    found: dict[str, bytes] = {}
    if platform.database is not None and platform.database.ca is not None:
        found[DATABASE_CA] = platform.database.ca.encode()
    if platform.store is not None and platform.store.ca is not None:
        found[STORE_CA] = platform.store.ca.encode()
    if platform.mail is not None and platform.mail.ca is not None:
        found[MAIL_CA] = platform.mail.ca.encode()
    return found


def config_name(purpose: str, data: bytes) -> str:
    """Name of the Swarm config that holds `data`."""
    return names.shared_name(purpose, hashlib.sha256(data).hexdigest())


def _images(images: Mapping[str, str]) -> dict[str, str]:
    """The images, that of the gateway under both of its services' names."""
    both = {"uplink": images["gateway"]} if "gateway" in images else {}
    return {**images, **both}


def _made(platform: Platform) -> set[str]:
    """Services that wpaas runs itself."""
    elsewhere = {k for k in platform_services.REPLACEABLE if getattr(platform, k) is not None}
    bundled = {name for name in platform_services.BUNDLED if name not in elsewhere}
    return bundled | set(platform_services.WAY_OUT if gateway.endpoints(platform) else ())
