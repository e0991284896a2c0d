"""Behaviour vetting: a package runs in the fleet's own image on a scratch site, and is watched.

Root read-only, network denied but recorded. Three parts: today; months later, on a copy of the site
as the first part left it; and, on another copy, with answers from the hosts that it is granted.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reconciler.core.vetting import behaviour_read as read
from reconciler.core.vetting import behaviour_state as state
from reconciler.core.vetting import behaviour_tour as tour
from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.behaviour_read import Walk
from reconciler.core.vetting.behaviour_site import HOST, LATER_DAYS, SiteName, run_context
from reconciler.core.vetting.behaviour_tour import Step
from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.deed import Deed, Kind
from reconciler.errors import StageFailed
from reconciler.shell.behaviour_stand import HARDENED, TEMPLATE, Stand

Keep = Callable[[str, bytes], None]

RUN_S = 120.0
MOST_PICTURES = 6
UP_S = 45.0
CLOCK_SLACK_S = 3600
DAY_S = 86400

AFTER_ACTIVATION = "everything after its activation"
NO_CLOCK = "months later: the clock of the scratch site could not be moved"
NO_RECORD = "requests that ended without a record: "


def run_behaviour(
    stand: Stand, candidate: Candidate, within_s: float = RUN_S, keep: Keep | None = None
) -> Behaviour:
    """Run `candidate` on the open `stand`, in at most `within_s` seconds; nothing of the run stays.

    `keep` is given pictures of the front page and of its own pages, as (name, PNG). Their time does not
    count, since the first of all fetches a browser.

    Raises StageFailed where the scratch sites do not come up or the time is over: then nothing is
    known of the package.
    """
    run = _Run(stand, candidate, time.monotonic() + within_s, keep)
    try:
        return run.whole()
    finally:
        run.close()


class _Run:
    """What one run makes on the stand, and takes away again."""

    def __init__(self, stand: Stand, candidate: Candidate, end: float, keep: Keep | None) -> None:
        self._stand, self._candidate, self._keep = stand, candidate, keep
        self._key = secrets.token_hex(4)
        self._now, self._later, self._answered = (
            _Site(stand, self._key, name, end) for name in ("now", "later", "answered")
        )
        self._copies = [self._later, *([self._answered] if candidate.grants.network else [])]
        self._before: state.State = {}
        self._links: frozenset[str] = frozenset()
        self._hosts: frozenset[str] = frozenset()
        self._surface: dict[Kind, frozenset[str]] = {}
        self._no_pictures = ""

    def whole(self) -> Behaviour:
        """The run, part by part."""
        self._prepare()
        self._now.start()
        self._look_without()
        activation = self._now.ask([tour.do("activate")])
        refusal = read.refusal(activation[0][1])
        if refusal:
            return _refused(read.deeds(activation, self._hosts), refusal)
        seen = [*read.deeds(activation, self._hosts), *self._use(self._now)]
        active = self._now.state()
        costs = read.costs(self._now.ask(tour.pairs()))  # alone on the machine
        if self._keep is not None:
            self._picture(seen, self._keep)
        for copy in self._copies:
            self._stand.copy(self._now.database, copy.database)
        with ThreadPoolExecutor(len(self._copies)) as pool:
            running = [pool.submit(self._use_copy, copy, active) for copy in self._copies]
            seen += self._files()
            goodbye = self._now.ask(tour.leave())
            parts = [one.result() for one in running]
        seen += [*read.deeds(goodbye, self._hosts), *state.changed(self._before, active)]
        return Behaviour(
            now=_sorted(seen),
            later=parts[0],
            answered=parts[1] if len(parts) > 1 else None,
            left=tuple(state.left(self._before, self._now.state())),
            costs=costs,
            incomplete=tuple(sorted(self._incomplete())),
            later_days=LATER_DAYS,
        )

    def close(self) -> None:
        """Remove the run's containers, images and databases."""
        sites = (self._now, self._later, self._answered)
        self._stand.stop(*(site.webhead for site in sites))
        self._stand.forget(*(site.database for site in sites))
        self._stand.remove_images(*(site.image for site in sites))

    def _prepare(self) -> None:
        """Images, buckets and the first database, side by side."""
        sites = [self._now, *self._copies]
        context = run_context(
            self._candidate,
            {site.name: (site.database, site.bucket) for site in sites},
            self._stand.secret,
        )
        with ThreadPoolExecutor(2) as pool:
            others = [
                pool.submit(self._stand.copy, TEMPLATE, self._now.database),
                pool.submit(self._stand.make_buckets, *(site.bucket for site in sites)),
            ]
            for site in sites:
                arguments = {"TOOLS": self._stand.tools, "SITE": site.name}
                self._stand.build(context, site.image, arguments)
            for one in others:
                one.result()

    def _look_without(self) -> None:
        """The same pages without the package: what it is compared with."""
        walk = self._now.ask([*tour.sights(**tour.WITHOUT), tour.snapshot()])
        self._before = self._now.state()
        self._surface = read.surface(walk)
        self._links = read.links(walk)
        self._hosts = read.hosts(walk)

    def _use(self, site: "_Site") -> list[Deed]:
        """Visit everything, run what is scheduled; what it did. A snapshot is the last step."""
        wanted = {"answers": 1} if site is self._answered else {}
        walk = list(site.ask(tour.sights(**wanted)))
        own = read.added(self._surface, read.surface(walk))
        walk += site.ask([*tour.own_places(own, site.nonce, **wanted), *tour.end(**wanted)])
        home = HOST.split(":", maxsplit=1)[0]
        return [
            *read.deeds(walk, self._hosts),
            *own,
            *read.outside_links(self._links, read.links(walk), home),
        ]

    def _use_copy(self, site: "_Site", active: state.State) -> tuple[Deed, ...]:
        """The same visit to a copy of the site as it stood active."""
        site.start()
        seen = self._use(site)
        return _sorted([*seen, *state.changed(active, site.state())])

    def _picture(self, seen: Sequence[Deed], keep: Keep) -> None:
        """Pictures, or why there are none: no reason to know nothing of the rest."""
        began = time.monotonic()
        tokens = [secrets.token_hex(16) for _ in range(MOST_PICTURES)]
        self._now.ask([{"token": token} for token in tokens])
        pages = tour.pictured(seen, tokens)
        try:
            for name, png in self._stand.pictures(self._now.webhead, HOST, pages).items():
                keep(name, png)
        except StageFailed as e:
            self._no_pictures = f"pictures: {e.what}"
        for site in (self._now, self._later, self._answered):
            site.extend(time.monotonic() - began)

    def _files(self) -> list[Deed]:
        """Files in the first site's bucket, and in its webhead's temporary folder."""
        temp = self._stand.sh(f"{self._key}-now", "find /tmp -type f ! -name .wpaas").splitlines()
        return [
            *(Deed("upload", path) for path in self._stand.uploads(self._now.bucket)),
            *(Deed("temp", path.removeprefix("/tmp/")) for path in temp),  # noqa: S108 - in a container
        ]

    def _incomplete(self) -> set[str]:
        found = {self._no_pictures} - {""}
        for site in (self._now, *self._copies):
            untold = read.untold(site.walk)
            if untold:
                found.add(NO_RECORD + ", ".join(sorted(untold)))
        moved = read.clock(self._later.walk)
        if moved is None or moved < time.time() + LATER_DAYS * DAY_S - CLOCK_SLACK_S:
            found.add(NO_CLOCK)
        return found


