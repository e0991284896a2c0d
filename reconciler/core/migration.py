"""What a site's database must be brought to before webheads serve from it, and what came of that.

The job (image/lib/install.php) writes down what it brought the database to; the planner compares. What
plugins have in files and settings is told to them by a job where something changes, and by nothing else.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from reconciler.core.model import Brought, DesiredSite, ImageRef

ANSWER = "wpaas-migrate "
"""Begins the line of the job's log that says what came of it."""

FORMAT = 1
End = Literal["done", "restored", "held", "undone", "kept"]
ENDS: Mapping[str, End] = {end: end for end in get_args(End)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a job ended.

    `done`; `restored`: a step failed and the database is as before; `held`: a step failed, and since
    others have written, nothing was put back. `undone`, `kept`: of a migration that was taken back.
    """

    end: End
    stage: str = ""
    error: str = ""
    conflict: str = ""
    dump: str = ""

    def __str__(self) -> str:
        dump = f" (its dump: private/dumps/{self.dump})" if self.dump else ""
        match self.end:
            case "done" | "undone":
                return self.end
            case "kept":
                return f"{self.conflict}{dump}"
            case "restored":
                return f"{self.stage}: {self.error}; the database is as it was"
            case "held":
                return f"{self.stage}: {self.error}; not put back: {self.conflict}{dump}"


def leaving(site: DesiredSite, found: Brought | None) -> frozenset[str]:
    """Plugins whose deactivation hooks must run."""
    return frozenset((found.plugins if found else {}).keys() - site.plugins)


def departures(gone: Collection[str]) -> Iterator[str]:
    """Causes that these plugins leave."""
    for slug in sorted(gone):
        yield f"plugin {slug} leaves: its deactivation runs first"


def causes(site: DesiredSite, found: Brought | None, image: ImageRef) -> Iterator[str]:
    """Why the site's database is not yet what this image and these settings need; nothing where it is."""
    have = found or Brought()
    if found is None:
        yield "nothing is recorded of its database yet"
    if found and image.schema > have.schema:
        versions = " → ".join(filter(None, (have.wordpress, image.wordpress)))
        yield f"WordPress {versions}: database routine, schema {have.schema} → {image.schema}"
    if found and found.home and site.home and found.home != site.home:
        yield f"address {found.home} → {site.home}: what links to the old one follows"
    yield from departures(leaving(site, found))
    for slug in sorted(site.plugins):
        before, after = have.plugins.get(slug), site.versions.get(slug, "")
        if before is None:
            yield f"plugin {slug} comes: its activation runs first"
        elif after and before != after:
            yield f"plugin {slug} {before} → {after}: its routines run first"
    if found and site.theme is not None and site.theme != have.theme:
        yield f"theme {have.theme or 'unknown'} → {site.theme}"


def request(site: DesiredSite) -> str:
    """What the job is to bring the database to, as it reads it."""
    return _request("migrate", json.loads(site.live), site.versions)


def leaving_request(site: DesiredSite, found: Brought) -> str:
    """The same for the job that runs from the image of before: what leaves is gone, and nothing else new."""
    kept = {slug: v for slug, v in found.plugins.items() if slug in site.plugins}
    settings = {**json.loads(site.live), "plugins": sorted(kept), "theme": found.theme}
    return _request("migrate", settings, kept)


def undo_request() -> str:
    """The last migration is to be taken back."""
    return _request("undo", {}, {})


def _request(what: str, settings: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    document = {"format": FORMAT, "do": what, "settings": settings, "versions": dict(versions)}
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def brought(text: str | None) -> Brought | None:
    """Read what a job wrote down. Site code may write there too: None where it has not the shape."""
    try:
        said = json.loads(text) if text else None
    except ValueError:
        return None
    match said:
        case {"schema": int(schema), **more}:
            plugins = more.get("plugins") or {}
            known = plugins.items() if isinstance(plugins, Mapping) else ()
            theme = more.get("theme")
            return Brought(
                schema=schema,
                wordpress=str(more.get("wordpress", ""))[:20],
                plugins={str(slug): str(version)[:40] for slug, version in known},
                theme=theme if isinstance(theme, str) else None,
                home=str(more.get("home", ""))[:300],
            )
        case _:
            return None


def answered(log: str) -> Answer | None:
    """The last answer in a job's log, None where there is none."""
    found = [one for line in log.splitlines() if (one := _read(line))]
    return found[-1] if found else None


def _read(line: str) -> Answer | None:
    _, mark, text = line.partition(ANSWER)
    try:
        said = json.loads(text) if mark else None
    except ValueError:
        return None
    match said:
        case {"end": str(end), **more} if end in ENDS:
            words = {
                key: str(more.get(key) or "")[:300]
                for key in ("stage", "error", "conflict", "dump")
            }
            return Answer(end=ENDS[end], **words)
        case _:
            return None
