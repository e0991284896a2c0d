"""One of thirty plugins is bumped: one layer to the registry and to each node, beside a plain build."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from benchmarks.arena import Arena, until_idle
from benchmarks.figure import Figure, Group, Target
from demo.stage import Stage
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.image import IMAGE_REPOSITORY
from reconciler.core.layers import File, tar, tree_digest
from reconciler.core.manifest import Allowlist, Package, SourcePath
from reconciler.core.model import ImageRef
from reconciler.core.outcome import Outcome
from reconciler.daemon import clock
from reconciler.shell import builder
from reconciler.shell.program import must
from reconciler.shell.schemas import load_schemas
from reconciler.sync.fleet import open_fleet
from reconciler.sync.image import NODE_REGISTRY, Images

PLUGINS, FILES, FILE_BYTES = 30, 20, 20_000
ENGINE = "unix:///var/run/docker.sock"
PEER = "bench/plain"
PULL_S, BUILD_S = 300.0, 900.0
# What people write: everything in one step, the plugins before it since their list is an input.
DOCKERFILE = """\
FROM debian:trixie-slim
COPY plugins/ /usr/src/plugins/
RUN apt-get update -qq \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
      nginx php8.4-cli php8.4-fpm php8.4-opcache php8.4-mysql php8.4-curl php8.4-gd php8.4-intl \\
      php8.4-mbstring php8.4-xml php8.4-zip \\
 && mkdir -p /var/www/html/wp-content/plugins && cp -a /usr/src/plugins/. /var/www/html/wp-content/plugins/ \\
 && rm -rf /var/lib/apt/lists/*
"""


def image_bump(arena: Arena, rounds: int) -> list[Figure]:
    """From the new files to the image on each node. Peer: a Dockerfile that installs everything in
    one step, built, pushed to and pulled from the same registry by the same nodes."""
    stage = arena.stage
    until_idle(stage)
    bench = _Bench(stage)
    bench.ours()  # thirty plugins that are there before the first bump
    ours, peer = [], []
    for _ in range(rounds):
        bench.bump()
        before = bench.layers()
        ours.append(_timed(bench.ours))
        assert len(bench.layers() - before) == 1, "one layer is new"  # noqa: S101 - a bad round
        peer.append(_timed(bench.plain))
    bench.close()
    target = Target(sign="<=", limit=1 / 20, of_peer=True)
    name = "one RUN installs everything"
    return [
        Figure(name="image-bump", unit="s", target=target, ours=ours, peer=peer, peer_name=name)
    ]


def image_unchanged(arena: Arena, rounds: int) -> list[Figure]:
    """The same inputs again, read anew from the files: how long until that is known; nothing is sent."""
    stage = arena.stage
    until_idle(stage)
    bench = _Bench(stage)
    bench.ours()
    seconds = []
    for _ in range(rounds):
        began = time.monotonic()
        told = bench.ensure()[1]
        seconds.append((time.monotonic() - began) * 1_000)
        assert told == [], "nothing was made"  # noqa: S101 - a bad round
    bench.close()
    target = Target(sign="<=", limit=50)
    return [
        Figure(name="image-unchanged", unit="ms", target=target, ours=seconds, peer=[], floor=True)
    ]


def _timed(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def image_size(arena: Arena, rounds: int) -> list[Figure]:
    """Compressed layers of the image without packages, as the registry holds them; a line for each."""
    del rounds  # a size does not vary
    stage = arena.stage
    until_idle(stage)
    bench = _Bench(stage)
    layers = bench.base_layers()
    bench.close()
    for layer in layers:
        print(f"    {layer['size'] / 1e6:7.2f} MB  {layer['digest'][:19]}", flush=True)
    total = sum(layer["size"] for layer in layers) / 1e6
    target = Target(sign="<=", limit=250)
    return [Figure(name="image-size", unit="MB", target=target, ours=[total], peer=[])]


class _Bench:
    """Thirty plugins in memory, on the base of the newest commit."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        fleet = open_fleet(stage.context, now=clock.now)
        head = fleet.source.head()
        fleet.source.fetch(head)
        self._blobs = dict(fleet.source.blobs(head))
        self._compiled = compile_fleet(self._blobs, load_schemas(), now=clock.now())
        self._images: Images = fleet.images
        self._packages: dict[str, Package] = {}
        self._image = ImageRef("", None)
        for number in range(PLUGINS):
            self._write(f"bench-{number:02}", "1")

    def close(self) -> None:
        self._images.registry.close()

    def bump(self) -> None:
        """Other bytes in one plugin."""
        number = int(self._packages["bench-07"].version) + 1
        self._write("bench-07", str(number))

    def ensure(self) -> tuple[ImageRef, list[Outcome]]:
        """The image of these thirty, and what was made for it."""
        allowlist = Allowlist(tuple(self._packages.values()))
        compiled: Compiled = replace(self._compiled, allowlist=allowlist, sites={})
        told: list[Outcome] = []
        inputs = self._images.inputs(self._blobs, compiled)
        self._image = self._images.ensure(self._blobs, compiled, inputs, told.append)
        return self._image, told

    def layers(self) -> frozenset[str]:
        """Digests of the last image's layers, as the registry lists them."""
        found = self._images.registry.manifest(IMAGE_REPOSITORY, str(self._image.digest))
        return frozenset(layer["digest"] for layer in found.document["layers"])

    def base_layers(self) -> list[dict[str, Any]]:
        """Descriptors of the layers of an image without packages."""
        self._packages = {}
        self.ensure()
        found = self._images.registry.manifest(IMAGE_REPOSITORY, str(self._image.digest))
        return list(found.document["layers"])

    def ours(self) -> None:
        """To the registry, and to each node."""
        self._pull(f"{NODE_REGISTRY}/{IMAGE_REPOSITORY}@{self.ensure()[0].digest}")

    def plain(self) -> None:
        """The same with a Dockerfile."""
        files = {
            path.removeprefix("image/"): File(blob.data)
            for path, blob in self._blobs.items()
            if path.startswith("image/plugins/bench-")
        }
        context = tar({"Dockerfile": File(DOCKERFILE.encode()), **files})
        version = self._packages["bench-07"].version
        name = f"{self._images.host}/{PEER}:{version}-{os.getpid()}"
        builder.build(ENGINE, context, name, {}, timeout_s=BUILD_S)
        must(["docker", "-H", ENGINE, "push", "--quiet", name], stage="image", timeout_s=PULL_S)
        self._pull(name.replace(self._images.host, NODE_REGISTRY))
        must(["docker", "-H", ENGINE, "rmi", name], stage="image", timeout_s=PULL_S)

    def _pull(self, name: str) -> None:
        engines = list(self._stage.engines.values())
        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(lambda engine: _pulled(engine, name), engines))

    def _write(self, slug: str, version: str) -> None:
        folder = f"image/plugins/{slug}"
        files = {f"part-{n}.php": os.urandom(FILE_BYTES // 2).hex().encode() for n in range(FILES)}
        files[f"{slug}.php"] = f"<?php\n/* Plugin Name: {slug}\nVersion: {version} */\n".encode()
        for name, data in files.items():
            path = f"{folder}/{name}"
            self._blobs[path] = Blob(path=path, mode="100644", data=data)
        self._packages[slug] = Package(
            slug=slug, kind="plugin", version=version, source=SourcePath(folder), state="approved",
            tree_sha256=tree_digest({name: File(data) for name, data in files.items()}),
            license="GPL-2.0-or-later",
        )  # fmt: skip


def _pulled(engine: str, name: str) -> None:
    must(["docker", "-H", engine, "pull", "--quiet", name], stage="image", timeout_s=PULL_S)


GROUPS = (
    Group(names=("image-bump",), measure=image_bump),
    Group(names=("image-unchanged",), measure=image_unchanged),
    Group(names=("image-size",), measure=image_size),
)
