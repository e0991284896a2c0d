"""From a document that has passed its schema to the manifest's values: no checks, no errors."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.manifest import (
    DEFAULT_SIZES,
    Allowlist,
    ExternalDatabase,
    ExternalRegistry,
    ExternalStore,
    FindingException,
    Limits,
    MailRelay,
    MaxCdn,
    Package,
    Platform,
    Site,
    Size,
    Source,
    SourceArchive,
    SourcePath,
    SourceRelease,
    WordPressRelease,
)


def plugin_slug(item: str | Mapping[str, Any]) -> str:
    """The slug of one item of a site's `plugins`: written alone, or as `{"slug": …}`."""
    return item if isinstance(item, str) else str(item["slug"])


def pinned_versions(items: Iterable[str | Mapping[str, Any]]) -> dict[str, str]:
    """Slug → version, for the items of a site's `plugins` that name one."""
    named = (item for item in items if isinstance(item, Mapping))
    return {str(item["slug"]): str(item["version"]) for item in named if "version" in item}


def _domains(written: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    primary = written.get("primary")
    aliases = tuple(written.get("aliases", ()))
    www = written.get("www", "none")
    if www == "redirect":
        return primary, (*aliases, f"www.{primary}")
    if www == "primary":
        return f"www.{primary}", (*aliases, str(primary))
    return primary, aliases


def to_site(value: Mapping[str, Any], platform: Platform | None = None) -> Site:
    """Read a site's document; on a single node, one webhead is what leaving it out means."""
    primary, aliases = _domains(value.get("domains", {}))
    replicas = 1 if platform is not None and platform.single_node else 2
    plain = {
        key: value[key]
        for key in ("tagline", "locale", "timezone", "theme", "secret_generation")
        if key in value
    }
    return Site(
        name=value["name"],
        title=value["title"],
        owners=tuple(value["owners"]),
        admins=tuple(value.get("admins", ())),
        plugins=tuple(plugin_slug(item) for item in value.get("plugins", ())),
        plugin_versions=pinned_versions(value.get("plugins", ())),
        replicas=value.get("replicas", replicas),
        domains_primary=primary,
        domains_aliases=aliases,
        size=value.get("resources", {}).get("size", "small"),
        upload_mb=value.get("uploads", {}).get("max_file_mb", 32),
        **plain,
    )


def to_platform(value: Mapping[str, Any]) -> Platform:
    """Read the document of platform.yaml."""
    public = value.get("public", {})
    plain = {
        key: value[key] for key in ("nodes", "single_node", "site_networks", "cdn") if key in value
    }
    return Platform(
        domain=value["domain"],
        public_scheme=public.get("scheme", "https"),
        public_port=public.get("port"),
        locales=tuple(value.get("locales", ("en_US",))),
        themes=tuple(value.get("themes", ())),
        sizes={
            **DEFAULT_SIZES,
            **{
                name: Size(size["memory_mb"], float(size["cpus"]))
                for name, size in value.get("sizes", {}).items()
            },
        },
        limits=Limits(**value.get("limits", {})),
        wordpress=_wordpress(value.get("wordpress")),
        registry=ExternalRegistry(**value["registry"]) if "registry" in value else None,
        database=ExternalDatabase(**value["database"]) if "database" in value else None,
        store=ExternalStore(**value["store"]) if "store" in value else None,
        mail=MailRelay(**value["mail"]) if "mail" in value else None,
        maxcdn=MaxCdn(**value["maxcdn"]) if "maxcdn" in value else None,
        **plain,
    )


def _wordpress(value: Mapping[str, Any] | None) -> WordPressRelease | None:
    if value is None:
        return None
    mirrors = tuple(value.get("mirrors", ()))
    return WordPressRelease(value["version"], value["url"], value["sha256"], mirrors)


def to_allowlist(value: Mapping[str, Any]) -> Allowlist:
    """Read the document of plugins-allowlist.yaml."""
    return Allowlist(tuple(_package(item) for item in value["packages"]))


def _package(value: Mapping[str, Any]) -> Package:
    requires = value.get("requires", {})
    lists = ("network", "cron", "tables", "routes", "reviewed_by")
    plain = ("tested_up_to", "replaced_by", "until", "writes", "reviewed_at", "reason")
    rest: dict[str, Any] = {key: value[key] for key in plain if key in value}
    rest |= {key: tuple(value[key]) for key in lists if key in value}
    return Package(
        slug=value["slug"],
        kind=value["kind"],
        version=value["version"],
        source=_source(value["source"]),
        tree_sha256=value["tree_sha256"],
        archive_sha256=value.get("sha256"),
        license=value["license"],
        requires_plugins=tuple(requires.get("plugins", ())),
        requires_php=requires.get("php"),
        requires_wp=requires.get("wp"),
        state=value["state"],
        exceptions=tuple(FindingException(**item) for item in value.get("exceptions", ())),
        **rest,
    )


def _source(value: Mapping[str, Any]) -> Source:
    if "path" in value:
        return SourcePath(value["path"])
    return (
        SourceRelease(**value["release"]) if "release" in value else SourceArchive(value["archive"])
    )
