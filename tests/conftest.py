"""For all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

PRODUCT = Path(__file__).parent / "e2e"

# Hypothesis gives one example 200 ms. On a machine that is busy with a cluster, that measures the
# machine.
settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With two workers (pytest -n 2 --dist loadgroup), one has the three-node product, one the rest.

    Each half needs what it starts in one process; the first mostly waits for a cluster.
    """
    for item in items:
        half = "product" if PRODUCT in item.path.parents else "parts"
        item.add_marker(pytest.mark.xdist_group(half))
