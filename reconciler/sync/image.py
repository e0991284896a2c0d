"""The image stage: the base by a build where its inputs are new, then a layer for each package."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from reconciler.core import image
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled
from reconciler.core.derive import Secret
from reconciler.core.layers import File, Layer, layer, tar
from reconciler.core.manifest import Package, SourceArchive, SourcePath, SourceRelease
from reconciler.core.model import ImageRef
from reconciler.core.outcome import Outcome
from reconciler.core.packages import packages_in_use
from reconciler.core.plan import Operation
from reconciler.errors import StageFailed
from reconciler.shell import builder
from reconciler.shell.registry import Registry
from reconciler.shell.sources import Archives

Tell = Callable[[Outcome], None]
NODE_REGISTRY = "127.0.0.1:5000"
"""The bundled registry, as each node's engine reaches it through its edge."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What decides an image's digest: the tag of its base, and the layers on it."""

    base: str
    layers: tuple[Layer, ...]

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
    """The fleet's images: `registry` as we reach it, `host` as the build engine names it, and
    `node_host` as nodes do. `login`: what the build engine pushes with.
    """

    registry: Registry
    host: str
    node_host: str
    engine: str
    archives: Archives
    login: tuple[str, Secret] | None = None

    def find(self, inputs: Inputs) -> ImageRef:
        """The image of these inputs, built or not; writes nothing. Raises StageFailed."""
        base_digest = self.registry.digest(image.BASE_REPOSITORY, inputs.base)
        if base_digest is None:
            return ImageRef(f"(on a new base {inputs.base[:12]})", None)
        tag = image.image_tag(base_digest, inputs.layers)
        return ImageRef(tag, self.registry.digest(image.IMAGE_REPOSITORY, tag))

    def holds(self, found: ImageRef) -> bool:
        """Whether the registry has the image. Raises StageFailed."""
        return self.registry.digest(image.IMAGE_REPOSITORY, found.tag) == found.digest

    def ensure(
        self, blobs: Mapping[str, Blob], compiled: Compiled, inputs: Inputs, tell: Tell
    ) -> ImageRef:
        """Have the image of a commit in the registry; `tell` of what was made. Raises StageFailed."""
        base, layers = inputs.base, inputs.layers
        base_digest = self.registry.digest(image.BASE_REPOSITORY, base)
        if base_digest is None:
            began = time.monotonic()
            base_digest = self._build(blobs, compiled, base)
            tell(_made(f"{image.BASE_REPOSITORY}:{base}", began))
        tag = image.image_tag(base_digest, layers)
        digest = self.registry.digest(image.IMAGE_REPOSITORY, tag)
        if digest is None:
            origin = (image.BASE_REPOSITORY, base_digest)
            began = time.monotonic()
            digest = self.registry.append(origin, layers, image.IMAGE_REPOSITORY, tag)
            tell(_made(f"{image.IMAGE_REPOSITORY}:{tag}", began))
        return ImageRef(tag, digest)

    def reference(self, found: ImageRef) -> str:
        """How a service names the image: by digest."""
        digest = found.digest or "sha256:" + "0" * 64
        return f"{self.node_host}/{image.IMAGE_REPOSITORY}@{digest}"

    def inputs(self, blobs: Mapping[str, Blob], compiled: Compiled) -> Inputs:
        """What the image of a commit is made of. Raises StageFailed for an archive that is away."""
        release = compiled.platform.wordpress if compiled.platform else None
        base = image.base_tag(image.base_context(blobs), release)
        allowlist = compiled.allowlist
        used = packages_in_use(allowlist, compiled.sites.values()) if allowlist else ()
        packages = image.one_version_each(used)
        return Inputs(
            base,
            tuple(
                layer(_files(package, blobs, self.archives), image.layer_folder(package))
                for package in packages
            ),
        )

    def _build(self, blobs: Mapping[str, Blob], compiled: Compiled, tag: str) -> str:
        release = compiled.platform.wordpress if compiled.platform else None
        name = f"{self.host}/{image.BASE_REPOSITORY}:{tag}"
        context = tar(image.base_context(blobs))
        builder.build(self.engine, context, name, image.build_arguments(release))
        builder.push(self.engine, name, self.login)
        digest = self.registry.digest(image.BASE_REPOSITORY, tag)
        if digest is None:
            raise StageFailed("image", f"{name} was pushed and is not in the registry")
        return digest


def _made(name: str, began: float) -> Outcome:
    operation = Operation(action="create", kind="image", name=name, cause="its inputs are new")
    return Outcome(operation=operation, seconds=time.monotonic() - began)


def _files(package: Package, blobs: Mapping[str, Blob], archives: Archives) -> Mapping[str, File]:
    match package.source:
        case SourcePath(path):
            return image.folder_files(blobs, path)
        case SourceArchive() | SourceRelease():
            return archives.files(package)
        case never:
            assert_never(never)
