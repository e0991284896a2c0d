"""A site that no file of the fleet describes: its database is empty, and nobody installs it but the test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from demo.stage import Stage, wait_until
from reconciler.core import migration, names
from reconciler.core.manifest import Site
from reconciler.core.model import DesiredSite, Spec
from reconciler.core.site_objects import desired_site
from reconciler.daemon import clock
from reconciler.sync.fleet import Fleet, open_fleet
from reconciler.sync.loop import Memory, fetch

WITHIN_S = 300.0
LABELS = {names.OWNER_LABEL: names.OWNER, names.PURPOSE_LABEL: "install"}


class Scratch:
    """The site's objects in the Swarm, and what a test starts of it."""

    def __init__(self, fleet: Fleet, site: DesiredSite) -> None:
        self.fleet = fleet
        self.site = site

    def start(self, spec: Spec, name: str, mode: dict[str, Any] | None = None) -> str:
        """Start a service of the site that the daemon leaves alone; returns its name."""
        labels = {"Name": name, "Labels": LABELS, "Mode": mode or spec["Mode"]}
        self.fleet.swarm.create_service({**spec, **labels})
        return name


@contextmanager
def scratch(stage: Stage) -> Iterator[Scratch]:
    """A site with a database and a bucket, both empty; gone afterwards but for them."""
    fleet = open_fleet(stage.context, now=clock.now)
    revision, compiled = fetch(fleet, Memory())
    assert compiled.platform is not None
    name = f"t{secrets.token_hex(4)}"

    def found() -> str:
        image = fleet.find_image(revision, compiled)
        return fleet.image_reference(image) if image.digest else ""

    image = wait_until("the commit's image is there", found, WITHIN_S)
    site = desired_site(Site(name=name, title="Scratch", owners=()), compiled.platform, image,
                        fleet.master, "")  # fmt: skip
    fleet.database.ensure(name, site.database_password)
    fleet.store.ensure(name, site.store_access_key, site.store_secret_key)
    fleet.swarm.create_secret(site.secret_name, site.secret, LABELS)
    fleet.swarm.create_config(site.config_name, site.config, LABELS)
    fleet.database.write_next(name, migration.request(site))
    try:
        yield Scratch(fleet, site)
    finally:
        for service in fleet.swarm.observe().services:
            if service.startswith(f"wpaas_{name}"):
                fleet.swarm.remove_service(service)
        fleet.swarm.remove_config(site.config_name)
        fleet.swarm.remove_secret(site.secret_name)
