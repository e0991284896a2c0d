"""All adapters of one cluster in one value, and the few steps that need two of them."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from reconciler.core import egress, names, platform_objects
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.derive import MasterKey
from reconciler.core.gateway import endpoints
from reconciler.core.health import judge
from reconciler.core.manifest import Platform
from reconciler.core.model import DesiredPlatform, ImageRef, ObservedCluster
from reconciler.core.plan import Operation
from reconciler.core.site_objects import home_url
from reconciler.core.smoke import Broken
from reconciler.errors import StageFailed, Superseded
from reconciler.shell import probe
from reconciler.shell.context import Context
from reconciler.shell.database import Database
from reconciler.shell.edge import Edge
from reconciler.shell.objectstore import ObjectStore
from reconciler.shell.schemas import load_schemas
from reconciler.shell.swarm import Swarm
from reconciler.sync.cdn import Cdn, LocalCdn, cdn_of
from reconciler.sync.image import Built, Images, Tell
from reconciler.sync.purge import Purges
from reconciler.sync.retention import note, tidy
from reconciler.sync.services import Services, last_platform, repository, services, with_mail_login
from reconciler.sync.smoke import Smoke
from reconciler.sync.worktree import Worktree

LOG = logging.getLogger("wpaas")
PLATFORM_DEADLINE_S = 240.0
PAUSE_S = 0.5


class FleetSource(Protocol):
    """Where a fleet's files come from: a repository, or a folder in which people try changes."""

    name: str

    def head(self) -> str:
        """The newest revision."""

    def fetch(self, sha: str) -> object:
        """Have a revision at hand."""

    def blobs(self, sha: str) -> Mapping[str, Blob]:
        """Its files."""

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` builds on `old`; if not, history was rewritten."""


@dataclass(slots=True, kw_only=True)
class Fleet:
    """One cluster's adapters, opened; connections are made when they are used."""

    context: Context
    master: MasterKey
    source: FleetSource
    swarm: Swarm
    services: Services
    edge: Edge
    purges: Purges
    interval_s: float
    cdn: Cdn
    now: Callable[[], datetime]
    platform: Platform | None = None
    built: Built | None = None
    broken_sets: dict[tuple[str, str], Broken] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.context.state

    @property
    def images(self) -> Images:
        """The registry, and what is built for it."""
        return self.services.images

    @property
    def database(self) -> Database:
        """The database of all sites."""
        return self.services.database

    @property
    def store(self) -> ObjectStore:
        """The store of all sites."""
        return self.services.store

    @property
    def source_name(self) -> str:
        """The repository as it may be printed."""
        return self.source.name

    def compile(self, blobs: Mapping[str, Blob]) -> Compiled:
        """Compile a commit; hosts that are served now stay with the site that has them.

        From here on its registry, database, store and CDN are used. Raises StageFailed where their
        credentials cannot be.
        """
        routed = {
            host: service.labels[names.SITE_LABEL]
            for service in self.swarm.observe().services.values()
            for host in service.labels.get(names.HOSTS_LABEL, "").split()
        }
        compiled = compile_fleet(blobs, load_schemas(), routed, self.now())
        if compiled.platform is not None and not compiled.shared_broken:
            self._use(compiled.platform)
        return with_mail_login(self.context, compiled)

    def recall(self) -> None:
        """Use what the commit last attempted describes, for commands that compile none.

        Without such a commit, what the context says. Raises StageFailed as `compile` does.
        """
        platform = last_platform(self.source, self.state)
        if platform is not None:
            self._use(platform)

    def _use(self, platform: Platform) -> None:
        before, self.services = self.images, services(self.context, self.master, platform)
        self.images.packed = before.packed
        if self.images.host != before.host:
            self.built = None  # it is in the other registry
        if self.services.login is not None:
            self.swarm.log_in(self.images.host, self.services.login)
        self.cdn = cdn_of(platform, self.state)
        self.platform = platform

    def desired_platform(self, compiled: Compiled, cluster: ObservedCluster) -> DesiredPlatform:
        """What sites share, for a commit whose shared files are good; `cluster` as it is now."""
        shared, allowlist = compiled.platform, compiled.allowlist
        if shared is None or allowlist is None:
            raise StageFailed("compile", "the shared files are broken")
        if endpoints(shared) and "gateway" not in self.context.images:
            raise StageFailed(
                "compile",
                "there is no image of the gateway, which leads to a database or store of your own",
                where="context.json",
                fix="run `wpaas cluster up` again",
            )
        return platform_objects.desired_platform(
            *(shared, allowlist, compiled.sites),
            held=egress.kept(cluster, compiled.held),
            images=self.context.images,
            master=self.master,
            trusted_proxies=self.context.trusted_proxies,
        )

    def wait_for_platform(
        self, desired: DesiredPlatform, superseded: Callable[[], bool], show: Callable[[str], None]
    ) -> None:
        """Until every platform service runs and answers; `show` is told what is waited for.

        Raises StageFailed after four minutes (an empty disk's database takes one), and Superseded.
        """
        end, shown = time.monotonic() + PLATFORM_DEADLINE_S, ""
        while True:
            reason = self._platform_is_missing(desired)
            if not reason:
                return
            if time.monotonic() >= end:
                raise StageFailed("apply", reason, fix="`wpaas doctor` tells more")
            if superseded():
                raise Superseded("apply", reason)
            if reason != shown:
                shown = reason
                show(reason)
            time.sleep(PAUSE_S)

    def _platform_is_missing(self, desired: DesiredPlatform) -> str:
        cluster = self.swarm.observe()
        for name, spec in desired.services.items():
            everywhere = "Global" in spec["Mode"]
            wanted = len(cluster.ready_nodes) if everywhere else 1
            health = judge(cluster, name, wanted)
            if health.state != "healthy":
                return f"{name}: {health.reason}"
        for name, look in self.dependencies().items():
            try:
                look()
            except StageFailed as e:
                return f"{name}: {e}"
        return ""

    def dependencies(self) -> dict[str, Callable[[], str]]:
        """Service → a look that says what it found, or raises StageFailed."""
        return {
            "registry": lambda: (
                f"answers at {self.images.host}"
                if self.images.registry.digest("wpaas/base", "none") is None
                else ""
            ),
            "database": self.database.version,
            "store": lambda: f"{len(self.store.buckets())} buckets",
        }

    def ensure_image(
        self, revision: str, compiled: Compiled, tell: Tell
    ) -> tuple[ImageRef, StageFailed | None]:
        """The image of a commit, in the registry; and why the registry could not be asked for it.

        An image that was there, and whose inputs are what they were, is known without the registry.
        Raises StageFailed where another one is needed.
        """
        built, inputs = self.built, None
        day = f"{revision} {compiled.today}"  # what is allowed may have ended
        if built is None or built.revision != day:
            inputs = self.images.inputs(self.source.blobs(revision), compiled)
            same = built is not None and built.inputs == inputs.name
            built = replace(built, revision=day) if built and same else None
        try:
            if built is None or not self.images.holds(built.image):
                blobs = self.source.blobs(revision)
                inputs = inputs or self.images.inputs(blobs, compiled)
                image = self.images.ensure(blobs, compiled, inputs, tell)
                note(self.state, image, self.images.base_digest(inputs))
                built = Built(day, inputs.name, image)
        except StageFailed as e:
            if built is None:
                raise
            self.built = built
            return built.image, e
        self.built = built
        return built.image, None

    def try_image(
        self, compiled: Compiled, image: ImageRef, tell: Tell, superseded: Callable[[], bool]
    ) -> tuple[Compiled, StageFailed | None]:
        """What of a commit may be applied with this image, see `Smoke.check`."""
        smoke = Smoke(
            self.swarm, self.database, self.master, self.state, superseded, self.broken_sets
        )
        return smoke.check(compiled, image, self.images.reference(image), tell)

    def tidy_images(self, image: ImageRef, tell: Tell) -> None:
        """The fleet is healthy on `image`: the registry may let go of what nobody needs now."""
        tidy(self.state, self.images.registry, image, self.swarm.observe, tell)

    def find_image(self, revision: str, compiled: Compiled) -> ImageRef:
        """The image of a commit, in the registry or not; writes nothing."""
        return self.images.find(self.images.inputs(self.source.blobs(revision), compiled))

    def image_reference(self, found: ImageRef) -> str:
        """How a service names the image."""
        return self.images.reference(found)

    def home(self, host: str) -> str:
        """Public address of a host, from the platform file last compiled (or what the context says)."""
        if self.platform is not None:
            return home_url(host, self.platform)
        scheme, _, rest = self.context.http.partition("://")
        port = rest.rpartition(":")[2] if ":" in rest else ""
        return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"

    def probe(self, host: str, deadline_s: float) -> str:
        """Empty once a whole page comes through the edge, else what was wrong with the last one."""
        return probe.until_up(self.context.http, host, deadline_s)

    @staticmethod
    def trace(operation: Operation, error: Exception) -> None:
        """Record a defect of ours with its trace; the trace holds no values."""
        LOG.error("defect in %s", operation, exc_info=error)


def open_fleet(
    context: Context,
    *,
    now: Callable[[], datetime],
    interval_s: float | None = None,
    worktree: Path | None = None,
) -> Fleet:
    """The adapters of a context; `now` tells the time, UTC.

    Raises UsageError for a bad master key or address.
    """
    master = context.master()
    source: FleetSource = Worktree(worktree) if worktree is not None else repository(context)
    edge = Edge(platform_objects.edge_token(master))
    return Fleet(
        context=context,
        master=master,
        source=source,
        swarm=Swarm(context.engines),
        services=services(context, master, None),
        edge=edge,
        purges=Purges(edge),
        interval_s=interval_s if interval_s is not None else context.interval_s,
        cdn=LocalCdn(),
        now=now,
    )
