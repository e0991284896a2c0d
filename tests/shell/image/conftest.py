"""The image built once, and one installed site with a running webhead, for all tests of this folder."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from webheads import IMAGE, ROOT, Stand, Webhead


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    subprocess.run(
        ["docker", "build", "--quiet", f"--tag={IMAGE}", str(ROOT / "image")],
        check=True, timeout=900, stdout=subprocess.DEVNULL,
        env=os.environ | {"DOCKER_BUILDKIT": "0"},
    )  # fmt: skip
    made = Stand()
    try:
        made.open()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def webhead(stand: Stand) -> Webhead:
    site = stand.site("chess-club")
    site.config["domains"].append("chess.example")
    code, log = stand.job(site)
    assert code == 0, log
    stand.live(site, title="Chess & club", tagline="Fine moves", locale="en_US", timezone="Europe/Berlin",
               theme="twentytwentyfive", plugins=[])  # fmt: skip
    made = stand.webhead(site)
    made.until_healthy()
    return made
