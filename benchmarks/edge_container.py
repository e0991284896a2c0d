"""One edge in a container, confined as in the Swarm, with a table of its own."""

import ipaddress
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.pair import address_of, docker
from benchmarks.stand_in import edge_files
from demo.stage import ROOT, wait_until
from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell import cluster_images
from reconciler.shell.edge import Edge

PORT = 8080
IMAGE = cluster_images.local_tag("edge")
CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/run:mode=1777", "--tmpfs=/tmp:mode=1777")  # fmt: skip


class EdgeContainer:
    """An edge on a network that exists; its way to names outside leads nowhere.

    `address` is that of its visitors' door, port 8080. The container carries `label`, by which the
    network's owner removes it; `close` removes its files.
    """

    def __init__(self, network: str, label: str) -> None:
        self.address = ""
        self._network, self._label = network, label
        self._files = Path(tempfile.mkdtemp(prefix="wpaas-bench-"))
        self._files.chmod(0o755)

    def open(self, table: Mapping[str, str], *options: str) -> None:
        """Start it and give it its table (host → site). `options` are docker's."""
        cluster_images.build(ROOT, "edge", IMAGE)
        subnet = docker(
            "network", "inspect", "--format={{(index .IPAM.Config 0).Subnet}}", self._network
        )
        nobody = ipaddress.ip_network(subnet)[-2]
        token = secrets.token_urlsafe(32)
        files = {"/run/secrets/edge-token": token, **edge_files()}
        container = docker(
            "run", "--detach", self._label, f"--network={self._network}", f"--dns={nobody}", *options,
            *CONFINED, *self._mounted(files), IMAGE,
        )  # fmt: skip
        self.address = address_of(container)
        wait_until("the edge takes its table", lambda: self._takes(token, table), 60)

    def close(self) -> None:
        """Remove its files."""
        shutil.rmtree(self._files)

    def _mounted(self, files: Mapping[str, str]) -> list[str]:
        for path, text in files.items():
            (self._files / Path(path).name).write_text(text)
        return [f"--volume={self._files / Path(path).name}:{path}:ro" for path in files]

    def _takes(self, token: str, table: Mapping[str, str]) -> bool:
        try:
            Edge(Secret(token)).push(self.address, dict(table))
        except StageFailed:
            return False
        return True
