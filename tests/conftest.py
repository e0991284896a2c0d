"""For all tests."""

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Hypothesis gives one example 200 ms. On a machine that is busy with a cluster, that measures the
# machine.
settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")


class Halves(LoadScopeScheduling):
    """One worker has the tests of the three-node product, another all the rest.

    Each half needs what it starts in one process; the first mostly waits for a cluster.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "product" if nodeid.startswith("tests/e2e/") else "parts"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Halves | None:
    """With `-n 2 --dist loadscope`, as `make test` has it; other ways of sharing stay xdist's."""
    return Halves(config, log) if config.getoption("dist") == "loadscope" else None
