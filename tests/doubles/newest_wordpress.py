"""The newest WordPress that Debian has, as a release zip: made from the package of its unstable release.

Nothing is skipped: without a mirror the tests that need it fail.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.repository import FleetRepository
from reconciler.shell import cluster_images
from reconciler.shell.program import must

ROOT = Path(__file__).resolve().parents[2]
FROM = "debian:trixie-slim"
PACK = """set -eu
apt-get update -qq
apt-get install -y -qq --no-install-recommends zip ca-certificates >/dev/null 2>&1
sed -n 's/^deb \\(.*\\) trixie main.*/deb \\1 sid main/p' /etc/apt/sources.list > /tmp/sid.list
test -s /tmp/sid.list
mv /tmp/sid.list /etc/apt/sources.list
# A mirror may stand still: its list is then past its date, and still signed.
apt-get -o Acquire::Check-Valid-Until=false update -qq
cd /tmp
linked=$(apt-cache depends wordpress | grep -oE '(libjs-|libphp-|php-getid3|node-)[a-z0-9.-]*' | sort -u)
apt-get download -qq wordpress wordpress-theme-twentytwentyfive $linked
for package in *.deb; do dpkg -x "$package" /; done
rm -f /usr/share/wordpress/.htaccess
cp -RL /usr/share/wordpress wordpress
# The same files give the same zip, so that a build is kept.
find wordpress -exec touch -d 2000-01-01T00:00:00Z {} +
find wordpress -type f | LC_ALL=C sort | TZ=UTC zip -q -X wordpress.zip -@
sed -n "s/^.wp_version = '\\([^']*\\)';/\\1/p" wordpress/wp-includes/version.php
sha256sum wordpress.zip | cut -d' ' -f1
"""
MINUTES_S = 900.0


@dataclass(frozen=True, slots=True)
class Release:
    """A release zip and where it is served."""

    url: str
    sha256: str
    version: str


@contextmanager
def newest(folder: Path) -> Iterator[Release]:
    """The zip, served by a container on the engine's own network as long as the body runs."""
    server_image = cluster_images.local_tag("edge")
    cluster_images.build(ROOT, "edge", server_image)
    name = f"wpaas-imgtest-{os.getpid()}-newest"
    run = ("run", f"--name={name}-pack", "--interactive", FROM, "sh")
    try:
        lines = docker(*run, stdin=PACK).splitlines()
        version, sha256 = lines[-2:]
        docker("cp", f"{name}-pack:/tmp/wordpress.zip", str(folder))
    finally:
        docker("rm", "--force", f"{name}-pack")
    server = ("file-server", "--listen=:8000", "--root=/srv")
    mount = f"--volume={folder / 'wordpress.zip'}:/srv/wordpress.zip:ro"
    options = ("--no-healthcheck", "--user=0:0", "--env=HOME=/tmp", "--entrypoint=caddy", mount)
    docker("run", "--detach", f"--name={name}", *options, server_image, *server)
    try:
        address = docker("inspect", "--format={{.NetworkSettings.IPAddress}}", name)
        yield Release(f"http://{address}:8000/wordpress.zip", sha256, version)
    finally:
        docker("rm", "--force", "--volumes", name)


def name_release(repository: FleetRepository, release: Release | None) -> None:
    """Have the fleet's platform.yaml name a release, or none; not committed."""
    text = (repository.clone / "platform.yaml").read_text().partition("\nwordpress:")[0]
    if release is not None:
        text += (
            f'\nwordpress:\n  version: "{release.version}"\n  url: {release.url}\n'
            f'  sha256: "{release.sha256}"\n'
        )
    repository.write("platform.yaml", text)


def build(release: Release, tag: str) -> None:
    """The webheads' image with this WordPress."""
    arguments = (
        f"--build-arg=WORDPRESS_URL={release.url}",
        f"--build-arg=WORDPRESS_SHA256={release.sha256}",
    )
    docker("build", "--quiet", f"--tag={tag}", *arguments, str(ROOT / "image"))


def docker(*words: str, stdin: str | None = None) -> str:
    """Output of one docker command. Raises StageFailed with what it said."""
    sent = None if stdin is None else stdin.encode()
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    argv = ["docker", *words]
    return must(argv, stage="image", timeout_s=MINUTES_S, stdin=sent, env=environment).strip()
