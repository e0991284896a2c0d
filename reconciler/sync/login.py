"""A one-time link that logs an administrator in: no password is ever made or sent."""

import hashlib
import secrets
from datetime import timedelta

from reconciler.core import names
from reconciler.errors import UsageError
from reconciler.sync.fleet import Fleet

MINUTES = 10


def login_link(fleet: Fleet, site: str) -> tuple[str, int]:
    """The link and how many minutes it works. Only its hash is stored, in the site's own database.

    Raises UsageError for a site that does not run.
    """
    service = fleet.swarm.observe().services.get(names.service_name(site))
    if service is None:
        raise UsageError(f"no site '{site}' runs", fix="`wpaas status` lists the sites")
    fleet.recall()
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    fleet.database.add_login(site, digest, timedelta(minutes=MINUTES))
    host = service.labels[names.HOSTS_LABEL].split()[0]
    return f"{fleet.home(host)}/wp-login.php?wpaas-login={token}", MINUTES
