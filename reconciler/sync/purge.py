"""Have the edges forget a site's pages, and remember which of them did not hear it."""

import logging
from dataclasses import dataclass, field
from threading import Lock

from reconciler.core.model import ObservedCluster
from reconciler.shell.edge import Edge

LOG = logging.getLogger("wpaas")


@dataclass(slots=True)
class Purges:
    """Sites' pages that edges may still show from before. Lost with the process: they age in minutes."""

    edge: Edge
    missed: set[tuple[str, str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def site(self, site: str, cluster: ObservedCluster) -> None:
        """All edges forget what they keep of a site; one that does not answer is told again."""
        self._tell(site, [node.address for node in cluster.nodes if node.ready])

    def again(self, cluster: ObservedCluster) -> None:
        """Tell edges what they did not hear. One whose node is gone, or was, has nothing from before."""
        there = {node.address for node in cluster.nodes if node.ready}
        with self._lock:
            waiting = {(address, site) for address, site in self.missed if address in there}
            self.missed.clear()
        for site in sorted({site for _, site in waiting}):
            self._tell(site, sorted(address for address, other in waiting if other == site))

    def _tell(self, site: str, addresses: list[str]) -> None:
        deaf = self.edge.purge(addresses, site)
        with self._lock:
            self.missed |= {(address, site) for address in deaf}
        if deaf:
            LOG.warning("pages of %s not purged yet on %s", site, ", ".join(deaf))
