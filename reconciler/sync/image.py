"""The image stage: the base by a build where its inputs are new, then a layer for each package."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from reconciler.core import image, provenance, sbom
from reconciler.core.base_image import SCHEMA, VERSION
from reconciler.core.base_lock import REFRESH
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled
from reconciler.core.layers import File, Layer, layer_of, tree_digest
from reconciler.core.manifest import Allowlist, Package, SourceArchive, SourcePath, SourceRelease
from reconciler.core.model import ImageRef
from reconciler.core.outcome import Outcome
from reconciler.core.packages import packages_in_use
from reconciler.core.plan import Operation
from reconciler.shell.registry import Registry, Stored
from reconciler.shell.registry_artefacts import labels
from reconciler.shell.signing import Keys
from reconciler.shell.sources import Archives
from reconciler.sync.base import build_base
from reconciler.sync.publish import components_of, layers_materials, publish
from reconciler.sync.trust import UNSIGNED, Trust

Tell = Callable[[Outcome], None]
NODE_REGISTRY = "127.0.0.1:5000"
"""The bundled registry, as each node's engine reaches it through its edge."""

NEW = "its inputs are new"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What decides an image's digest: the tag of its base, and the layers on it."""

    base: str
    layers: tuple[Layer, ...]
    packages: tuple[Package, ...] = ()

    @property
    def name(self) -> str:
        """Differs where an image of these inputs would."""
        return " ".join((self.base, *(one.digest for one in self.layers)))


@dataclass(frozen=True, slots=True)
class Built:
    """An image that is in the registry: the commit it was last made for, and its inputs' name."""

    revision: str
    inputs: str
    image: ImageRef


