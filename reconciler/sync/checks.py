"""What `wpaas doctor` looks at: each thing the reconciler needs, with what to do where it is off."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from reconciler.core import names
from reconciler.core.platform_services import REPLACEABLE, service_of
from reconciler.errors import StageFailed, WpaasError
from reconciler.shell.swarm import MINIMUM_API
from reconciler.sync.fleet import Fleet
from reconciler.sync.loop import compiled_or_refused
from reconciler.sync.services import addresses


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was found, and what to do where it is not ok."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def checks(fleet: Fleet) -> Iterator[Check]:
    """In the order in which one needs the other."""
    yield _check(
        "repository",
        lambda: f"{fleet.source_name} at {fleet.source.head()[:12]}",
        "is its address right, and does this machine reach it?",
    )
    own = _check("services", lambda: _own_services(fleet), "correct platform.yaml")
    if own.found:
        yield own
    yield _check("master key", lambda: "there, and closed to others", "restore it from your backup")
    yield _check("engine", lambda: _engine(fleet), "the engine must be 25 or later")
    yield _check("nodes", lambda: _nodes(fleet), "`wpaas cluster status`; revive what is down")
    for name, look in fleet.dependencies().items():
        yield _check(name, look, "`wpaas status` and the service's logs tell more")


def _check(name: str, look: Callable[[], str], fix: str) -> Check:
    try:
        return Check(name, ok=True, found=look())
    except WpaasError as e:
        found = f"{e.where}: {e.what}" if e.where else e.what
        return Check(name, ok=False, found=found, fix=e.fix or fix)


def _own_services(fleet: Fleet) -> str:
    """Services of one's own, as the newest commit describes them: what follows looks at those."""
    try:
        revision = fleet.source.head()
        fleet.source.fetch(revision)
        compiled_or_refused(fleet.compile(fleet.source.blobs(revision)))
    except StageFailed as e:
        if e.stage not in {"fetch", "observe"}:
            raise
        fleet.recall()  # the repository or the engine is away, which has a check of its own
    named = addresses(fleet.context, fleet.platform)
    own = [k for k in REPLACEABLE if fleet.platform and getattr(fleet.platform, k) is not None]
    if not own:
        return ""
    text = ", ".join(f"{kind} {named[kind]}" for kind in own)
    with suppress(StageFailed):
        running = fleet.swarm.observe().services
        left = [name for kind in own if (name := service_of(kind)) in running]
        if left:
            text += f"; {' '.join(left)} still runs: remove it by hand once no site is left on it"
    return text


def _engine(fleet: Fleet) -> str:
    version = fleet.swarm.version()
    api = tuple(int(part) for part in version.rpartition("API ")[2].rstrip(")").split("."))
    if api < MINIMUM_API:
        raise WpaasError(f"{version} is too old", fix="install Docker Engine 25 or later")
    return version


def _nodes(fleet: Fleet) -> str:
    cluster = fleet.swarm.observe()
    ready = [node.name for node in cluster.ready_nodes]
    text = f"{len(ready)} of {len(cluster.nodes)} ready: {' '.join(ready)}"
    edges = {task.node for task in cluster.healthy("wpaas-edge")}
    missing = sorted(set(ready) - edges)
    if len(ready) < len(cluster.nodes) or missing:
        detail = f"; no edge on {' '.join(missing)}" if missing else ""
        raise WpaasError(text + detail)
    return f"{text}; edges on all; networks {names.PLATFORM_NETWORK} and sites"
