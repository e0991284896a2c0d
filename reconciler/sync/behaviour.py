"""Behaviour vetting: a package runs in the fleet's own image on a scratch site, and is watched.

Root read-only, network denied but recorded. Three parts: today; months later, on a copy of the site
as the first part left it; and, on another copy, with answers from the hosts that it is granted.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence

from reconciler.core.vetting import behaviour_read as read
from reconciler.core.vetting import behaviour_state as state
from reconciler.core.vetting import behaviour_tour as tour
from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.behaviour_gaps import clock, gaps, skipped
from reconciler.core.vetting.behaviour_heard import Answer, heard
from reconciler.core.vetting.behaviour_read import Walk
from reconciler.core.vetting.behaviour_site import HOST, LATER_DAYS, SiteName, run_context
from reconciler.core.vetting.behaviour_tour import Step
from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.deed import Deed, Kind
from reconciler.errors import StageFailed
from reconciler.shell.behaviour_stand import HARDENED, TEMPLATE, WEBHEAD, Stand

Keep = Callable[[str, bytes], None]
Said = Callable[[str], None]

PART_S = 40.0
LAST_ANSWER_S = 60.0
MOST_PICTURES = 6
UP_S = 45.0
CLOCK_SLACK_S = 3600
DAY_S = 86400

AFTER_ACTIVATION = "everything after its activation"
NO_CLOCK = "months later: the clock of the scratch site could not be moved"


def run_behaviour(
    stand: Stand,
    candidate: Candidate,
    keep: Keep | None = None,
    said: Said = lambda what: None,
    part_s: float = PART_S,
) -> Behaviour:
    """Run `candidate` on the open `stand`; nothing of the run stays.

    `keep` is given pictures of the front page and of its own pages, as (name, PNG); `said` is told what
    is under way. Each part of the tour has `part_s` seconds; what did not fit into them is among what could not be looked at.

    Raises StageFailed where the scratch sites do not come up: then nothing is known of the package.
    """
    run = _Run(stand, candidate, keep, said, part_s)
    try:
        return run.whole()
    finally:
        run.close()


class _Run:
    """What one run makes on the stand, and takes away again."""

    def __init__(
        self, stand: Stand, candidate: Candidate, keep: Keep | None, said: Said, part_s: float
    ) -> None:
        self._stand, self._candidate, self._keep, self._said = stand, candidate, keep, said
        self._key = secrets.token_hex(4)
        self._now, self._later, self._answered = (
            _Site(stand, self._key, name, part_s) for name in ("now", "later", "answered")
        )
        self._copies = [self._later, *([self._answered] if candidate.grants.network else [])]
        self._before: state.State = {}
        self._links: frozenset[str] = frozenset()
        self._hosts: frozenset[str] = frozenset()
        self._surface: dict[Kind, frozenset[str]] = {}
        self._untried: set[str] = set()
        self._unseen: set[tuple[str, str]] = set()

    def whole(self) -> Behaviour:
        """The run, part by part."""
        self._prepare()
        self._now.start()
        self._said("looking at it without the package")
        self._look_without()
        self._said("activating the package, and using it")
        activation = self._now.ask([tour.do("activate")])
        refusal = read.refusal(activation[0][1])
        if refusal:
            return _refused(read.deeds(activation, self._hosts), refusal)
        seen = [*read.deeds(activation, self._hosts), *self._use(self._now)]
        active = self._now.state()
        self._said("measuring pages with and without it")
        costs = read.costs(self._now.ask(tour.pairs()))  # alone on the machine
        if self._keep is not None:
            self._said("taking pictures; the first time fetches a browser")
            self._picture(seen, self._keep)
        self._said(
            f"using copies of the site, {LATER_DAYS} days later; uninstalling it from the first"
        )
        for copy in self._copies:
            self._stand.copy(self._now.database, copy.database)
        with self._stand.side_by_side(len(self._copies)) as pool:
            running = [pool.submit(self._use_copy, copy, active) for copy in self._copies]
            seen += self._files()
            goodbye = self._now.ask(tour.leave())
            parts = [one.result() for one in running]
        seen += [*read.deeds(goodbye, self._hosts), *state.changed(self._before, active)]
        gone = not skipped(goodbye)
        return Behaviour(
            now=_sorted(seen),
            later=parts[0],
            answered=parts[1] if len(parts) > 1 else None,
            left=tuple(state.left(self._before, self._now.state())) if gone else (),
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
        with self._stand.side_by_side(2) as pool:
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
        if skipped(walk):
            raise StageFailed("image", "this machine is too busy for a scratch site",
                where=self._now.webhead, fix="run it again when there is less to do")  # fmt: skip
        self._before = self._now.state()
        self._surface = read.surface(walk)
        self._links = read.links(walk)
        self._hosts = read.hosts(walk)

    def _use(self, site: "_Site") -> list[Deed]:
        """Visit everything, run what is scheduled; what it did. A snapshot is the last step."""
        wanted = {"answers": 1} if site is self._answered else {}
        walk = list(site.ask(tour.sights(**wanted)))
        own = read.added(self._surface, read.surface(walk))
        places = tour.own_places(own, site.nonce, **wanted)
        # What the first site had no time for would be news on a copy.
        places = [step for step in places if _key(step) not in self._unseen]
        visit = site.ask(places)
        if site is self._now:
            self._unseen = {_key(step) for step, answer in visit if answer.get("skipped")}
        walk += visit
        walk += site.ask(tour.end(**wanted))
        home = HOST.split(":", maxsplit=1)[0]
        return [
            *read.deeds(walk, self._hosts),
            *own,
            *read.outside_links(self._links, read.links(walk), home),
        ]

    def _use_copy(self, site: "_Site", active: state.State) -> tuple[Deed, ...] | None:
        """The same visit to a copy of the site as it stood active; None where that does not come up."""
        try:
            site.start()
            seen = self._use(site)
        except StageFailed as e:
            self._untried.add(f"{_PARTS[site.name]}: {e.what}")
            return None
        return _sorted([*seen, *state.changed(active, site.state()), *self._uploads(site)])

    def _picture(self, seen: Sequence[Deed], keep: Keep) -> None:
        """Pictures, or why there are none: no reason to know nothing of the rest."""
        tokens = [secrets.token_hex(16) for _ in range(MOST_PICTURES)]
        pages = tour.pictured(seen, tokens)
        try:
            self._now.ask([{"token": token} for token in tokens])
            for name, png in self._stand.pictures(self._now.webhead, HOST, pages).items():
                keep(name, png)
        except StageFailed as e:
            self._untried.add(f"pictures: {e.what}")

    def _files(self) -> list[Deed]:
        """Files in the first site's bucket, and in its webhead's temporary folder."""
        try:
            listed = self._stand.sh(f"{self._key}-now", "find /tmp -type f ! -name .wpaas")
        except StageFailed as e:  # the package may have ended its webhead
            self._untried.add(f"the temporary folder: {e.what}")
            listed = ""
        temp = [path.removeprefix("/tmp/") for path in listed.splitlines()]  # noqa: S108 - in a container
        return [*self._uploads(self._now), *(Deed("temp", path) for path in temp)]

    def _uploads(self, site: "_Site") -> list[Deed]:
        return [Deed("upload", path) for path in self._stand.uploads(site.bucket)]

    def _incomplete(self) -> set[str]:
        found = set(self._untried)
        for site in (self._now, *self._copies):
            found.update(gaps(_PARTS[site.name], site.walk))
        moved = clock(self._later.walk)
        if moved is not None and moved < time.time() + LATER_DAYS * DAY_S - CLOCK_SLACK_S:
            found.add(NO_CLOCK)
        return found


class _Site:
    """One scratch site of a run: a webhead, a database and a bucket of its own."""

    def __init__(self, stand: Stand, key: str, name: SiteName, part_s: float) -> None:
        self._stand, self._key, self._part_s = stand, key, part_s
        self.name: SiteName = name
        self.nonce = ""
        self.walk: list[tuple[Step, Answer]] = []
        self.webhead = f"{stand.name}-{key}-{name}"
        self.database = f"run_{key}_{name}"
        self.bucket = f"run-{key}-{name}"
        self.image = f"{stand.name}:{key}-{name}"

    def start(self) -> None:
        """Start its webhead and log in."""
        dns = f"--dns={self._stand.watcher_address}"
        # Timeouts stay real ones, whatever the clock says.
        later = ("--env=FAKETIME_DONT_FAKE_MONOTONIC=1",) if self.name == "later" else ()
        self._stand.start(f"{self._key}-{self.name}", *HARDENED, dns, *later, self.image, *WEBHEAD)
        walk = self.ask(tour.arrive(secrets.token_hex(16)), wait_s=UP_S)
        self.nonce = str(walk[-1][1].get("body", "")).strip()

    def ask(self, steps: Sequence[Step], wait_s: float = 0) -> Walk:
        """Carry out steps in their order, those for which there is time.

        `wait_s`: how long to wait for the webhead first. Raises StageFailed where it does not come up.
        """
        plan = {
            "run": f"{self._key}-{self.name}",
            "webhead": self.webhead,
            "host": HOST,
            "database": ["database", self.database, self._stand.secret, self.database],
            "wait_s": wait_s,
            "part_s": self._part_s,
            "steps": list(steps),
        }
        answers = self._stand.talk(plan, wait_s + self._part_s + LAST_ANSWER_S)
        walk = list(zip(steps, map(heard, answers), strict=True))
        self.walk += walk
        return walk

    def state(self) -> state.State:
        """The snapshot that was asked for last."""
        found: state.State = next(
            answer["snapshot"] for _, answer in reversed(self.walk) if "snapshot" in answer
        )
        return found


_PARTS: Mapping[SiteName, str] = {
    "now": "the first site",
    "later": "months later",
    "answered": "with answers",
}


def _key(step: Step) -> tuple[str, str]:
    return step["path"], step["who"]


def _refused(seen: list[Deed], refusal: str) -> Behaviour:
    """It cannot be activated: nothing else was looked at."""
    if not any(deed.kind == "fatal" for deed in seen):
        seen.append(Deed("refused", refusal))
    return Behaviour(now=_sorted(seen), incomplete=(AFTER_ACTIVATION,))


def _sorted(deeds: Sequence[Deed]) -> tuple[Deed, ...]:
    return tuple(sorted(set(deeds)))
