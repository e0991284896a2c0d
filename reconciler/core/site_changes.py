"""In which order a living site's database, webheads and settings change. Pure, and part of the planner."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from reconciler.core import migration
from reconciler.core.model import DesiredSite, ImageRef, Live, Service
from reconciler.core.plan import Operation


def changes(
    site: DesiredSite,
    live: Live,
    image: ImageRef,
    service: Sequence[Operation],
    before: Service | None,
) -> Iterator[Operation]:
    """Order the operations of a site that is installed. `service`: those of its webheads, if they differ.

    A job runs where hooks or routines matter, and nowhere else: it costs seconds. What comes is
    activated in the wanted image before webheads run it, and before the settings name it; what leaves
    is deactivated in the image that has it, and leaves the settings before the webheads roll.
    """
    settings = _settings(site, live)
    why = list(migration.causes(site, live.brought, image))
    if why or live.open:
        yield from _with_migration(site, live, why, service, before)
        return
    if live.digest == site.live_digest:
        yield from service
        return
    # Settings may name no plugin that a starting webhead's image lacks.
    if service and live.plugins <= site.plugins:
        yield from [*service, settings]
    elif service and not site.plugins <= live.plugins:
        yield from [_leaving(site, live, settings), *service, settings]
    else:
        yield from [settings, *service]


def _with_migration(
    site: DesiredSite,
    live: Live,
    why: Sequence[str],
    service: Sequence[Operation],
    before: Service | None,
) -> Iterator[Operation]:
    settings = _settings(site, live)
    if before is not None and _image(before.spec) != _image(site.service):
        gone = migration.leaving(site, live.brought)
        if gone:
            parts = [cause for cause in why if cause in set(migration.departures(gone))]
            why = [cause for cause in why if cause not in parts]
            yield _job(site, "migrate-leaving", parts)
        if gone or live.plugins - site.plugins:
            yield _leaving(site, live, settings)
    if why:
        yield _job(site, "migrate", why)
    # Last, whether it differs or not: from then on the migration is not taken back any more.
    yield from [*service, settings]


def _settings(site: DesiredSite, live: Live) -> Operation:
    cause = f"digest {live.digest[:12]} → {site.live_digest[:12]}"
    if live.digest == site.live_digest:
        cause = "the migration is over"
    return Operation(action="update", kind="live", name=site.name, cause=cause, site=site.name)


def _leaving(site: DesiredSite, live: Live, settings: Operation) -> Operation:
    leaving = " ".join(sorted(live.plugins - site.plugins)) or "what left"
    return replace(settings, kind="live-leaving", cause=f"{leaving} may leave the image")


def _job(
    site: DesiredSite, kind: Literal["migrate", "migrate-leaving"], why: Sequence[str]
) -> Operation:
    return Operation(action="run", kind=kind, name=site.name, cause="; ".join(why), site=site.name)


def _image(spec: object) -> object:
    match spec:
        case {"TaskTemplate": {"ContainerSpec": {"Image": image}}}:
            return image
        case _:
            return None
