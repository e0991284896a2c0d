"""Two engines with nothing cached, their clocks a day apart, give the image the same digest.

The first is the machine's own, with the builder that it has. The second is a node of the local
cluster: another version of the engine, and BuildKit. Each process that a build starts there sees
tomorrow, by libfaketime, which the node's runc puts into every container. Times of the engine itself
need no faking: they are real ones of two moments, and end in what the engine says of the image, which
is not what we store.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from containers import Start, docker, until

from reconciler.core import sbom
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled
from reconciler.core.image import BASE_REPOSITORY, IMAGE_REPOSITORY, folder_files
from reconciler.core.layers import tree_digest
from reconciler.core.local_cluster import capabilities
from reconciler.core.manifest import Allowlist, Package, SourcePath
from reconciler.shell import builder, rootfs
from reconciler.shell.cluster_nodes import machine
from reconciler.shell.registry import Registry
from reconciler.shell.registry_artefacts import attached
from reconciler.shell.sources import Archives
from reconciler.shell.worktree import read_worktree
from reconciler.sync.image import Images

ROOT = Path(__file__).parents[2]
OURS = "unix:///var/run/docker.sock"
BASE = "debian:trixie-slim"
PLUGIN = "image/plugins/site-notice"
STEP = "image/build/packages.sh"
LOG = "var/log/dpkg.log"

# First in the node's PATH: whoever starts a container, the engine or BuildKit, starts it by this. The
# library goes where every container has a tmpfs, so that nothing of it is left in an image.
RUNC = r"""#!/bin/sh
set -eu
bundle=
before=
for word in "$@"; do
    [ "$before" = --bundle ] && bundle=$word
    before=$word
done
if [ -n "$bundle" ] && [ -f "$bundle/config.json" ]; then
    jq '.process.env += ["LD_PRELOAD=/dev/faketime/libfaketime.so.1", "FAKETIME=+1d", "NO_FAKE_STAT=1",
                         "DONT_FAKE_MONOTONIC=1"]
        | .mounts += [{"destination": "/dev/faketime", "type": "bind", "source": "/opt/faketime",
                       "options": ["rbind", "ro"]}]' "$bundle/config.json" > "$bundle/config.tmp"
    mv "$bundle/config.tmp" "$bundle/config.json"
fi
exec /usr/sbin/runc "$@"
"""
PREPARE = """
set -e
apt-get update -qq
apt-get install -y -qq --no-install-recommends docker-buildx faketime jq >/dev/null
mkdir -p /opt/faketime /engine/client/cli-plugins
cp /usr/lib/*/faketime/libfaketime.so.1 /opt/faketime/
cp /usr/lib*/docker/cli-plugins/docker-buildx /engine/client/cli-plugins/
cat > /usr/local/sbin/runc
chmod 755 /usr/local/sbin/runc
"""


@dataclass(frozen=True)
class Other:
    """An engine: its address, and the folder of settings for a client that has BuildKit."""

    address: str
    client: Path


@pytest.fixture
def tomorrow(platform_image: Callable[[str], str]) -> Iterator[Other]:
    """An empty engine in whose builds it is tomorrow."""
    name, here = f"wpaas-test-twin-{os.getpid()}", machine()
    group = f"/docker-{name}" if here.cgroup_version == 1 else "/nodes"
    cgroups = (
        ["--cgroupns=host", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw"]
        if here.cgroup_version == 1
        else ["--cgroupns=private"]
    )
    with tempfile.TemporaryDirectory(prefix="wpaas-twin-") as folder:
        docker(
            "run", "--detach", "--init", f"--name={name}", "--tmpfs=/run", *cgroups,
            *(f"--cap-add={one}" for one in capabilities(here.bounding_set)),
            *(f"--security-opt={key}=unconfined" for key in ("seccomp", "apparmor", "systempaths")),
            "--device-cgroup-rule=a *:* rwm", f"--env=WPAAS_CGROUP={group}",
            f"--volume={folder}:/engine", "--entrypoint=sleep", platform_image("node"), "infinity",
        )  # fmt: skip
        try:
            subprocess.run(
                ["docker", "exec", "--interactive", name, "sh", "-c", PREPARE],
                input=RUNC, text=True, check=True, timeout=180, capture_output=True,
            )  # fmt: skip
            docker("exec", "--detach", name, "/usr/local/sbin/node-init")
            address = f"unix://{folder}/docker.sock"
            until("the second engine answers", lambda: _up(address))
            _copy_base(address)
            yield Other(address, Path(folder) / "client")
        finally:
            docker("rm", "--force", "--volumes", name)


def _up(address: str) -> bool:
    argv = ["docker", "-H", address, "version", "--format={{.Server.Version}}"]
    return subprocess.run(argv, capture_output=True, timeout=20).returncode == 0


def _copy_base(address: str) -> None:
    with subprocess.Popen(["docker", "save", BASE], stdout=subprocess.PIPE) as saving:
        argv = ["docker", "-H", address, "load", "--quiet"]
        subprocess.run(argv, stdin=saving.stdout, check=True, timeout=120, capture_output=True)


@dataclass(frozen=True)
class Image:
    """What came of a fleet's files: the image's digest, its base's, its SBOM, and the build's clock."""

    digest: str
    base: str
    bill: bytes
    at: datetime


def made(registry: Registry, engine: str, blobs: dict[str, Blob], folder: Path) -> Image:
    """Make the image by the product's own stage, in an empty registry."""
    images = Images(registry, "", "", engine, Archives(folder))
    allowlist = Allowlist((_package(blobs),))
    compiled = Compiled(platform=None, allowlist=allowlist, sites={}, held=frozenset(),
                        problems=(), shared_broken=False)  # fmt: skip
    inputs = images.inputs(blobs, compiled)
    name = f"wpaas-base:{inputs.base}"
    try:
        digest = images.ensure(blobs, compiled, inputs, lambda _outcome: None).digest
        builder.export(engine, name, folder / "files.tar")
    finally:
        argv = ["docker", "-H", engine, "image", "rm", name]
        subprocess.run(argv, capture_output=True, timeout=60)
    assert digest is not None
    bill = attached(registry, IMAGE_REPOSITORY, digest, sbom.MEDIA_TYPE)
    last = rootfs.read(folder / "files.tar", frozenset({LOG}))[LOG].decode().splitlines()[-1]
    return Image(
        digest=digest,
        base=images.base_digest(inputs),
        bill=bill or b"",
        at=datetime.fromisoformat(last[: len("2026-11-24 08:00:00")]),
    )


