"""Two engines with nothing cached, their clocks a day apart, give the base the same digest.

The first is the machine's own. The second is a node of the local cluster, with another version of the
engine and another builder; each process that it starts in a build sees tomorrow, by libfaketime that
its runtime puts into the container. Times of the engine itself need no faking: they are real ones of
two moments, and end in what the engine says of the image, which is not what we store.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from containers import docker, until

from reconciler.core import image
from reconciler.core.base_image import config_of, manifest_of
from reconciler.core.layers import File, sha256, tar
from reconciler.core.local_cluster import capabilities
from reconciler.shell import builder, rootfs
from reconciler.shell.cluster_nodes import machine
from reconciler.shell.worktree import read_worktree

ROOT = Path(__file__).parents[2]
OURS = "unix:///var/run/docker.sock"
BASE = "debian:trixie-slim"
NAME = "wpaas/test-twin:base"
BUILD_S = 900.0

# The runtime of the second engine: runc, with a library and three variables more in each container.
RUNTIME = r"""#!/bin/sh
set -eu
bundle=
before=
for word in "$@"; do
    [ "$before" = --bundle ] && bundle=$word
    before=$word
done
if [ -n "$bundle" ] && [ -f "$bundle/config.json" ]; then
    jq '.process.env += ["LD_PRELOAD=/faketime/libfaketime.so.1", "FAKETIME=+1d", "NO_FAKE_STAT=1"]
        | .mounts += [{"destination": "/faketime", "type": "bind", "source": "/opt/faketime",
                       "options": ["rbind", "ro"]}]' "$bundle/config.json" > "$bundle/config.tmp"
    mv "$bundle/config.tmp" "$bundle/config.json"
fi
exec /usr/sbin/runc "$@"
"""
PREPARE = """
set -e
apt-get update -qq
apt-get install -y -qq --no-install-recommends faketime jq >/dev/null
mkdir -p /opt/faketime /etc/docker
cp /usr/lib/*/faketime/libfaketime.so.1 /opt/faketime/
cat > /usr/local/sbin/tomorrow
chmod 755 /usr/local/sbin/tomorrow
echo '{"runtimes": {"tomorrow": {"path": "/usr/local/sbin/tomorrow"}}, "default-runtime": "tomorrow"}' \
    > /etc/docker/daemon.json
"""


@pytest.fixture
def tomorrow(platform_image: Callable[[str], str]) -> Iterator[str]:
    """Address of an empty engine in whose builds it is tomorrow."""
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
                input=RUNTIME, text=True, check=True, timeout=180, capture_output=True,
            )  # fmt: skip
            docker("exec", "--detach", name, "/usr/local/sbin/node-init")
            address = f"unix://{folder}/docker.sock"
            until(
                "the second engine answers",
                lambda: _up(address),
            )
            _copy_base(address)
            yield address
        finally:
            docker("rm", "--force", "--volumes", name)


def _up(address: str) -> bool:
    argv = ["docker", "-H", address, "version", "--format={{.Server.Version}}"]
    return subprocess.run(argv, capture_output=True, timeout=20).returncode == 0


def _copy_base(address: str) -> None:
    with subprocess.Popen(["docker", "save", BASE], stdout=subprocess.PIPE) as saving:
        argv = ["docker", "-H", address, "load", "--quiet"]
        subprocess.run(argv, stdin=saving.stdout, check=True, timeout=120, capture_output=True)


def base_digest(engine: str, context: dict[str, File], folder: Path) -> tuple[str, rootfs.Packed]:
    """Build the base without any cache and return the digest that it would have in a registry."""
    folder.mkdir()
    builder.build(engine, tar(context), NAME, {"BASE": BASE}, timeout_s=BUILD_S)
    builder.export(engine, NAME, folder / "files.tar")
    packed = rootfs.pack(folder / "files.tar", folder)
    config = config_of(builder.inspect(engine, NAME), packed.layers, {}, "2026-11-24")
    subprocess.run(
        ["docker", "-H", engine, "rmi", NAME], check=True, capture_output=True, timeout=60
    )
    return sha256(manifest_of(config, packed.layers)), packed


def test_two_engines_a_day_apart_give_one_digest(tomorrow: str, tmp_path: Path) -> None:
    blobs = read_worktree(ROOT)
    context = image.base_context(blobs)
    # Another first line is another step for the cache, and nothing else.
    context["build/packages.sh"] = File(
        context["build/packages.sh"].data + b"\n# without a cache: %d\n" % os.getpid()
    )
    ours, packed = base_digest(OURS, context, tmp_path / "ours")
    theirs, other = base_digest(tomorrow, context, tmp_path / "theirs")
    assert _clock(tomorrow) - _clock(OURS) > 80_000, "the second engine's builds are not a day on"
    for one, two in zip(packed.layers, other.layers, strict=True):
        assert one == two, differences(packed.files[one.digest], other.files[two.digest])
    assert ours == theirs


def _clock(engine: str) -> int:
    """Seconds, as a program in a container of the engine sees them."""
    return int(builder.output(engine, BASE, ("date", "+%s")))


def differences(one: Path, other: Path) -> str:
    """Names of the entries that are not the same, for whoever has to find out why."""
    listed = []
    for path in (one, other):
        argv = ["tar", "--list", "--verbose", "--full-time", "--numeric-owner", "--file", str(path)]
        text = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120).stdout
        listed.append(set(text.splitlines()))
    return json.dumps(sorted(listed[0] ^ listed[1])[:40], indent=1)
