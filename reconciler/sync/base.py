"""The base image: built, taken apart, and written to the registry so that its digest is its files'."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.core import base_lock, image
from reconciler.core.base_image import SCHEMA, VERSION, config_of, manifest_of
from reconciler.core.blob import Blob
from reconciler.core.debian import Installed, installed
from reconciler.core.layers import tar
from reconciler.core.manifest import WordPressRelease
from reconciler.errors import StageFailed
from reconciler.shell import builder, rootfs
from reconciler.shell.registry import Registry, Stored

FROM = "debian:trixie-slim"
STATUS = "var/lib/dpkg/status"
SOURCE = "usr/share/wpaas/wordpress-source.json"
NOT_AS_LOCKED = "usr/share/wpaas/packages-not-as-locked"
DOC = "usr/share/doc/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base in the registry, still without a tag, and what was found in it.

    `origin`: the image that the build began from, by digest where the lock names one and it was there.
    `not_as_locked`: a line for each entry of the lock that could not be had.
    """

    stored: Stored
    origin: str
    packages: tuple[Installed, ...]
    wordpress: Mapping[str, str]
    not_as_locked: tuple[str, ...]
    day: str


def build_base(
    registry: Registry,
    engine: str,
    blobs: Mapping[str, Blob],
    release: WordPressRelease | None,
    tag: str,
) -> Base:
    """Build the base of a commit and store it, without a tag yet. Raises StageFailed.

    What is stored depends on the packages and on image/ alone: neither on the day, nor on the
    engine, nor on what it had cached.
    """
    context, name, lock = tar(image.base_context(blobs)), f"wpaas-base:{tag}", base_lock.of(blobs)
    # A registry that is away, or has forgotten the digest, must not stop a fleet either.
    origin = lock.base if lock.base and builder.has(engine, lock.base) else FROM
    arguments = {**image.build_arguments(release), "BASE": origin}
    builder.build(engine, context, name, arguments)
    with tempfile.TemporaryDirectory(prefix="wpaas-base-") as work:
        return _store(registry, engine, name, Path(work), lock, origin)


def _store(
    registry: Registry, engine: str, name: str, work: Path, lock: base_lock.Lock, origin: str
) -> Base:
    exported = work / "files.tar"
    builder.export(engine, name, exported)
    packed = rootfs.pack(exported, work)
    found = rootfs.read(exported, frozenset({STATUS, SOURCE, NOT_AS_LOCKED}), DOC, "copyright")
    wordpress = _source(found.get(SOURCE, b""))
    labels = {VERSION: wordpress["version"], SCHEMA: wordpress["schema"]}
    config = config_of(builder.inspect(engine, name), packed.layers, labels, lock.day)
    manifest = manifest_of(config, packed.layers)
    stored = registry.put_image(image.BASE_REPOSITORY, config, manifest, packed.files)
    return Base(
        stored=stored,
        origin=origin,
        packages=installed(
            _text(found.get(STATUS, b"")),
            {
                path.removeprefix(DOC).partition("/")[0]: _text(data)
                for path, data in found.items()
                if path.startswith(DOC)
            },
        ),
        wordpress=wordpress,
        not_as_locked=(
            *(
                [f"{FROM} locked {lock.base} was not there"]
                if lock.base not in {"", origin}
                else []
            ),
            *_text(found.get(NOT_AS_LOCKED, b"")).splitlines(),
        ),
        day=lock.day,
    )


def _source(data: bytes) -> dict[str, str]:
    try:
        said = json.loads(data)
        known = {key: str(said[key]) for key in ("source", "version", "url", "sha256")}
        return {**known, "schema": str(said.get("schema", ""))}
    except (ValueError, KeyError, TypeError) as e:
        raise StageFailed(
            "image", "the base does not say which WordPress it holds", where=SOURCE
        ) from e


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def locked(engine: str, blobs: Mapping[str, Blob], day: str) -> base_lock.Lock:
    """Build what the mirrors have now, and return what came as a lock of `day`. Raises StageFailed."""
    empty = Blob(path=base_lock.FILE, mode="100644", data=b"# no version is locked\n")
    context = tar(image.base_context({**blobs, base_lock.FILE: empty}))
    stages: dict[str, dict[str, str]] = {}
    for stage in base_lock.STAGES:
        name = f"wpaas-lock:{stage}"
        builder.build(engine, context, name, {"BASE": FROM}, target=stage)
        listed = builder.output(engine, name, ("cat", f"/build/{stage}.list"))
        stages[stage] = base_lock.entries(listed.splitlines())
    return base_lock.Lock(day, stages, builder.pinned(engine, FROM))
