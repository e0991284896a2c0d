"""The site that the WordPress suite shares. The tests' numbers are those of docs/behaviours.md."""

import pytest
from hostile import SITES, Hostile, hostile_sites
from lab import Lab, new_site
from probe_plugin import probed

from demo.stage import Stage
from reconciler.core.names import site_network

SITE = "wp-lab"
SITE_NETWORKS = 4  # of platform.yaml


@pytest.fixture(scope="session")
def lab(stage: Stage) -> Lab:
    """A plain site with two webheads. A test leaves it as it found it, or takes a site of its own."""
    return new_site(stage, SITE, title="The lab", tagline="Where WordPress is tried")


@pytest.fixture(scope="module")
def site(stage: Stage) -> Lab:
    """The probe's site."""
    lab = probed(stage)
    lab.until_live()
    return lab


@pytest.fixture(scope="session")
def hostile_pair(stage: Stage) -> tuple[Lab, Lab]:
    """Two sites on one network that wish each other ill."""
    assert len({site_network(site, SITE_NETWORKS) for site in SITES}) == 1
    return hostile_sites(stage)


@pytest.fixture(params=[0, 1], ids=SITES)
def hostile(hostile_pair: tuple[Lab, Lab], request: pytest.FixtureRequest) -> Hostile:
    """Each of them against the other."""
    return Hostile(hostile_pair[request.param], hostile_pair[1 - request.param])
