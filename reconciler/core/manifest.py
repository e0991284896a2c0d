"""The fleet as written: one site, what the sites share, and the packages they may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from reconciler.core import versions
from reconciler.core.derive import Secret

SizeName = Literal["small", "medium", "large"]
PackageKind = Literal["plugin", "theme"]
PackageState = Literal["approved", "deprecated", "blocked"]
Forge = Literal["github.com", "codeberg.org"]
Writes = Literal["none", "uploads", "temp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One community's WordPress, as its file wants it.

    `domains_primary` is None where the site lives at NAME.<platform domain>; `domains_aliases`
    holds the `www` twin too where the file asks for one. `plugin_versions`: slug → the version that
    the file pins; the other plugins have the allowlist's default.
    """

    name: str
    title: str
    owners: tuple[str, ...]
    tagline: str = ""
    locale: str = "en_US"
    timezone: str = "UTC"
    theme: str | None = None
    plugins: tuple[str, ...] = ()
    plugin_versions: Mapping[str, str] = field(default_factory=dict)
    admins: tuple[str, ...] = ()
    domains_primary: str | None = None
    domains_aliases: tuple[str, ...] = ()
    replicas: int = 2
    size: SizeName = "small"
    upload_mb: int = 32
    secret_generation: int = 1


@dataclass(frozen=True, slots=True)
class Size:
    """What one webhead of this size may use."""

    memory_mb: int
    cpus: float


@dataclass(frozen=True, slots=True)
class WordPressRelease:
    """A WordPress zip to build the image from; `mirrors` are tried after `url`, in order."""

    version: str
    url: str
    sha256: str
    mirrors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalRegistry:
    """An existing registry, as `host[:port]`; the secrets file holds `username`, `password`.

    Here and below, `ca_file` is the path of a PEM file in the fleet repository, and `ca` its text
    once it is read. None: any public authority is trusted.
    """

    host: str
    tls: bool = True
    secrets_file: str | None = None
    ca_file: str | None = None
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalDatabase:
    """An existing MySQL or MariaDB; the secrets file holds `username`, `password` of an admin."""

    host: str
    port: int = 3306
    tls: bool = True
    secrets_file: str
    ca_file: str | None = None
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalStore:
    """An existing S3; the secrets file holds `access_key`, `secret_key`."""

    endpoint: str
    region: str = "us-east-1"
    secrets_file: str
    ca_file: str | None = None
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRelay:
    """An SMTP server that takes the sites' mail; the secrets file holds `username`, `password`.

    Every site writes as `SITE@from_domain`. `login`: what stood in the file, once it is read.
    """

    host: str
    port: int = 587
    tls: Literal["none", "starttls", "tls"] = "starttls"
    from_domain: str
    secrets_file: str | None = None
    ca_file: str | None = None
    ca: str | None = None
    login: tuple[Secret, Secret] | None = None


@dataclass(frozen=True, slots=True)
class MaxCdn:
    """The account at a MaxCDN-shaped API; the credentials file holds the OAuth key and secret."""

    alias: str
    endpoint: str
    credentials_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may change without a person's word."""

    max_deletions: int = 1
    max_restarts_percent: int = 100


