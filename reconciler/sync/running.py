"""A site by its name, as people type it."""

from reconciler.core import names
from reconciler.core.model import ObservedCluster, Service
from reconciler.core.nearest import suggestion
from reconciler.errors import UsageError
from reconciler.sync.fleet import Fleet


def running(cluster: ObservedCluster, site: str) -> Service:
    """The service of a site. Raises UsageError, with what was probably meant, where none runs."""
    sites = {
        service.labels[names.SITE_LABEL]: service
        for service in cluster.services.values()
        if names.SITE_LABEL in service.labels and names.HOSTS_LABEL in service.labels
    }
    if site not in sites:
        fix = suggestion(site, sites, "`wpaas status` lists the sites")
        raise UsageError(f"no site '{site}' runs here", fix=fix)
    return sites[site]


def site_logs(fleet: Fleet, site: str, lines: int) -> str:
    """The last `lines` lines of each webhead of a site. Raises UsageError where it does not run."""
    service = running(fleet.swarm.observe(), site)
    return fleet.swarm.service_logs(service.spec["Name"], lines)