def _package(blobs: dict[str, Blob]) -> Package:
    return Package(
        slug="site-notice", kind="plugin", version="1.0.0", source=SourcePath(PLUGIN),
        tree_sha256=tree_digest(folder_files(blobs, PLUGIN)), license="GPL-2.0-or-later",
        state="approved",
    )  # fmt: skip


def test_two_engines_a_day_apart_give_one_digest(
    start: Start, tomorrow: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = dict(read_worktree(ROOT))
    # Another line is another step for the caches, and nothing else.
    data = blobs[STEP].data + b"\n# without a cache: %d\n" % os.getpid()
    blobs[STEP] = Blob(path=STEP, mode=blobs[STEP].mode, data=data)
    found = []
    registries = [Registry(f"http://{_address(start)}") for _ in range(2)]
    for number, (registry, engine) in enumerate(
        zip(registries, (OURS, tomorrow.address), strict=True)
    ):
        if number:
            monkeypatch.setenv("DOCKER_CONFIG", str(tomorrow.client))
            blobs = dict(reversed(blobs.items()))
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(made(registry, engine, blobs, folder))
    ours, theirs = found
    assert theirs.at - ours.at > timedelta(hours=23), "it was not tomorrow in the second's build"
    if ours.base != theirs.base:
        pytest.fail(differences(registries, ours.base, theirs.base, tmp_path))
    for registry in registries:
        registry.close()
    assert ours.digest == theirs.digest
    assert ours.bill == theirs.bill


def _address(start: Start) -> str:
    return start("registry", (5000,), ("unused", "")).address(5000)


def differences(registries: list[Registry], one: str, other: str, folder: Path) -> str:
    """Names of the entries that are not the same, for whoever has to find out why."""
    listed: list[set[str]] = [set(), set()]
    configs = []
    for registry, digest, into in zip(registries, (one, other), listed, strict=True):
        document = registry.manifest(BASE_REPOSITORY, digest).document
        configs.append(json.loads(registry.blob(BASE_REPOSITORY, document["config"]["digest"])))
        for layer in document["layers"]:
            file = folder / "layer"
            file.write_bytes(registry.blob(BASE_REPOSITORY, layer["digest"]))
            argv = ["tar", "-tv", "--full-time", "--numeric-owner", "--file", str(file)]
            text = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
            into.update(text.stdout.splitlines())
    settings = [config["config"] for config in configs]
    return json.dumps([sorted(listed[0] ^ listed[1])[:40], settings], indent=1)
