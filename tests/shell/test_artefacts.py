"""What stands beside an image, on a real registry: documents, signatures, and that all of it goes."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from containers import Container, Start
from small_base import put_small_base

from reconciler.core import provenance, retention, sbom
from reconciler.core.base_image import canonical
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled
from reconciler.core.image import BASE_REPOSITORY, IMAGE_REPOSITORY, base_context, base_tag
from reconciler.core.manifest import Allowlist, Package, Site, SourcePath
from reconciler.core.model import ImageRef, ObservedCluster, Service
from reconciler.core.outcome import Outcome
from reconciler.errors import StageFailed
from reconciler.shell.registry import Registry, Stored
from reconciler.shell.registry_artefacts import attach, attached, beside, signatures
from reconciler.shell.signing import Keys, read_keys
from reconciler.shell.sources import Archives
from reconciler.sync.image import Images
from reconciler.sync.publish import publish
from reconciler.sync.retention import note, tidy
from reconciler.sync.trust import Trust

WORDPRESS = {
    "source": "debian",
    "version": "6.8",
    "url": "debian:wordpress=6.8",
    "sha256": "c" * 64,
}
NOTICE = Package(slug="notice", kind="plugin", version="1.2", source=SourcePath("image/plugins/notice"),
                 tree_sha256="0" * 64, license="GPL-2.0-or-later", state="approved")  # fmt: skip
BLOBS = {
    path: Blob(path=path, mode="100644", data=data)
    for path, data in {
        "image/Dockerfile": b"FROM scratch\n",
        "image/plugins/notice/notice.php": b"<?php // 1",
    }.items()
}


@pytest.fixture(scope="session")
def container(start: Start) -> Container:
    return start("registry", (5000,), ("unused", ""))


@pytest.fixture
def registry(container: Container) -> Iterator[Registry]:
    it = Registry(f"http://{container.address(5000)}")
    yield it
    it.close()


def key(folder: Path) -> Keys:
    path = folder / "signing.pem"
    path.touch(mode=0o600)
    argv = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    path.write_bytes(subprocess.run(argv, capture_output=True, check=True).stdout)
    keys = read_keys(path, None)
    assert keys is not None
    return keys


def put_base(
    registry: Registry, folder: Path, tag: str, content: bytes, keys: Keys | None = None
) -> str:
    """A base of one small layer, stored as the build stage does."""
    stored = put_small_base(registry, folder, content)
    publish(
        Trust(registry, keys), BASE_REPOSITORY, stored, sbom.base_components((), WORDPRESS), {}, []
    )
    return registry.put(BASE_REPOSITORY, tag, stored.media_type, stored.content)


def images(registry: Registry, folder: Path, keys: Keys | None = None) -> Images:
    return Images(registry, "", "", "unix:///nowhere", Archives(folder / "archives"), keys)


def compiled() -> Compiled:
    site = Site(name="chess-club", title="Chess", owners=(), plugins=("notice",))
    return Compiled(platform=None, allowlist=Allowlist((NOTICE,)), sites={"chess-club": site},
                    held=frozenset(), problems=(), shared_broken=False)  # fmt: skip


def ensure(made_by: Images, text: bytes) -> tuple[ImageRef, list[str]]:
    """The image of a commit whose plugin says `text`, and what was told."""
    path = "image/plugins/notice/notice.php"
    blobs = {**BLOBS, path: Blob(path=path, mode="100644", data=text)}
    told: list[Outcome] = []
    image = made_by.ensure(blobs, compiled(), made_by.inputs(blobs, compiled()), told.append)
    return image, [out.operation.cause for out in told]


@pytest.fixture
def base(registry: Registry, tmp_path: Path) -> str:
    return put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"base")


def test_a_document_is_found_beside_its_image_and_nowhere_else(
    registry: Registry, base: str
) -> None:
    found = registry.manifest(BASE_REPOSITORY, base)
    image = Stored(found.media_type, canonical(found.document))
    attach(registry, BASE_REPOSITORY, image, "text/one", b"1")
    attach(registry, BASE_REPOSITORY, image, "text/two", b"2")
    attach(registry, BASE_REPOSITORY, image, "text/two", b"2")
    assert attached(registry, BASE_REPOSITORY, base, "text/one") == b"1"
    assert attached(registry, BASE_REPOSITORY, base, "text/two") == b"2"
    assert attached(registry, BASE_REPOSITORY, base, "text/three") is None
    assert attached(registry, BASE_REPOSITORY, "sha256:" + "0" * 64, "text/one") is None


def test_the_list_is_an_index_under_the_tag_that_the_specification_names(
    registry: Registry, container: Container, base: str
) -> None:
    address = f"http://{container.address(5000)}/v2/{BASE_REPOSITORY}"
    kind = "application/vnd.oci.image.index.v1+json"
    tag = base.replace(":", "-")
    index = requests.get(f"{address}/manifests/{tag}", headers={"Accept": kind}, timeout=10).json()
    assert index["mediaType"] == kind
    kinds = {entry["artifactType"] for entry in index["manifests"]}
    assert {sbom.MEDIA_TYPE, provenance.MEDIA_TYPE} <= kinds
    entry = index["manifests"][0]
    artefact = registry.document(BASE_REPOSITORY, entry["digest"])
    assert artefact["subject"]["digest"] == base
    assert artefact["artifactType"] == entry["artifactType"]


@pytest.mark.usefixtures("base")
def test_an_image_has_its_sbom_and_provenance(registry: Registry, tmp_path: Path) -> None:
    image, causes = ensure(images(registry, tmp_path), b"<?php // sbom")
    assert causes == ["its inputs are new"]
    digest = str(image.digest)
    bill = json.loads(attached(registry, IMAGE_REPOSITORY, digest, sbom.MEDIA_TYPE) or b"")
    assert [c["name"] for c in bill["components"]] == ["notice", "wordpress"]
    statement = json.loads(
        attached(registry, IMAGE_REPOSITORY, digest, provenance.MEDIA_TYPE) or b""
    )
    assert statement["subject"][0]["digest"]["sha256"] == digest.removeprefix("sha256:")
    uris = [m["uri"] for m in statement["predicate"]["buildDefinition"]["resolvedDependencies"]]
    assert [uri.partition("@")[0] for uri in uris] == ["pkg:generic/notice", "pkg:oci/base"]
    assert ensure(images(registry, tmp_path), b"<?php // sbom") == (image, [])


def test_a_signed_image_is_accepted_and_not_made_again(registry: Registry, tmp_path: Path) -> None:
    keys = key(tmp_path)
    put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"signed base", keys)
    image, _ = ensure(images(registry, tmp_path, keys), b"<?php // signed")
    ((payload, signed),) = signatures(registry, IMAGE_REPOSITORY, str(image.digest))
    assert keys.verifies(payload, signed)
    checking = Keys(keys.public)
    assert ensure(images(registry, tmp_path, checking), b"<?php // signed") == (image, [])


def test_an_image_without_our_signature_is_refused(registry: Registry, tmp_path: Path) -> None:
    keys = key(tmp_path)
    put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"a base", keys)
    swapped, _ = ensure(images(registry, tmp_path), b"<?php // not ours")
    with pytest.raises(StageFailed, match="has no signature by the key") as refused:
        ensure(images(registry, tmp_path, Keys(keys.public)), b"<?php // not ours")
    assert refused.value.stage == "image"
    assert str(swapped.digest) in str(refused.value)


def test_a_signature_that_was_moved_from_another_image_is_refused(
    registry: Registry, tmp_path: Path
) -> None:
    keys = key(tmp_path)
    put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"moved", keys)
    good, _ = ensure(images(registry, tmp_path, keys), b"<?php // good")
    bad, _ = ensure(images(registry, tmp_path), b"<?php // bad")
    of_good = str(good.digest).replace(":", "-") + ".sig"
    document = registry.manifest(IMAGE_REPOSITORY, of_good)
    of_bad = str(bad.digest).replace(":", "-") + ".sig"
    registry.put(IMAGE_REPOSITORY, of_bad, document.media_type, canonical(document.document))
    assert not Trust(registry, keys).accepts(IMAGE_REPOSITORY, str(bad.digest))
    assert Trust(registry, keys).accepts(IMAGE_REPOSITORY, str(good.digest))


def test_whoever_signs_makes_an_image_that_was_put_in_its_place_anew(
    registry: Registry, tmp_path: Path
) -> None:
    keys = key(tmp_path)
    put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"in its place", keys)
    ours = images(registry, tmp_path, keys)
    good, _ = ensure(ours, b"<?php // true")
    bad, _ = ensure(images(registry, tmp_path), b"<?php // false")
    found = registry.manifest(IMAGE_REPOSITORY, str(bad.digest))
    registry.put(IMAGE_REPOSITORY, good.tag, found.media_type, canonical(found.document))
    again, causes = ensure(ours, b"<?php // true")
    assert again == good
    assert causes == ["the one in the registry has no valid signature"]
    assert registry.digest(IMAGE_REPOSITORY, good.tag) == good.digest


def cluster(*digests: str) -> ObservedCluster:
    """Services that run these images."""
    services = {
        f"s{number}": Service(id="", version=1, spec={
            "TaskTemplate": {"ContainerSpec": {"Image": f"127.0.0.1:5000/{IMAGE_REPOSITORY}@{digest}"}}
        })
        for number, digest in enumerate(digests)
    }  # fmt: skip
    return ObservedCluster(
        services=services, tasks=(), nodes=(), networks={}, configs={}, secrets={}
    )


def test_images_that_nobody_needs_leave_with_all_that_is_beside_them(
    registry: Registry, tmp_path: Path
) -> None:
    keys = key(tmp_path)
    base = put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"tidy", keys)
    ours = images(registry, tmp_path, keys)
    told: list[Outcome] = []
    made = []
    for number in range(5):
        image, _ = ensure(ours, b"<?php // tidy %d" % number)
        note(tmp_path, image, base)
        made.append(image)
        # The first is still the one of a site that is held.
        running = cluster(str(made[0].digest), str(image.digest))
        tidy(tmp_path, registry, image, lambda seen=running: seen, told.append)  # type: ignore[misc]
    assert [str(out.operation) for out in told] == [
        f"platform: delete image {IMAGE_REPOSITORY}@{made[1].digest},"
        f" no site runs it, and {retention.KEEP_HEALTHY} newer ones were healthy"
    ]
    assert [out.error for out in told] == [""]
    there = [registry.digest(IMAGE_REPOSITORY, image.tag) is not None for image in made]
    assert there == [True, False, True, True, True]
    assert beside(registry, IMAGE_REPOSITORY, str(made[1].digest)) == ()
    assert len(beside(registry, IMAGE_REPOSITORY, str(made[0].digest))) == 6
    assert registry.digest(BASE_REPOSITORY, base) == base
    tidy(tmp_path, registry, made[-1], lambda: pytest.fail("known already"), told.append)


def test_what_was_deleted_is_made_again_where_it_is_needed_again(
    registry: Registry, tmp_path: Path
) -> None:
    put_base(registry, tmp_path, base_tag(base_context(BLOBS), None), b"again")
    image, _ = ensure(images(registry, tmp_path), b"<?php // again")
    registry.delete(IMAGE_REPOSITORY, str(image.digest))
    registry.delete(IMAGE_REPOSITORY, str(image.digest))
    again, causes = ensure(images(registry, tmp_path), b"<?php // again")
    assert (again, causes) == (image, ["its inputs are new"])
