"""What one site's manifest becomes: its config, secret, live settings and two service specs.

Specs are in the Engine API's shape (v1.44, ServiceSpec), with networks, configs and secrets by
name. Lists are in a fixed order: another order would restart tasks.
"""

import hashlib
from typing import Any

from reconciler.core import derive, egress, names, pki
from reconciler.core.live_settings import as_text, live_document
from reconciler.core.manifest import Allowlist, Platform, Site
from reconciler.core.model import DesiredSite
from reconciler.core.platform_objects import DATABASE_CA, MAIL_CA, STORE_CA, certificates
from reconciler.core.platform_objects import config_name as shared_config_name
from reconciler.core.specs import NANOSECONDS, mounted_file, resources, tmpfs

CONFIG_PATH = "/etc/wpaas/config.json"
SECRET_PATH = "/etc/wpaas/secret.json"  # noqa: S105 - a path, not a secret
CA_PATHS = {
    DATABASE_CA: "/etc/wpaas/database-ca.pem",
    STORE_CA: "/etc/wpaas/store-ca.pem",
    MAIL_CA: "/etc/wpaas/mail-ca.pem",
}
WEBHEAD_UID = 33
HTTP_PORT = 8080
STOP_GRACE_S = 40
DEFAULT_PORTS = {"http": 80, "https": 443}


def hosts_of(site: Site, platform: Platform) -> tuple[str, ...]:
    """Every host the site answers for, its primary one first."""
    own = f"{site.name}.{platform.domain}"
    primary = site.domains_primary or own
    rest = sorted({own, *site.domains_aliases} - {primary})
    return (primary, *rest)


def home_url(host: str, platform: Platform) -> str:
    """Public address of a site, without a trailing slash."""
    port = platform.public_port
    if port is None or port == DEFAULT_PORTS.get(platform.public_scheme):
        return f"{platform.public_scheme}://{host}"
    return f"{platform.public_scheme}://{host}:{port}"


def _config(site: Site, platform: Platform, hosts: tuple[str, ...], edge_ca: str) -> bytes:
    size = platform.sizes[site.size]
    return as_text(
        {
            "format": 1,
            "site": site.name,
            "home": home_url(hosts[0], platform),
            "domains": list(hosts),
            "database": _database(site, platform),
            "store": _store(site, platform),
            "egress": {"host": "egress", "port": 3128},
            # Who may connect at all; without it a webhead would take anybody for the edge.
            "edge_ca": edge_ca,
            "limits": {"upload_mb": site.upload_mb, "memory_mb": size.memory_mb},
            **_mail(site, platform),
        }
    ).encode()


def _database(site: Site, platform: Platform) -> dict[str, Any]:
    name = names.database_name(site.name)
    own = {"name": name, "user": name}
    outside = platform.database
    if outside is None:
        return {"host": "database", "port": 3306, **own}
    trusted = {"ca_file": CA_PATHS[DATABASE_CA]} if outside.ca is not None else {}
    return {"host": outside.host, "port": outside.port, **own, "tls": outside.tls, **trusted}


def _store(site: Site, platform: Platform) -> dict[str, Any]:
    bucket = names.bucket_name(site.name)
    outside = platform.store
    if outside is None:
        return {"endpoint": "http://store:8333", "bucket": bucket, "region": "us-east-1"}
    trusted = {"ca_file": CA_PATHS[STORE_CA]} if outside.ca is not None else {}
    return {"endpoint": outside.endpoint, "bucket": bucket, "region": outside.region, **trusted}


def _mail(site: Site, platform: Platform) -> dict[str, Any]:
    relay = platform.mail
    if relay is None:
        return {}
    trusted = {"ca_file": CA_PATHS[MAIL_CA]} if relay.ca is not None else {}
    sender = f"{site.name}@{relay.from_domain}"
    described = {"host": relay.host, "port": relay.port, "tls": relay.tls, "from": sender}
    return {"mail": {**described, **trusted}}


def _mail_login(platform: Platform) -> dict[str, str]:
    if platform.mail is None or platform.mail.login is None:
        return {}
    user, password = platform.mail.login
    return {"mail_user": user.value, "mail_password": password.value}


def desired_site(
    site: Site,
    platform: Platform,
    image: str,
    master: derive.MasterKey,
    revision: str,
    granted: str = "",
    allowlist: Allowlist | None = None,
) -> DesiredSite:
    """Compile one site for `image` (`HOST/NAME@sha256:…`) at the commit `revision`.

    `granted`: see `egress.granted`; the outgoing proxy enforces it. `allowlist`: where its plugins'
    versions are, for whoever migrates its database.
    """
    hosts = hosts_of(site, platform)
    generation = site.secret_generation
    database_password = derive.password(master, site.name, "database", generation)
    access_key = derive.access_key(master, site.name, generation)
    store_key = derive.password(master, site.name, "store-secret-key", generation)
    pair = pki.site_pair(master, site.name, generation)
    config = _config(site, platform, hosts, pki.authority(master, pki.EDGE_CA))
    secret = as_text(
        {
            "format": 1,
            "database_password": database_password.value,
            "store_access_key": access_key.value,
            "store_secret_key": store_key.value,
            "egress_password": egress.password(master, site.name, generation).value,
            "tls_certificate": pair.certificate,
            "tls_key": pair.key.value,
            "salts": {k: v.value for k, v in derive.salts(master, site.name, generation).items()},
            **_mail_login(platform),
        }
    )
    config_name = names.object_name(site.name, "config", hashlib.sha256(config).hexdigest())
    secret_digest = derive.secret_digest(master, secret.encode())
    secret_name = names.object_name(site.name, "secret", secret_digest)
    live = live_document(site)
    template = _task_template(site, platform, image, config_name, secret_name)
    return DesiredSite(
        name=site.name,
        hosts=hosts,
        primary_host=hosts[0],
        home=home_url(hosts[0], platform),
        config_name=config_name,
        config=config,
        secret_name=secret_name,
        secret=derive.Secret(secret),
        database_password=database_password,
        store_access_key=access_key,
        store_secret_key=store_key,
        live=live,
        plugins=frozenset(site.plugins),
        versions=_versions(site, allowlist or Allowlist()),
        theme=site.theme,
        live_digest=hashlib.sha256(live.encode()).hexdigest(),
        service=_service(
            site,
            template,
            {
                names.COMMIT_LABEL: revision,
                names.HOSTS_LABEL: " ".join(hosts),
                names.EGRESS_LABEL: granted,
            },
        ),
        install=_install(site, platform, template),
        replicas=site.replicas,
    )


