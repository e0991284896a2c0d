"""The site that the WordPress suite shares. The tests' numbers are those of docs/behaviours.md."""

import pytest
from lab import Lab, new_site

from demo.stage import Stage

SITE = "wp-lab"


@pytest.fixture(scope="session")
def lab(stage: Stage) -> Lab:
    """A plain site with two webheads. A test leaves it as it found it, or takes a site of its own."""
    return new_site(stage, SITE, title="The lab", tagline="Where WordPress is tried")
