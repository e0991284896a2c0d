"""What is vetted: a package's files, what it is said to be, and what it was granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reconciler.core.manifest import PackageKind

if TYPE_CHECKING:  # every look at a fleet needs the grants below, and nothing that packs archives
    from reconciler.core.layers import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What the allowlist lets a package do beyond drawing pages.

    `network`: hosts it may ask. `cron`: events it may schedule. `tables`: its own, with `{prefix}`
    for the site's. `routes`: REST namespaces. `writes`: where it may put files.
    """

    network: tuple[str, ...] = ()
    cron: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    writes: Literal["none", "uploads", "temp"] = "none"


NOTHING_GRANTED = Grants()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the image runs: versions of PHP and WordPress, as `8.4` and `6.8.7`."""

    php: str
    wp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One package at one version. `files`: path below its own folder → file."""

    kind: PackageKind
    slug: str
    version: str
    target: Target
    files: Mapping[str, "File"] = field(repr=False)
    grants: Grants = NOTHING_GRANTED
