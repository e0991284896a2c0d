"""A browser in the run's network sees the pages of a package, logged in."""

import misbehaved

from reconciler.shell.behaviour_stand import Stand
from reconciler.sync.behaviour import run_behaviour

PNG = b"\x89PNG\r\n\x1a\n"


def test_pictures_of_the_front_page_and_of_its_own_pages(stand: Stand) -> None:
    kept: dict[str, bytes] = {}
    behaviour = run_behaviour(stand, misbehaved.paged(), keep=kept.__setitem__)
    assert behaviour.incomplete == ()
    assert sorted(kept) == ["dashboard", "front", "page-1"]
    assert all(png.startswith(PNG) for png in kept.values())
    assert len(set(kept.values())) == 3  # and not the log-in page three times
