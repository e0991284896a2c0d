"""The smoke test: each set of plugins that some site runs, tried in an image before the fleet sees it."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.core import names, smoke
from reconciler.core.compiler import Compiled
from reconciler.core.derive import MasterKey
from reconciler.core.manifest import Platform, Site
from reconciler.core.model import ImageRef
from reconciler.core.outcome import Outcome
from reconciler.core.plan import Operation
from reconciler.core.site_objects import desired_site
from reconciler.core.smoke import Broken, Known, PluginSet
from reconciler.errors import StageFailed, Superseded
from reconciler.shell.database import Database
from reconciler.shell.memory import recall, remember
from reconciler.shell.swarm import Swarm
from reconciler.sync.watch import Watch

Tell = Callable[[Outcome], None]
FILE = "smoke.json"
DEADLINE_S = 240.0
ANSWER_S = 10.0
MOST_IMAGES = 5


@dataclass(slots=True)
class Smoke:
    """Tries sets of plugins in images, and remembers which were good in the folder `state`.

    Sets that were broken are remembered by this process alone: another start tries them again.
    `superseded`: whether it is no longer worth waiting for an answer.
    """

    swarm: Swarm
    database: Database
    master: MasterKey
    state: Path
    superseded: Callable[[], bool]
    broken: dict[tuple[str, str], Broken] = field(default_factory=dict)

    def check(
        self, compiled: Compiled, image: ImageRef, reference: str, tell: Tell
    ) -> tuple[Compiled, StageFailed | None]:
        """Return what of a commit may be applied with this image, and why the rest may not.

        Sets that were tried before cost nothing. A broken set of an image that is good for others
        holds its sites and nobody else's. Raises StageFailed where the image was never good for a
        whole commit, and where it cannot be tried; Superseded.
        """
        digest, platform = image.digest, compiled.platform
        sets = smoke.sets_of(compiled.sites.values())
        if digest is None or platform is None:
            return compiled, None
        about = before = smoke.known(recall(self.state / FILE).get(digest))
        untried = [
            s for s in sets if s.key not in about.good and (digest, s.key) not in self.broken
        ]
        if untried:
            began = time.monotonic()
            found = self._tried(untried, platform, reference)
            self.broken |= {(digest, key): one for key, one in found.items()}
            about = about.with_good({s.key for s in untried} - set(found))
            error = "; ".join(str(one) for one in found.values())
            cause = _cause(len(untried), accepted=before.accepted)
            operation = Operation(action="run", kind="smoke", name=image.tag, cause=cause)
            tell(Outcome(operation=operation, seconds=time.monotonic() - began, error=error))
        about = about.for_commit(sets)
        if about != before:
            self._keep(digest, about)
        bad = {s: self.broken[digest, s.key] for s in sets if (digest, s.key) in self.broken}
        if not bad:
            return compiled, None
        failure = _failure(sets, bad)
        if not about.accepted:
            raise failure
        return _without(compiled, {name for s in bad for name in sets[s]}), failure

    def _keep(self, digest: str, about: Known) -> None:
        images = recall(self.state / FILE)
        others = [(key, value) for key, value in images.items() if key != digest]
        kept = {**dict(others[-MOST_IMAGES + 1 :]), digest: about.to_json()}
        remember(self.state / FILE, kept, "image")

    def _tried(
        self, sets: Sequence[PluginSet], platform: Platform, reference: str
    ) -> dict[str, Broken]:
        """Key → why, of the sets that are broken."""
        self._sweep()
        watch = Watch(self.swarm.observe)
        jobs = smoke.possible(platform)
        dealt = smoke.shares(sets, jobs)
        with ThreadPoolExecutor(jobs, thread_name_prefix="smoke") as pool:
            found = pool.map(
                lambda one: self._job(one[0] + 1, one[1], platform, reference, watch),
                enumerate(dealt),
            )
            return {one.key: one for broken in found for one in broken}

    def _sweep(self) -> None:
        """Remove what a loop left that was killed while it tried."""
        cluster = self.swarm.observe()

        def left(labels: Mapping[str, str]) -> bool:
            return labels.get(names.PURPOSE_LABEL) == smoke.PURPOSE

        for name, service in cluster.services.items():
            if left(service.labels):
                self.swarm.remove_service(name)
        for name, config in cluster.configs.items():
            if left(config.labels):
                self.swarm.remove_config(name)
        for name, secret in cluster.secrets.items():
            if left(secret.labels):
                self.swarm.remove_secret(name)

    def _job(
        self,
        number: int,
        sets: Sequence[PluginSet],
        platform: Platform,
        reference: str,
        watch: Watch,
    ) -> tuple[Broken, ...]:
        site = desired_site(smoke.scratch_site(number), platform, reference, self.master, "")
        document = smoke.sets_document(sets)
        spec = smoke.job(site, document)
        name = spec["Name"]
        self.database.drop_scratch(site.name)
        self.database.ensure(site.name, site.database_password)
        self.swarm.create_config(site.config_name, site.config, smoke.labels())
        self.swarm.create_config(smoke.config_name(document), document, smoke.labels())
        self.swarm.create_secret(site.secret_name, site.secret, smoke.labels())
        try:
            self.swarm.create_service(spec)
            return self._answer(name, len(sets), watch)
        finally:
            self.swarm.remove_service(name)
            self.swarm.remove_config(smoke.config_name(document))
            self.swarm.remove_config(site.config_name)
            self.swarm.remove_secret(site.secret_name)
            self.database.drop_scratch(site.name)

    def _answer(self, name: str, tried: int, watch: Watch) -> tuple[Broken, ...]:
        end = time.monotonic() + DEADLINE_S
        while True:
            tasks = [t for t in watch.after(time.monotonic()).tasks if t.service == name]
            if any(task.state in {"ended", "failed"} for task in tasks):
                break
            if self.superseded():
                raise Superseded("image", "a newer commit came", where="smoke test")
            if time.monotonic() >= end:
                named = smoke.broken_in(self.swarm.service_logs(name, smoke.LOG_LINES))
                reason = str(named[0]) if named else next((t.error for t in tasks if t.error), "")
                raise StageFailed(
                    "image", f"no answer within {DEADLINE_S:g} s; {reason}", where="smoke test"
                )
        # The node hands its lines on a moment after the task's end.
        last = time.monotonic() + ANSWER_S
        while True:
            log = self.swarm.service_logs(name, smoke.LOG_LINES)
            found = smoke.answered(log, tried)
            if found is not None:
                return found
            error = next((task.error for task in tasks if task.error), "")
            if time.monotonic() >= last or (error and log.strip()):
                what = f"the image cannot be tried: {error}; {log.strip()[-400:]}"
                raise StageFailed("image", what, where="smoke test")
            watch.after(time.monotonic())  # at its pace


def _cause(count: int, *, accepted: bool) -> str:
    sets = "1 set of plugins" if count == 1 else f"{count} sets of plugins"
    return f"{sets} new to the image" if accepted else f"the image is new, {sets}"


def _failure(
    sets: Mapping[PluginSet, tuple[str, ...]], bad: Mapping[PluginSet, Broken]
) -> StageFailed:
    one = next(iter(bad))
    what = f"{bad[one]} (sites: {', '.join(sets[one][:5])})"
    if len(bad) > 1:
        what += f"; and {len(bad) - 1} more sets of plugins"
    fix = "remove the plugin from these sites, or block this version in plugins-allowlist.yaml"
    return StageFailed("image", what, where="smoke test", fix=fix)


def _without(compiled: Compiled, held: set[str]) -> Compiled:
    """A commit whose sites in `held` stay as they are."""
    going_on: dict[str, Site] = {n: s for n, s in compiled.sites.items() if n not in held}
    return replace(compiled, sites=going_on, held=compiled.held | held)
