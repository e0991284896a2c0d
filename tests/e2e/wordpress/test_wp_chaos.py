"""An author works while webheads die: nothing is lost, no error is seen."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from lab import Lab, own_site
from playwright.sync_api import Browser
from session import Session
from session_steps import steps

from demo.browser import Visitor, chromium
from demo.stage import Stage
from reconciler.errors import StageFailed

pytestmark = [pytest.mark.e2e, pytest.mark.alone]
SITE = "chaos-lab"
STEPS = 50
PAUSE_S = 5.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@contextmanager
def dying_webheads(lab: Lab) -> Iterator[list[str]]:
    """One webhead of the site, whichever, is killed each 5 s, but never the last healthy one.

    Gives the nodes where they were. A machine that is busy starts them slower than it kills.
    """
    stop, killed = threading.Event(), list[str]()

    def reap() -> None:
        while not stop.wait(PAUSE_S):
            there = lab.webheads()
            victim = random.choice(there) if there else None  # noqa: S311 - chance, not secrecy
            if victim is None or not any(w.healthy for w in there if w != victim):
                continue
            with suppress(StageFailed):  # it went by itself
                lab.kill(victim)
                killed.append(victim.node)

    thread = threading.Thread(target=reap)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def lab(stage: Stage) -> Iterator[Lab]:
    """A site whose webheads may die."""
    with own_site(stage, SITE) as made:
        yield made


def test_an_author_loses_nothing_while_webheads_die(
    stage: Stage, lab: Lab, browser: Browser
) -> None:
    address = f"http://{lab.host}"
    session = Session(Visitor(browser, address), Visitor(browser, address))
    evening = list(steps(session, stage.wpaas("site", "login", SITE).strip()))
    assert len(evening) == STEPS
    with dying_webheads(lab) as killed:
        for number, (name, act) in enumerate(evening, 1):
            act()
            seen = session.author.troubles + session.visitor.troubles
            assert seen == [], f"step {number}, {name}, after {len(killed)} deaths: {seen}"
    print(f"{STEPS} steps, {len(killed)} webheads killed: {' '.join(killed)}")
    assert len(killed) >= STEPS / 10
    lab.until_live()
    kept = session.rest(f"/wp/v2/posts?search={session.word}&per_page=50&status=publish,future")
    assert len(kept) == 13, [one["title"]["rendered"] for one in kept]