DEFAULT_SIZES: Mapping[str, Size] = {
    "small": Size(memory_mb=384, cpus=1.0),
    "medium": Size(memory_mb=768, cpus=2.0),
    "large": Size(memory_mb=1536, cpus=4.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What all sites share. None for a service means the one that wpaas starts itself.

    `public_port` is None where it is the scheme's own. `themes` come with WordPress itself, so
    they need no entry in the allowlist.
    """

    domain: str
    public_scheme: Literal["http", "https"] = "https"
    public_port: int | None = None
    nodes: int = 3
    single_node: bool = False
    site_networks: int = 4
    locales: tuple[str, ...] = ("en_US",)
    themes: tuple[str, ...] = ()
    sizes: Mapping[str, Size]
    wordpress: WordPressRelease | None = None
    registry: ExternalRegistry | None = None
    database: ExternalDatabase | None = None
    store: ExternalStore | None = None
    mail: MailRelay | None = None
    cdn: Literal["local", "maxcdn"] = "local"
    maxcdn: MaxCdn | None = None
    limits: Limits


@dataclass(frozen=True, slots=True)
class SourcePath:
    """A package kept in the fleet repository: the folder, without a trailing slash."""

    path: str


@dataclass(frozen=True, slots=True)
class SourceArchive:
    """A package from a known place; the address is derived, so nobody can aim the builder."""

    archive: Literal["wordpress.org"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRelease:
    """A file of a release on a public forge. `tag` is None where it is the version itself."""

    forge: Forge
    owner: str
    repo: str
    asset: str
    tag: str | None = None


Source = SourcePath | SourceArchive | SourceRelease


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingException:
    """A finding that reviewers accept: its code, the mark of its snippet, why, and the last day."""

    code: str
    mark: str
    because: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One plugin or theme at one version, as reviewed.

    `network`, `cron`, `tables`, `routes` and `writes` are what it was granted, see `Grants`. `until`
    is the last day of its state, as YYYY-MM-DD.
    """

    slug: str
    kind: PackageKind
    version: str
    source: Source
    tree_sha256: str
    archive_sha256: str | None = None
    license: str
    requires_plugins: tuple[str, ...] = ()
    requires_php: str | None = None
    requires_wp: str | None = None
    tested_up_to: str | None = None
    state: PackageState
    replaced_by: str | None = None
    until: str | None = None
    network: tuple[str, ...] = ()
    cron: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    writes: Writes = "none"
    reviewed_by: tuple[str, ...] = ()
    reviewed_at: str = ""
    reason: str = ""
    exceptions: tuple[FindingException, ...] = ()

    def on(self, today: date) -> "Package":
        """As it counts on a day: after its last day, approved is deprecated and deprecated blocked."""
        if self.until is None or self.state == "blocked" or today.isoformat() <= self.until:
            return self
        state: PackageState = "deprecated" if self.state == "approved" else "blocked"
        return replace(self, state=state, reason=f"its time ended on {self.until}; {self.reason}")


_ORDER: tuple[PackageState, ...] = ("blocked", "deprecated", "approved")


@dataclass(frozen=True)
class Allowlist:
    """Every package version that was judged, blocked ones included."""

    packages: tuple[Package, ...] = ()

    def find(self, kind: PackageKind, slug: str, version: str | None = None) -> Package | None:
        """The entry for `slug` at `version`, or the default: the newest approved one.

        Where none is approved, the newest deprecated one, else the newest blocked one.
        """
        if version is None:
            return self._defaults.get((kind, slug))
        found = self.versions(kind, slug)
        return next((package for package in found if package.version == version), None)

    def versions(self, kind: PackageKind, slug: str) -> tuple[Package, ...]:
        """Every entry for `slug`, the newest first, in WordPress's order of versions."""
        return self._entries.get((kind, slug), ())

    @cached_property
    def _entries(self) -> Mapping[tuple[PackageKind, str], tuple[Package, ...]]:
        # Each of thousands of sites looks for each of its plugins.
        found: dict[tuple[PackageKind, str], dict[str, Package]] = {}
        for package in self.packages:
            found.setdefault((package.kind, package.slug), {}).setdefault(package.version, package)
        return {
            name: tuple(entries[version] for version in reversed(versions.in_order(entries)))
            for name, entries in found.items()
        }

    @cached_property
    def _defaults(self) -> Mapping[tuple[PackageKind, str], Package]:
        return {
            name: max(entries, key=lambda package: _ORDER.index(package.state))
            for name, entries in self._entries.items()
        }

    def slugs(self, kind: PackageKind) -> tuple[str, ...]:
        """Slugs that a site may name, sorted, each once."""
        usable = {p.slug for p in self.packages if p.kind == kind and p.state != "blocked"}
        return tuple(sorted(usable))

    def on(self, today: date) -> "Allowlist":
        """As it counts on a day, see `Package.on`."""
        return Allowlist(tuple(package.on(today) for package in self.packages))