class _Site:
    """One scratch site of a run: a webhead, a database and a bucket of its own."""

    def __init__(self, stand: Stand, key: str, name: SiteName, end: float) -> None:
        self._stand, self._key, self._end = stand, key, end
        self.name: SiteName = name
        self.nonce = ""
        self.walk: list[tuple[Step, dict[str, Any]]] = []
        self.webhead = f"{stand.name}-{key}-{name}"
        self.database = f"run_{key}_{name}"
        self.bucket = f"run-{key}-{name}"
        self.image = f"{stand.name}:{key}-{name}"

    def start(self) -> None:
        """Start its webhead and log in."""
        dns = f"--dns={self._stand.watcher_address}"
        # Timeouts stay real ones, whatever the clock says.
        clock = ("--env=FAKETIME_DONT_FAKE_MONOTONIC=1",) if self.name == "later" else ()
        self._stand.start(f"{self._key}-{self.name}", *HARDENED, dns, *clock, self.image)
        walk = self._talk(tour.arrive(secrets.token_hex(16)), {"wait_s": UP_S})
        self.nonce = walk[-1][1]["body"].strip()

    def extend(self, seconds: float) -> None:
        """Give the site more time."""
        self._end += seconds

    def ask(self, steps: Sequence[Step]) -> Walk:
        """Carry out steps, in their order. Raises StageFailed where the run's time is over."""
        return self._talk(steps, {})

    def state(self) -> state.State:
        """The snapshot that was asked for last."""
        found: state.State = next(
            answer["snapshot"] for _, answer in reversed(self.walk) if "snapshot" in answer
        )
        return found

    def _talk(
        self, steps: Sequence[Step], more: dict[str, Any]
    ) -> list[tuple[Step, dict[str, Any]]]:
        left_s = self._end - time.monotonic()
        if left_s <= 0:
            raise StageFailed("image", "the run took too long", where=self.name)
        plan = {
            "run": f"{self._key}-{self.name}",
            "webhead": self.webhead,
            "host": HOST,
            "database": ["database", self.database, self._stand.secret, self.database],
            "steps": list(steps),
        }
        walk = list(zip(steps, self._stand.talk(plan | more, left_s), strict=True))
        self.walk += walk
        return walk


def _refused(seen: list[Deed], refusal: str) -> Behaviour:
    """It cannot be activated: nothing else was looked at."""
    if not any(deed.kind == "fatal" for deed in seen):
        seen.append(Deed("refused", refusal))
    return Behaviour(now=_sorted(seen), incomplete=(AFTER_ACTIVATION,))


def _sorted(deeds: Sequence[Deed]) -> tuple[Deed, ...]:
    return tuple(sorted(set(deeds)))
