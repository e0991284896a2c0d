"""The site that the WordPress suite shares. The tests' numbers are those of docs/behaviours.md."""

import pytest
from hostile import SITES, Hostile, hostile_sites
from lab import Lab, new_site
from probe_plugin import probe_site
from suite_plugins import allow_all

from demo.stage import Stage
from reconciler.core.names import site_network

SITE = "wp-lab"
SITE_NETWORKS = 4  # of platform.yaml
APPLIED_S = 240


@pytest.fixture(scope="session")
def stage(stage: Stage) -> Stage:
    """The product, with the suite's plugins in its image."""
    allow_all(stage)
    return stage


@pytest.fixture(scope="session")
def lab(stage: Stage) -> Lab:
    """A plain site with two webheads. A test leaves it as it found it, or takes a site of its own."""
    return new_site(stage, SITE, title="The lab", tagline="Where WordPress is tried")


@pytest.fixture(scope="session")
def probed(stage: Stage) -> Lab:
    """The site that uses the probe."""
    return probe_site(stage)


@pytest.fixture(scope="module")
def site(stage: Stage, probed: Lab) -> Lab:
    """The probe's site, when nothing of the fleet's last commit is on its way."""
    stage.until_applied(stage.repository.head(), APPLIED_S)
    probed.until_live()
    return probed


@pytest.fixture(scope="session")
def hostile_pair(stage: Stage) -> tuple[Lab, Lab]:
    """Two sites on one network that wish each other ill."""
    assert len({site_network(site, SITE_NETWORKS) for site in SITES}) == 1
    return hostile_sites(stage)


@pytest.fixture(params=[0, 1], ids=SITES)
def hostile(hostile_pair: tuple[Lab, Lab], request: pytest.FixtureRequest) -> Hostile:
    """Each of them against the other."""
    return Hostile(hostile_pair[request.param], hostile_pair[1 - request.param])
