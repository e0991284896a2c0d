"""One scratch server for all tests of this folder, and one run of each plugin."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import misbehaved
import pytest

from reconciler.core import image
from reconciler.core.layers import tar
from reconciler.core.vetting.behaviour import Behaviour
from reconciler.core.vetting.candidate import Candidate
from reconciler.shell import builder
from reconciler.shell.behaviour_stand import LOCAL, Stand
from reconciler.shell.cluster_images import local_tag
from reconciler.shell.worktree import read_worktree
from reconciler.sync.behaviour import run_behaviour

ROOT = Path(__file__).parents[3]
BASE = local_tag("base")


@pytest.fixture(scope="session")
def base() -> str:
    """The fleet's base image; the engine's cache makes the next session's free."""
    builder.build(LOCAL, tar(image.base_context(read_worktree(ROOT))), BASE, {})
    return BASE


@pytest.fixture(scope="session")
def stand(base: str, platform_image: Callable[[str], str]) -> Iterator[Stand]:
    with Stand(
        base=base, database=platform_image("database"), store=platform_image("store")
    ) as made:
        yield made


@pytest.fixture(scope="session")
def ran(stand: Stand) -> Callable[[str], tuple[Candidate, Behaviour]]:
    """A plugin of `misbehaved` by name, and what it did."""

    @cache
    def run(name: str) -> tuple[Candidate, Behaviour]:
        candidate: Candidate = getattr(misbehaved, name)()
        return candidate, run_behaviour(stand, candidate)

    return run
