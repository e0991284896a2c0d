"""Real edges before real webheads: the stand's network, with the certificates that the cluster would give them."""

import http.client
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from webheads import ROOT, Site, Stand, Webhead, docker, eventually

from benchmarks.stand_in import MASTER, edge_files
from reconciler.core import pki
from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell import cluster_images
from reconciler.shell.edge import Edge

# A visitor's page may take its time, set a cookie, or be cut off, as a plugin would have it.
LAB = """<?php
add_action('init', function () {
    if (isset($_GET['lab-nap'])) { touch('/tmp/lab-nap'); sleep((int) $_GET['lab-nap']); unlink('/tmp/lab-nap'); }
    if (isset($_GET['lab-cookie'])) { setcookie('lab', 'x'); }
    if (isset($_GET['lab-heavy'])) {
        $GLOBALS['wpdb']->get_var('SELECT COUNT(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b');
    }
    if (isset($_GET['lab-count'])) { update_option('lab_count', 1 + (int) get_option('lab_count')); }
});
add_action('wp_footer', function () {
    if (isset($_GET['lab-cut'])) { exit; }
});
"""


@dataclass(frozen=True, slots=True)
class Page:
    """What came through an edge. `headers` by lower-case names."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def cache(self) -> str:
        """`hit`, `miss` or `pass`."""
        return self.headers.get("x-cache", "").partition(",")[0]


@dataclass(frozen=True, slots=True)
class Door:
    """One running edge: `port` of 127.0.0.1 is its visitors' door."""

    name: str
    port: int
    host: str

    def connect(self) -> http.client.HTTPConnection:
        """A connection that stays open."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """One page."""
        with closing(self.connect()) as connection:
            return fetch(connection, self.host, path, headers)


def fetch(
    connection: http.client.HTTPConnection,
    host: str,
    path: str,
    headers: Mapping[str, str] | None = None,
) -> Page:
    """One page over an open connection."""
    connection.request("GET", path, headers={"Host": host, **(headers or {})})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    return Page(answer.status, {n.lower(): v for n, v in answer.getheaders()}, text)


def behind_edges(stand: Stand, name: str) -> Webhead:
    """An installed site with one webhead that only edges may ask, its lab plugin mounted."""
    site = stand.site(name)
    pair = pki.site_pair(MASTER, name, 1)
    site.config |= {"edge_ca": pki.authority(MASTER, pki.EDGE_CA)}
    site.secret |= {"tls_certificate": pair.certificate, "tls_key": pair.key.value}
    code, log = stand.job(site)
    assert code == 0, log
    stand.live(site, title="Lab", plugins=[], theme="twentytwentyfive")
    lab = site.folder / "lab.php"
    lab.write_text(LAB)
    mount = f"--volume={lab}:/usr/share/wpaas/wordpress/wp-content/mu-plugins/zz-lab.php:ro"
    made = stand.webhead(site, f"--network-alias={name}.webhead.internal", mount)
    eventually("healthy", 60, lambda: healthy(made.name))
    return made


def healthy(container: str) -> bool:
    """What the engine says."""
    return docker("inspect", "--format={{.State.Health.Status}}", container) == "healthy"


@contextmanager
def edges(stand: Stand, site: Site, count: int) -> Iterator[list[Door]]:
    """So many edges that know the site, found by webheads as `edge`."""
    image = cluster_images.local_tag("edge")
    cluster_images.build(ROOT, "edge", image)
    made = [_edge(stand, site, image, number) for number in range(count)]
    try:
        yield made
    finally:
        for door in made:
            docker("rm", "--force", "--volumes", door.name)


def _edge(stand: Stand, site: Site, image: str, number: int) -> Door:
    token = secrets.token_urlsafe(32)
    files = {**edge_files(), "/run/secrets/edge-token": token}
    folder = site.folder / f"edge-{number}"
    folder.mkdir(exist_ok=True)
    mounts = []
    for path, text in files.items():
        (folder / Path(path).name).write_text(text)
        mounts.append(f"--volume={folder / Path(path).name}:{path}:ro")
    name = stand.start(
        f"{site.name}-edge-{number}", "--network-alias=edge", "--dns=127.0.0.1", "--read-only", "--cap-drop=ALL",
        "--security-opt=no-new-privileges", "--tmpfs=/run:mode=1777", "--publish=127.0.0.1::8080",
        "--publish=127.0.0.1::2020", *mounts, image,
    )  # fmt: skip
    port, control = (
        int(docker("port", name, f"{inner}/tcp").splitlines()[0].rpartition(":")[2])
        for inner in (8080, 2020)
    )

    def takes() -> bool:
        try:
            Edge(Secret(token)).push(f"127.0.0.1:{control}", {site.host: site.name})
        except StageFailed:
            return False
        return True

    eventually("the edge takes its table", 30, takes)
    door = Door(name, port, site.host)
    eventually("a page comes", 30, lambda: door.get("/").status == 200)
    return door
