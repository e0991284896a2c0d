"""The CDN that a platform names, behind the four verbs that the executor needs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from reconciler.core.manifest import Platform
from reconciler.shell.cdn import pull_zones


class Cdn(Protocol):
    """A pull CDN with one zone for each site."""

    def zones(self) -> Mapping[str, str]:
        """Site → the provider's id of its zone."""

    def create(self, site: str, origin: str) -> None:
        """Have a zone that pulls from `origin` (an address without a path)."""

    def delete(self, site: str) -> None:
        """Have no zone; none before is fine."""

    def purge(self, site: str) -> None:
        """Forget everything that the zone holds."""


class LocalCdn:
    """`cdn: local`: the edge itself; there are no zones, and nothing is cached yet."""

    def zones(self) -> Mapping[str, str]:
        """None."""
        return {}

    def create(self, site: str, origin: str) -> None:
        """Nothing to make."""

    def delete(self, site: str) -> None:
        """Nothing to remove."""

    def purge(self, site: str) -> None:
        """Nothing is cached."""


def cdn_of(platform: Platform, state: Path) -> Cdn:
    """The CDN that the platform names. A relative credentials file is below the state folder."""
    if platform.cdn == "local" or platform.maxcdn is None:
        return LocalCdn()
    account = platform.maxcdn
    return pull_zones(account.endpoint, account.alias, state / account.credentials_file)
