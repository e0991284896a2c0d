"""One whole product for all end-to-end tests: three nodes, a repository, the daemon, two sites live.

WPAAS_TEST_CLUSTER and WPAAS_TEST_PORT name another cluster, so that two clones can test side by side.
WPAAS_TEST_WORDPRESS=newest has every site run the newest WordPress that Debian has (`make versions`).
WPAAS_TEST_KEEP, set to anything, leaves the cluster running for the next run, which takes it up.
"""

import os
from collections.abc import Iterator

import pytest
from newest_wordpress import Release, name_release, newest

from demo.stage import ROOT, Stage, cluster_command
from demo.steps import FIRST_SITES, PLATFORM_DEADLINE_S

CLUSTER = os.environ.get("WPAAS_TEST_CLUSTER", "test")
PORT = int(os.environ.get("WPAAS_TEST_PORT", "8180"))
WORDPRESS = os.environ.get("WPAAS_TEST_WORDPRESS", "")
KEEP = "WPAAS_TEST_KEEP" in os.environ


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release | None]:
    """The WordPress that the fleet names from its first commit; None for that of its base."""
    if WORDPRESS != "newest":
        yield None
        return
    with newest(tmp_path_factory.mktemp("newest")) as made:
        yield made


@pytest.fixture(scope="session")
def stage(release: Release | None) -> Iterator[Stage]:
    state = ROOT / ".wpaas" / CLUSTER / "context.json"
    if state.is_file():
        Stage(state).stop_daemon()
    # A run that was killed in another clone leaves a cluster with another master key.
    if not KEEP:
        cluster_command("down", "--name", CLUSTER)
    cluster_command("up", "--name", CLUSTER, "--port", str(PORT))
    made = Stage(state)
    made.repository.begin(ROOT, PORT)
    if release is not None:
        name_release(made.repository, release)
        made.repository.commit(f"WordPress {release.version}")
    made.start_daemon()
    try:
        for site in FIRST_SITES:
            made.until_live(site, PLATFORM_DEADLINE_S)
        yield made
    finally:
        made.stop_daemon()
        if not KEEP:
            cluster_command("down", "--name", CLUSTER)
