"""A one-time link that logs an administrator in: no password is ever made or sent."""

import hashlib
import secrets
from datetime import timedelta

from reconciler.core import names
from reconciler.sync.fleet import Fleet
from reconciler.sync.running import running

MINUTES = 10


def login_link(fleet: Fleet, site: str) -> tuple[str, int]:
    """The link and how many minutes it works. Only its hash is stored, in the site's own database.

    Raises UsageError for a site that does not run.
    """
    service = running(fleet.swarm.observe(), site)
    fleet.recall()
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    fleet.database.add_login(site, digest, timedelta(minutes=MINUTES))
    host = service.labels[names.HOSTS_LABEL].split()[0]
    return f"{fleet.home(host)}/wp-login.php?wpaas-login={token}", MINUTES
