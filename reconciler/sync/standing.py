"""Where every site stands: from the engines and one request each through the edge, side by side."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reconciler.core import names
from reconciler.core.model import ObservedCluster, Service
from reconciler.errors import StageFailed
from reconciler.shell.journal import read_report
from reconciler.sync.fleet import Fleet

PROBES_SIDE_BY_SIDE = 16


def standing(fleet: Fleet) -> dict[str, Any]:
    """The stable shape of `wpaas status`, with the last loop's stage, problems and refusals."""
    report = read_report(fleet.state)
    empty = {"observed": None, "attempted": None, "applied": None, "healthy": None}
    found: dict[str, Any] = {
        "revisions": report.get("revisions") or empty,
        "sites": [],
        "stage": report.get("stage"),
        "error": report.get("error"),
        "problems": report.get("problems") or [],
        "refused": report.get("refused") or [],
        "notice": report.get("notice"),
        "looked_at": report.get("looked_at"),
    }
    try:
        cluster = fleet.swarm.observe()
    except StageFailed as e:
        return {**found, "stage": e.stage, "error": str(e)}
    errors: dict[str, str] = dict(report.get("sites") or {})
    for problem in found["problems"]:
        if problem["severity"] == "error" and problem["file"].startswith("sites/"):
            site = problem["file"].removeprefix("sites/").removesuffix(".json")
            errors.setdefault(site, f"{problem['code']} at {problem['pointer']}: {problem['fix']}")
    services = {
        service.labels[names.SITE_LABEL]: service
        for service in cluster.services.values()
        if names.SITE_LABEL in service.labels and names.HOSTS_LABEL in service.labels
    }
    wanted = sorted({*services, *errors})
    with ThreadPoolExecutor(max_workers=PROBES_SIDE_BY_SIDE) as pool:
        asked = pool.submit(_overdue_s, fleet, list(services))
        sites = list(
            pool.map(lambda name: _site(fleet, cluster, services.get(name), name, errors), wanted)
        )
        late = asked.result()
    found["sites"] = [{**site, "events_overdue_s": late.get(site["name"])} for site in sites]
    return found


def _overdue_s(fleet: Fleet, sites: Collection[str]) -> Mapping[str, int]:
    """Site → how late WordPress's planned events are; none where the database does not say."""
    try:
        return fleet.database.overdue_s(sites)
    except StageFailed:
        return {}


def _site(
    fleet: Fleet,
    cluster: ObservedCluster,
    service: Service | None,
    name: str,
    errors: Mapping[str, str],
) -> dict[str, Any]:
    error = errors.get(name)
    if service is None:
        return {
            "name": name,
            "state": "missing",
            "replicas": {"desired": 0, "running": 0},
            "nodes": [],
            "image": "",
            "url": "",
            "error": error,
        }
    host = service.labels[names.HOSTS_LABEL].split()[0]
    nodes = sorted({task.node for task in cluster.healthy(service.spec["Name"])})
    desired = service.spec["Mode"]["Replicated"]["Replicas"]
    page_error = fleet.probe(host, 0)
    state = "up" if not page_error and len(nodes) >= desired else "degraded"
    if page_error:
        state = "down"
    return {
        "name": name,
        "state": state,
        "replicas": {"desired": desired, "running": len(nodes)},
        "nodes": nodes,
        "image": service.spec["TaskTemplate"]["ContainerSpec"]["Image"],
        "url": fleet.home(host) + "/",
        "error": error or page_error or None,
    }
