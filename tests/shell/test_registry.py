"""Builder and registry against the real ones: a base is built and pushed, layers are appended, and
an engine pulls what came of it."""

import hashlib
import io
import json
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator

import pytest
import requests
from containers import Container, Start, docker

from reconciler.core.image import BASE_REPOSITORY, IMAGE_REPOSITORY
from reconciler.core.layers import File, Layer, layer, sha256, tar
from reconciler.errors import StageFailed
from reconciler.shell import builder
from reconciler.shell.registry import (
    DOCKER_MANIFEST,
    MAX_LAYERS,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Manifest,
    Registry,
    canonical,
    extended,
)

ENGINE = "unix:///var/run/docker.sock"
AT = "usr/share/wpaas/wordpress/wp-content/plugins"
BASE = {
    "Dockerfile": File(b"FROM scratch\nARG WORDPRESS_URL\nLABEL url=$WORDPRESS_URL\nCOPY a /a\n"),
    "a": File(b"the base"),
}


@pytest.fixture(scope="session")
def container(start: Start) -> Container:
    return start("registry", (5000,), ("unused", ""))


@pytest.fixture
def registry(container: Container) -> Iterator[Registry]:
    it = Registry(f"http://{container.address(5000)}")
    yield it
    it.close()


@pytest.fixture(scope="session")
def base(container: Container) -> Iterator[str]:
    """Digest of a base that was built from a tar on standard input and pushed."""
    name = f"{container.address(5000)}/{BASE_REPOSITORY}:first"
    builder.build(ENGINE, tar(BASE), name, {"WORDPRESS_URL": "http://a b"})
    builder.push(ENGINE, name)
    registry = Registry(f"http://{container.address(5000)}")
    digest = registry.digest(BASE_REPOSITORY, "first")
    registry.close()
    assert digest is not None
    yield digest
    docker("rmi", name)


def plugin(slug: str, text: bytes = b"<?php") -> Layer:
    return layer({f"{slug}.php": File(text), "inc/x.php": File(text)}, f"{AT}/{slug}")


def files_of(reference: str) -> dict[str, bytes]:
    """What an engine that pulled `reference` shows a container."""
    docker("pull", "--quiet", reference)
    name = docker("create", reference, "nothing")
    try:
        exported = subprocess.run(
            ["docker", "export", name], capture_output=True, check=True, timeout=60
        )
    finally:
        docker("rm", name)
        docker("rmi", reference)
    with tarfile.open(fileobj=io.BytesIO(exported.stdout)) as archive:
        return {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
            if member.isreg() and member.size
        }


def test_an_engine_runs_the_base_with_its_layers(
    registry: Registry, container: Container, base: str
) -> None:
    layers = (plugin("notice"), plugin("other", b"<?php // other"))
    digest = registry.append((BASE_REPOSITORY, base), layers, IMAGE_REPOSITORY, "t1")
    files = files_of(f"{container.address(5000)}/{IMAGE_REPOSITORY}@{digest}")
    assert files["a"] == b"the base"
    assert files[f"{AT}/notice/inc/x.php"] == b"<?php"
    assert files[f"{AT}/other/other.php"] == b"<?php // other"
    assert registry.digest(IMAGE_REPOSITORY, "t1") == digest


def test_the_same_inputs_give_the_same_digest_and_send_nothing(
    registry: Registry, base: str
) -> None:
    first = registry.append((BASE_REPOSITORY, base), (plugin("notice"),), IMAGE_REPOSITORY, "a")
    started = time.monotonic()
    second = registry.append((BASE_REPOSITORY, base), (plugin("notice"),), IMAGE_REPOSITORY, "b")
    assert first == second
    assert time.monotonic() - started < 3
    assert registry.append((BASE_REPOSITORY, base), (), IMAGE_REPOSITORY, "c") != first


def test_arguments_reach_the_build(registry: Registry, base: str, container: Container) -> None:
    manifest = registry.manifest(BASE_REPOSITORY, base)
    config = manifest.document["config"]["digest"]
    url = f"http://{container.address(5000)}/v2/{BASE_REPOSITORY}/blobs/{config}"
    assert requests.get(url, timeout=10).json()["config"]["Labels"] == {"url": "http://a b"}


def test_thirty_layers_are_pulled(registry: Registry, container: Container, base: str) -> None:
    layers = [plugin(f"p{number}", b"%d" % number) for number in range(30)]
    digest = registry.append((BASE_REPOSITORY, base), layers, IMAGE_REPOSITORY, "thirty")
    files = files_of(f"{container.address(5000)}/{IMAGE_REPOSITORY}@{digest}")
    assert len([name for name in files if name.startswith(AT)]) == 60