def _versions(site: Site, allowlist: Allowlist) -> dict[str, str]:
    """Slug → the version that the site runs, pinned or the default."""
    found = {
        slug: allowlist.find("plugin", slug, site.plugin_versions.get(slug))
        for slug in site.plugins
    }
    return {slug: package.version for slug, package in sorted(found.items()) if package}


def _labels(site: Site) -> dict[str, str]:
    return {names.OWNER_LABEL: names.OWNER, names.SITE_LABEL: site.name}


def _certificates(platform: Platform) -> list[tuple[str, str]]:
    """(config, path) of the authorities that are not public; none with the bundled services."""
    found = certificates(platform)
    return [
        (shared_config_name(purpose, data), CA_PATHS[purpose]) for purpose, data in found.items()
    ]


def _task_template(
    site: Site, platform: Platform, image: str, config_name: str, secret_name: str
) -> dict[str, Any]:
    size = platform.sizes[site.size]
    return {
        "ContainerSpec": {
            "Image": image,
            "User": f"{WEBHEAD_UID}:{WEBHEAD_UID}",
            "ReadOnly": True,
            "CapabilityDrop": ["ALL"],
            "Privileges": {"NoNewPrivileges": True},
            # Docker's resolver then has nobody outside to ask: names cannot carry data away.
            "DNSConfig": {"Nameservers": ["127.0.0.1"]},
            "Mounts": [tmpfs("/run", 64), tmpfs("/tmp", 2 * site.upload_mb + 64)],  # noqa: S108
            "Configs": [
                {"ConfigName": name, "File": mounted_file(path, WEBHEAD_UID, 0o444)}
                for name, path in ((config_name, CONFIG_PATH), *_certificates(platform))
            ],
            "Secrets": [
                {"SecretName": secret_name, "File": mounted_file(SECRET_PATH, WEBHEAD_UID, 0o400)}
            ],
            "StopGracePeriod": STOP_GRACE_S * NANOSECONDS,
            "Healthcheck": {
                "Interval": 30 * NANOSECONDS,
                "Timeout": 5 * NANOSECONDS,
                "Retries": 3,
                "StartPeriod": 60 * NANOSECONDS,
                "StartInterval": NANOSECONDS,
            },
        },
        "Resources": resources(
            limit_mb=size.memory_mb, reserved_mb=size.memory_mb / 4, pids=100, cpus=size.cpus
        ),
        "Networks": [
            {
                "Target": names.site_network(site.name, platform.site_networks),
                "Aliases": [names.upstream_name(site.name)],
            }
        ],
        "LogDriver": {"Name": "json-file", "Options": {"max-size": "5m", "max-file": "2"}},
    }


def _service(site: Site, template: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    update = {
        "Parallelism": 1,
        "FailureAction": "pause",  # going back is ours: Swarm's rollback forgets why
        "Monitor": 5 * NANOSECONDS,
        "MaxFailureRatio": 0,
        "Order": "start-first",
    }
    return {
        "Name": names.service_name(site.name),
        "Labels": {**_labels(site), **labels},
        "TaskTemplate": {
            **template,
            "RestartPolicy": {"Condition": "any", "Delay": 2 * NANOSECONDS, "MaxAttempts": 0},
            "Placement": {"MaxReplicas": 1 if site.replicas > 1 else 0},
        },
        "Mode": {"Replicated": {"Replicas": site.replicas}},
        "EndpointSpec": {"Mode": "dnsrr"},
        "UpdateConfig": update,
    }


def _install(site: Site, platform: Platform, template: dict[str, Any]) -> dict[str, Any]:
    database = platform.database
    # Read by PHP at its start alone. A webhead's php-fpm gets it from prepare.php.
    trusts = database is not None and database.ca is not None
    options = ["-d", f"openssl.cafile={CA_PATHS[DATABASE_CA]}"] if trusts else []
    container = {
        **template["ContainerSpec"],
        "Command": ["php", *options, "/usr/lib/wpaas/install.php"],
        "Healthcheck": {"Test": ["NONE"]},
    }
    network = {"Target": template["Networks"][0]["Target"], "Aliases": []}
    return {
        "Name": names.install_name(site.name),
        "Labels": {**_labels(site), names.PURPOSE_LABEL: "install"},
        "TaskTemplate": {
            **template,
            "ContainerSpec": container,
            "Networks": [network],
            "RestartPolicy": {
                "Condition": "on-failure",
                "Delay": 2 * NANOSECONDS,
                "MaxAttempts": 2,
            },
        },
        "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
        "EndpointSpec": {"Mode": "dnsrr"},
    }
