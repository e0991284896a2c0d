"""The install job of a site, run and heard: a new site's installation, a change's migration, its undoing."""

import time

from reconciler.core import migration, names
from reconciler.core.health import FAILED_ATTEMPTS
from reconciler.core.migration import Answer
from reconciler.core.model import DesiredSite, Service, Spec
from reconciler.errors import StageFailed
from reconciler.sync.fleet import Fleet
from reconciler.sync.watch import Watch

INSTALL_DEADLINE_S = 120.0
MIGRATE_DEADLINE_S = 1800.0
ANSWER_S = 10.0
LOG_LINES = 50


def install(fleet: Fleet, watch: Watch, site: DesiredSite) -> None:
    """A new site's tables, plugins and settings; the row that follows says that it ended well.

    Raises StageFailed, of stage `apply`.
    """
    fleet.database.write_next(site.name, migration.request(site))
    answer = _run(fleet, watch, site, site.install, INSTALL_DEADLINE_S)
    if answer.end != "done":
        raise StageFailed("apply", f"install: {answer}", where=site.name)
    fleet.database.write_live(site.name, site.live)


def migrate(fleet: Fleet, watch: Watch, site: DesiredSite) -> None:
    """Bring the database to what the wanted image and settings need. Raises StageFailed of `migrate`."""
    fleet.database.write_next(site.name, migration.request(site))
    _expect_done(_run(fleet, watch, site, site.install, MIGRATE_DEADLINE_S), site)


def let_leave(fleet: Fleet, watch: Watch, site: DesiredSite, live: Service) -> None:
    """Deactivate, in the image that runs now, what the wanted one may not hold any more."""
    found = fleet.database.observe([site.name])[1][site.name].brought
    if found is None:
        return
    fleet.database.write_next(site.name, migration.leaving_request(site, found))
    spec = _of_before(site.install, live.spec)
    _expect_done(_run(fleet, watch, site, spec, MIGRATE_DEADLINE_S), site)


def take_back(fleet: Fleet, watch: Watch, site: DesiredSite) -> str:
    """After webheads that did not get healthy: the dump, where nobody wrote since.

    Empty where no migration was open or all is as it was; else why the newer database stays. Posts are
    never taken back.
    """
    found = fleet.database.observe([site.name])[1].get(site.name)
    if found is None or not found.open:
        return ""
    fleet.database.write_next(site.name, migration.undo_request())
    answer = _run(fleet, watch, site, site.install, MIGRATE_DEADLINE_S)
    return "" if answer.end == "undone" else str(answer)


def _expect_done(answer: Answer, site: DesiredSite) -> None:
    if answer.end != "done":
        fix = ""
        if answer.end == "held":
            fix = (
                "mend the plugin and commit again: the job goes on from there; or restore the dump by"
                " hand, which loses what was written since"
            )
        raise StageFailed("migrate", f"migrate: {answer}", where=site.name, fix=fix)


def _of_before(job: Spec, live: Spec) -> Spec:
    """The job with the container of the live service: image, config and secret of before."""
    before = live["TaskTemplate"]["ContainerSpec"]
    template = job["TaskTemplate"]
    same = {key: before[key] for key in ("Image", "Configs", "Secrets") if key in before}
    container = {**template["ContainerSpec"], **same}
    return {**job, "TaskTemplate": {**template, "ContainerSpec": container}}


def _run(fleet: Fleet, watch: Watch, site: DesiredSite, spec: Spec, deadline_s: float) -> Answer:
    """Run one job and remove it. Raises StageFailed where it gives no answer."""
    name, swarm = names.install_name(site.name), fleet.swarm
    swarm.remove_service(name)
    swarm.create_service(spec)
    end, heard_until = time.monotonic() + deadline_s, 0.0
    try:
        while True:
            tasks = [t for t in watch.after(time.monotonic()).tasks if t.service == name]
            now = time.monotonic()
            over = [task for task in tasks if task.state in {"ended", "failed"}]
            if over:
                answer = migration.answered(swarm.service_logs(name, LOG_LINES))
                if answer is not None:
                    return answer
            # The node hands its lines on a moment after the task's end.
            if over and not heard_until:
                heard_until = now + ANSWER_S
            failures = [task for task in tasks if task.state == "failed"]
            given_up = len(failures) >= FAILED_ATTEMPTS or any(t.state == "ended" for t in tasks)
            if now >= end or (given_up and now >= heard_until):
                lines = swarm.service_logs(name, 5).strip()
                reason = failures[0].error if failures else "not done in time"
                raise StageFailed("migrate", f"install: {reason}; {lines[-300:]}", where=site.name)
    finally:
        swarm.remove_service(name)
