"""All adapters of one cluster in one value, and the few steps that need two of them."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from reconciler.core import names, platform_objects
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.derive import MasterKey
from reconciler.core.health import judge
from reconciler.core.manifest import Platform
from reconciler.core.model import DesiredPlatform, ImageRef
from reconciler.core.plan import Operation
from reconciler.core.site_objects import home_url
from reconciler.errors import StageFailed, Superseded, UsageError
from reconciler.shell import probe
from reconciler.shell.cdn import pull_zones
from reconciler.shell.context import Context
from reconciler.shell.database import Database, Server
from reconciler.shell.edge import Edge
from reconciler.shell.git import Source
from reconciler.shell.objectstore import ObjectStore
from reconciler.shell.registry import Registry
from reconciler.shell.schemas import load_schemas
from reconciler.shell.sources import Archives
from reconciler.shell.swarm import Swarm
from reconciler.sync.image import Built, Images, Tell, reference
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


@dataclass(slots=True, kw_only=True)
class Fleet:
    """One cluster's adapters, opened; connections are made when they are used."""

    context: Context
    master: MasterKey
    source: FleetSource
    swarm: Swarm
    database: Database
    store: ObjectStore
    edge: Edge
    images: Images
    interval_s: float
    cdn: Cdn
    platform: Platform | None = None
    built: Built | None = None

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.context.state

    @property
    def source_name(self) -> str:
        """The repository as it may be printed."""
        return self.source.name

    def compile(self, blobs: Mapping[str, Blob]) -> Compiled:
        """Compile a commit; hosts that are served now stay with the site that has them."""
        routed = {
            host: service.labels[names.SITE_LABEL]
            for service in self.swarm.observe().services.values()
            for host in service.labels.get(names.HOSTS_LABEL, "").split()
        }
        compiled = compile_fleet(blobs, load_schemas(), routed)
        if compiled.platform is not None:
            self.platform = compiled.platform
            self.cdn = _cdn(compiled.platform, self.state)
        return compiled

    def desired_platform(self, compiled: Compiled) -> DesiredPlatform:
        """What sites share, for a commit whose shared files are good."""
        if compiled.platform is None or compiled.allowlist is None:
            raise StageFailed("compile", "the shared files are broken")
        for kind in ("registry", "database", "store"):
            if getattr(compiled.platform, kind) is not None:
                raise StageFailed(
                    "compile",
                    f"a {kind} of your own is described, and this version only runs its own",
                    where="platform.yaml",
                    fix=f"remove `{kind}`",
                )
        return platform_objects.desired_platform(
            compiled.platform,
            compiled.allowlist,
            compiled.sites,
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
                f"answers at {self.context.registry}"
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
        if built is None or built.revision != revision:
            inputs = self.images.inputs(self.source.blobs(revision), compiled)
            same = built is not None and built.inputs == inputs.name
            built = replace(built, revision=revision) if built and same else None
        try:
            if built is None or not self.images.holds(built.image):
                blobs = self.source.blobs(revision)
                inputs = inputs or self.images.inputs(blobs, compiled)
                image = self.images.ensure(blobs, compiled, inputs, tell)
                built = Built(revision, inputs.name, image)
        except StageFailed as e:
            if built is None:
                raise
            self.built = built
            return built.image, e
        self.built = built
        return built.image, None

    def find_image(self, revision: str, compiled: Compiled) -> ImageRef:
        """The image of a commit, in the registry or not; writes nothing."""
        return self.images.find(self.images.inputs(self.source.blobs(revision), compiled))

    @staticmethod
    def image_reference(found: ImageRef) -> str:
        """How a service names the image."""
        return reference(found)

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


def _cdn(platform: Platform, state: Path) -> Cdn:
    """The CDN that the platform names. A relative credentials file is below the state folder."""
    if platform.cdn == "local" or platform.maxcdn is None:
        return LocalCdn()
    account = platform.maxcdn
    return pull_zones(account.endpoint, account.alias, state / account.credentials_file)


def open_fleet(
    context: Context, *, interval_s: float | None = None, worktree: Path | None = None
) -> Fleet:
    """The adapters of a context. Raises UsageError for a bad master key or address."""
    master = context.master()
    host, _, port = context.database.rpartition(":")
    if not port.isdigit():
        raise UsageError("the database's address is not HOST:PORT", where=context.database)
    password = platform_objects.database_root(master)
    source: FleetSource = (
        Worktree(worktree)
        if worktree is not None
        else Source(
            context.repository,
            context.branch,
            context.state / "clone.git",
            context.credentials,
            context.trust,
        )
    )
    return Fleet(
        context=context,
        master=master,
        source=source,
        swarm=Swarm(context.engines),
        database=Database(Server(host=host, port=int(port), password=password)),
        store=ObjectStore(context.store, *platform_objects.store_admin(master)),
        edge=Edge(platform_objects.edge_token(master)),
        images=Images(
            Registry(f"http://{context.registry}"),
            context.registry,
            context.builder,
            Archives(context.state / "archives"),
        ),
        interval_s=interval_s if interval_s is not None else context.interval_s,
        cdn=LocalCdn(),
    )