def test_what_is_not_there_has_no_digest(registry: Registry) -> None:
    assert registry.digest(IMAGE_REPOSITORY, "never") is None
    with pytest.raises(StageFailed, match="HTTP 404"):
        registry.manifest(IMAGE_REPOSITORY, "never")


def test_an_oci_image_behind_an_index_is_extended(
    registry: Registry, container: Container, base: str
) -> None:
    """As BuildKit with attestations pushes: the index is walked and the layers are OCI's."""
    found = registry.manifest(BASE_REPOSITORY, base).document
    oci = canonical(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": found["config"] | {"mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": [blob | {"mediaType": OCI_LAYER} for blob in found["layers"]],
        }
    )
    child = {"mediaType": OCI_MANIFEST, "digest": sha256(oci), "size": len(oci)}
    unknown = child | {"platform": {"os": "unknown", "architecture": "unknown"}}
    ours = child | {"platform": {"os": "linux", "architecture": "amd64"}}
    index = canonical({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [unknown, ours]})
    for reference, kind, document in (
        (sha256(oci), OCI_MANIFEST, oci),
        ("index", OCI_INDEX, index),
    ):
        url = f"http://{container.address(5000)}/v2/{BASE_REPOSITORY}/manifests/{reference}"
        requests.put(
            url, data=document, headers={"Content-Type": kind}, timeout=10
        ).raise_for_status()
    digest = registry.append(
        (BASE_REPOSITORY, "index"), (plugin("notice"),), IMAGE_REPOSITORY, "oci"
    )
    made = registry.manifest(IMAGE_REPOSITORY, digest)
    assert made.media_type == OCI_MANIFEST
    assert made.document["layers"][-1]["mediaType"] == OCI_LAYER
    assert files_of(f"{container.address(5000)}/{IMAGE_REPOSITORY}@{digest}")["a"] == b"the base"
    with pytest.raises(StageFailed, match="no image for linux/riscv64"):
        registry.manifest(BASE_REPOSITORY, "index", "riscv64")


def test_more_layers_than_an_engine_takes_are_refused() -> None:
    held = [{"digest": f"sha256:{number}"} for number in range(MAX_LAYERS)]
    full = Manifest("sha256:0", DOCKER_MANIFEST, {"config": {}, "layers": held})
    with pytest.raises(StageFailed, match=f"{MAX_LAYERS + 1} layers"):
        extended(full, {"rootfs": {"diff_ids": []}}, (plugin("one"),))


def test_a_registry_that_is_away_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    registry = Registry(f"http://127.0.0.1:{port}")
    with pytest.raises(StageFailed) as failed:
        registry.digest(IMAGE_REPOSITORY, "t")
    assert failed.value.stage == "image"
    assert failed.value.where == f"registry http://127.0.0.1:{port}"
    registry.close()


def test_a_failed_build_tells_the_end_of_its_log() -> None:
    steps = b"".join(b"RUN echo step\n" for _ in range(2))
    context = {
        "Dockerfile": File(
            b"FROM debian:trixie-slim\n" + steps + b"RUN echo canary-last && false\n"
        )
    }
    name = "wpaas/test-fails:" + hashlib.sha256(steps).hexdigest()[:8]
    with pytest.raises(StageFailed, match="canary-last") as failed:
        builder.build(ENGINE, tar(context), name, {})
    assert len(failed.value.what.splitlines()) <= builder.LOG_LINES + 1


def test_a_build_is_given_up_in_time() -> None:
    context = {"Dockerfile": File(b"FROM debian:trixie-slim\nRUN sleep 20\n")}
    started = time.monotonic()
    with pytest.raises(StageFailed, match="took over 2 s"):
        builder.build(ENGINE, tar(context), "wpaas/test-hangs:now", {}, timeout_s=2)
    assert time.monotonic() - started < 10


def test_a_push_that_cannot_be_is_told(base: str) -> None:
    assert base
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(StageFailed, match="the push of"):
        builder.push(ENGINE, f"127.0.0.1:{port}/{BASE_REPOSITORY}:none")


def test_the_manifest_is_of_one_spelling(registry: Registry, base: str) -> None:
    digest = registry.append((BASE_REPOSITORY, base), (plugin("z"),), IMAGE_REPOSITORY, "spelling")
    document = registry.manifest(IMAGE_REPOSITORY, digest).document
    assert sha256(canonical(json.loads(json.dumps(document)))) == digest
