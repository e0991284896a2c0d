"""Which plugins run together in the fleet, and the job that tries each such set in a new image."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.core import names
from reconciler.core.live_settings import live_document
from reconciler.core.manifest import Platform, Site
from reconciler.core.model import DesiredSite, Spec
from reconciler.core.site_objects import WEBHEAD_UID
from reconciler.core.specs import NANOSECONDS, mounted_file

PURPOSE = "smoke"
SETS_PATH = "/etc/wpaas/smoke.json"
MOST_SETS = 100
"""In one job: some 20 s of work, and well below the 500 kB of a Swarm config."""

WORTH_A_JOB = 10
"""Sets: a job's own scratch site and boot cost as much as the pages of so many."""

ANSWER = "wpaas-smoke "
"""Begins each line of the job's log that says what came of it: one a broken set, and one at its end."""

LOG_LINES = MOST_SETS + 50
"""The last lines of the job's log that are read: its answer, and above it what led there."""

OPTIONS = ("-d", "disable_functions=")
"""Of its PHP: it starts other programs, which the image's configuration allows nobody."""


@dataclass(frozen=True, slots=True)
class PluginSet:
    """Plugins, the versions that are pinned, and the theme, as some site runs them together."""

    plugins: tuple[str, ...]
    pins: tuple[tuple[str, str], ...] = ()
    theme: str | None = None

    @property
    def key(self) -> str:
        """Names the set, for what is remembered."""
        text = json.dumps([self.plugins, self.pins, self.theme])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A set that gives no whole page. `plugins`: the first that breaks it, and what it needs for that."""

    key: str
    error: str
    plugins: tuple[str, ...]

    def __str__(self) -> str:
        if not self.plugins:
            return f"no plugin is needed for it: {self.error}"
        first, *others = self.plugins
        together = f" together with {', '.join(others)}" if others else ""
        return f"plugin {first}{together}: {self.error}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an image: keys of sets that were good, and whether a whole commit's were.

    An image that was `accepted` is good for others: a set that breaks on it holds its own sites alone.
    """

    good: frozenset[str] = frozenset()
    accepted: bool = False

    def with_good(self, keys: Iterable[str]) -> "Known":
        """As it is known once these sets were tried and good too."""
        return replace(self, good=self.good | frozenset(keys))

    def for_commit(self, sets: Iterable[PluginSet]) -> "Known":
        """As it is known once a commit came with these sets: accepted where all of them are good."""
        return replace(self, accepted=self.accepted or all(s.key in self.good for s in sets))

    def to_json(self) -> dict[str, Any]:
        """What is remembered between starts."""
        return {"good": sorted(self.good), "accepted": self.accepted}


def known(entry: object) -> Known:
    """Read what was remembered of an image; nothing where it is not whole."""
    match entry:
        case {"good": list(good), "accepted": bool(accepted)}:
            return Known(frozenset(map(str, good)), accepted)
        case _:
            return Known()


def sets_of(sites: Iterable[Site]) -> dict[PluginSet, tuple[str, ...]]:
    """Return each distinct set with the names of its sites, the sets in a fixed order."""
    found: dict[PluginSet, list[str]] = {}
    for site in sites:
        pins = tuple(sorted((s, v) for s, v in site.plugin_versions.items() if s in site.plugins))
        one = PluginSet(tuple(sorted(site.plugins)), pins, site.theme)
        found.setdefault(one, []).append(site.name)
    return {one: tuple(sorted(found[one])) for one in sorted(found, key=lambda s: s.key)}


def shares(sets: Sequence[PluginSet], jobs: int) -> list[tuple[PluginSet, ...]]:
    """Return the sets dealt out to at most `jobs` jobs at a time, MOST_SETS to each at most."""
    count = max(min(jobs, -(-len(sets) // WORTH_A_JOB)), -(-len(sets) // MOST_SETS))
    return [tuple(sets[number::count]) for number in range(count)]


def scratch_site(number: int) -> Site:
    """Return a site that no file can describe: names of sites begin with a letter."""
    return Site(name=f"{number}smoke", title="Smoke test", owners=())


def sets_document(sets: Sequence[PluginSet]) -> bytes:
    """Return what the job reads: each set as live settings."""
    listed = []
    for one in sets:
        site = Site(name="smoke", title="Smoke test", owners=(), theme=one.theme,
                    plugins=one.plugins, plugin_versions=dict(one.pins))  # fmt: skip
        listed.append({"key": one.key, "live": json.loads(live_document(site))})
    return json.dumps({"format": 1, "sets": listed}, sort_keys=True).encode()


def config_name(document: bytes) -> str:
    """Return the name of the Swarm config with the sets."""
    return names.shared_name("smoke", hashlib.sha256(document).hexdigest())


def job(site: DesiredSite, sets: bytes) -> Spec:
    """Return the job that installs a scratch site, boots a webhead, and asks for a page a set."""
    template: Mapping[str, Any] = site.install["TaskTemplate"]
    container = template["ContainerSpec"]
    php, *options, _install = container["Command"]
    file = {"ConfigName": config_name(sets), "File": mounted_file(SETS_PATH, WEBHEAD_UID, 0o444)}
    return {
        **site.install,
        "Name": f"wpaas_{site.name}",
        "Labels": labels(),
        "TaskTemplate": {
            **template,
            "ContainerSpec": {
                **container,
                "Command": [php, *OPTIONS, *options, "/usr/lib/wpaas/smoke.php"],
                "Configs": [*container["Configs"], file],
                # PHP as first process takes no notice of TERM, and nobody is served by it.
                "StopGracePeriod": NANOSECONDS,
            },
            "RestartPolicy": {"Condition": "none"},
        },
    }


def labels() -> dict[str, str]:
    """Return the labels of all that the test makes in the Swarm: ours, and no site's."""
    return {names.OWNER_LABEL: names.OWNER, names.PURPOSE_LABEL: PURPOSE}


def broken_in(log: str) -> tuple[Broken, ...]:
    """Return the broken sets that the job has named so far, from its log."""
    found = (_read(line) for line in log.splitlines())
    return tuple(one for one in found if isinstance(one, Broken))


def answered(log: str, tried: int) -> tuple[Broken, ...] | None:
    """Return the broken sets of the `tried` that the job had; None where it is not through."""
    ends = (_read(line) == tried for line in log.splitlines())
    return broken_in(log) if any(ends) else None


def _read(line: str) -> Broken | int | None:
    """A broken set, or how many sets were tried, or nothing of the job's answer."""
    _, mark, text = line.partition(ANSWER)
    try:
        said = json.loads(text) if mark else None
    except ValueError:
        return None
    match said:
        case {"tried": int(tried)}:
            return tried
        case {"key": str(key), "error": str(error), "plugins": list(plugins)}:
            return Broken(key=key, error=error, plugins=tuple(map(str, plugins)))
        case _:
            return None


def possible(platform: Platform) -> int:
    """Return how many jobs may run side by side: each is as big as a webhead."""
    return max(1, min(3, platform.nodes))