@dataclass(slots=True)
class Images:
    """The fleet's images: `registry` as we reach it, at `host`, and `node_host` as nodes name it.

    `keys`: what images are signed and checked with, if anything. `packed`: folders and digests of
    the packages of the last commit → their layer.
    """

    registry: Registry
    host: str
    node_host: str
    engine: str
    archives: Archives
    keys: Keys | None = None
    packed: dict[tuple[tuple[str, str], ...], Layer] = field(default_factory=dict, repr=False)

    @property
    def trust(self) -> Trust:
        """What an image in the registry must bear."""
        return Trust(self.registry, self.keys)

    def find(self, inputs: Inputs) -> ImageRef:
        """The image of these inputs, built or not; writes nothing. Raises StageFailed."""
        base_digest = self.registry.digest(image.BASE_REPOSITORY, inputs.base)
        if base_digest is None:
            return ImageRef(f"(on a new base {inputs.base[:12]})", None)
        tag = image.image_tag(base_digest, inputs.layers)
        return self._named(tag, self.registry.digest(image.IMAGE_REPOSITORY, tag))

    def base_digest(self, inputs: Inputs) -> str:
        """The digest of the base of these inputs, "" where it is not there. Raises StageFailed."""
        return self.registry.digest(image.BASE_REPOSITORY, inputs.base) or ""

    def holds(self, found: ImageRef) -> bool:
        """Whether the registry has the image. Raises StageFailed."""
        return self.registry.digest(image.IMAGE_REPOSITORY, found.tag) == found.digest

    def ensure(
        self, blobs: Mapping[str, Blob], compiled: Compiled, inputs: Inputs, tell: Tell
    ) -> ImageRef:
        """Have the image of a commit in the registry; `tell` of what was made. Raises StageFailed.

        What is there and bears no valid signature is made anew where we sign, and refused else.
        """
        base = self._base(blobs, compiled, inputs.base, tell)
        tag = image.image_tag(base, inputs.layers)
        digest, cause = self._known(image.IMAGE_REPOSITORY, tag)
        if digest is None:
            began = time.monotonic()
            digest = self._append(base, inputs, tag)
            tell(_made(f"{image.IMAGE_REPOSITORY}:{tag}", began, cause))
        return self._named(tag, digest)

    def reference(self, found: ImageRef) -> str:
        """How a service names the image: by digest."""
        digest = found.digest or "sha256:" + "0" * 64
        return f"{self.node_host}/{image.IMAGE_REPOSITORY}@{digest}"

    def inputs(self, blobs: Mapping[str, Blob], compiled: Compiled) -> Inputs:
        """What the image of a commit is made of. Raises StageFailed for an archive that is away."""
        release = compiled.platform.wordpress if compiled.platform else None
        base = image.base_tag(image.base_context(blobs), release)
        allowlist = compiled.allowlist or Allowlist()
        packages = packages_in_use(allowlist, compiled.sites.values())
        groups = image.layer_groups(packages)
        made = {}
        for together in groups:
            trees = tuple(
                (image.layer_folder(one, allowlist), _Tree(one, blobs, self.archives))
                for one in together
            )
            key = tuple((folder, tree.digest) for folder, tree in trees)
            made[key] = self.packed.get(key) or _layer(trees)
        self.packed = made
        return Inputs(base, tuple(made.values()), packages)

    def _named(self, tag: str, digest: str | None) -> ImageRef:
        """The image with what it says of its WordPress."""
        if digest is None:
            return ImageRef(tag, None)
        said = labels(self.registry, image.IMAGE_REPOSITORY, digest)
        schema = said.get(SCHEMA, "")
        return ImageRef(tag, digest, said.get(VERSION, ""), int(schema) if schema.isdigit() else 0)

    def _known(self, repository: str, tag: str) -> tuple[str | None, str]:
        """The digest of a tag that may be used, or None and why it is made."""
        digest = self.registry.digest(repository, tag)
        if digest is None:
            return None, NEW
        if self.trust.signs and not self.trust.accepts(repository, digest):
            return None, UNSIGNED
        self.trust.require(repository, digest)
        return digest, ""

    def _base(self, blobs: Mapping[str, Blob], compiled: Compiled, tag: str, tell: Tell) -> str:
        digest, cause = self._known(image.BASE_REPOSITORY, tag)
        if digest is not None:
            return digest
        began = time.monotonic()
        release = compiled.platform.wordpress if compiled.platform else None
        made = build_base(self.registry, self.engine, blobs, release, tag)
        publish(
            self.trust,
            image.BASE_REPOSITORY,
            made.stored,
            sbom.base_components(made.packages, made.wordpress),
            {"base": tag, "lock": made.day, "notAsLocked": list(made.not_as_locked)},
            [
                provenance.Material(made.wordpress["url"], {"sha256": made.wordpress["sha256"]}),
                *provenance.image_materials(made.origin),
            ],
        )
        digest = self._tag(image.BASE_REPOSITORY, tag, made.stored)
        if made.not_as_locked:
            cause += f"; {len(made.not_as_locked)} entries are not as locked: {REFRESH}"
        tell(_made(f"{image.BASE_REPOSITORY}:{tag}", began, cause))
        return digest

    def _append(self, base: str, inputs: Inputs, tag: str) -> str:
        origin = (image.BASE_REPOSITORY, base)
        stored = self.registry.append_untagged(origin, inputs.layers, image.IMAGE_REPOSITORY)
        components = components_of(self.registry, *origin)
        publish(
            self.trust,
            image.IMAGE_REPOSITORY,
            stored,
            [*components, *map(sbom.package_component, inputs.packages)],
            {"tag": tag, "layers": [one.diff_id for one in inputs.layers]},
            layers_materials(base, image.BASE_REPOSITORY, inputs.packages),
        )
        return self._tag(image.IMAGE_REPOSITORY, tag, stored)

    def _tag(self, repository: str, tag: str, stored: Stored) -> str:
        """The tag comes last: what has one is whole."""
        self.trust.require(repository, stored.digest)
        return self.registry.put(repository, tag, stored.media_type, stored.content)


def _made(name: str, began: float, cause: str) -> Outcome:
    operation = Operation(action="create", kind="image", name=name, cause=cause)
    return Outcome(operation=operation, seconds=time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The files of a package, which are only read where they are needed."""

    package: Package
    blobs: Mapping[str, Blob]
    archives: Archives

    @property
    def digest(self) -> str:
        """Names the files; an archive's are held to the reviewed digest when they are read."""
        match self.package.source:
            case SourcePath(path):
                return tree_digest(image.folder_files(self.blobs, path))
            case SourceArchive() | SourceRelease():
                return self.package.tree_sha256
            case never:
                assert_never(never)

    def files(self) -> Mapping[str, File]:
        """Path below the package's folder → file. Raises StageFailed."""
        match self.package.source:
            case SourcePath(path):
                return image.folder_files(self.blobs, path)
            case SourceArchive() | SourceRelease():
                return self.archives.files(self.package)
            case never:
                assert_never(never)


def _layer(trees: tuple[tuple[str, _Tree], ...]) -> Layer:
    """The layer of these packages; its data is packed again where it is asked for."""

    def pack() -> Layer:
        return layer_of({folder: tree.files() for folder, tree in trees})

    return replace(pack(), pack=lambda: pack().data)
