"""The image stage: the base by a build where its inputs are new, then a layer for each package."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from reconciler.core import image
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled
from reconciler.core.layers import File, Layer, layer, tar
from reconciler.core.manifest import Package, SourceArchive, SourcePath, SourceRelease
from reconciler.core.model import ImageRef
from reconciler.errors import StageFailed
from reconciler.shell import builder
from reconciler.shell.registry import Registry
from reconciler.shell.sources import Archives

NODE_REGISTRY = "127.0.0.1:5000"


@dataclass(slots=True)
class Images:
    """The fleet's images: `registry` as we reach it, `host` as the build engine names it."""

    registry: Registry
    host: str
    engine: str
    archives: Archives

    def find(self, blobs: Mapping[str, Blob], compiled: Compiled) -> ImageRef:
        """The image of a commit, built or not; writes nothing. Raises StageFailed."""
        return self._named(*self._inputs(blobs, compiled))

    def ensure(self, blobs: Mapping[str, Blob], compiled: Compiled) -> ImageRef:
        """Have the image of a commit in the registry. Raises StageFailed."""
        base, layers = self._inputs(blobs, compiled)
        base_digest = self.registry.digest(image.BASE_REPOSITORY, base)
        if base_digest is None:
            base_digest = self._build(blobs, compiled, base)
        tag = image.image_tag(base_digest, layers)
        digest = self.registry.digest(image.IMAGE_REPOSITORY, tag)
        if digest is None:
            origin = (image.BASE_REPOSITORY, base_digest)
            digest = self.registry.append(origin, layers, image.IMAGE_REPOSITORY, tag)
        return ImageRef(tag, digest)

    def _inputs(
        self, blobs: Mapping[str, Blob], compiled: Compiled
    ) -> tuple[str, tuple[Layer, ...]]:
        release = compiled.platform.wordpress if compiled.platform else None
        base = image.base_tag(image.base_context(blobs), release)
        packages = image.packages(compiled.allowlist) if compiled.allowlist else ()
        return base, tuple(
            layer(_files(package, blobs, self.archives), image.layer_folder(package))
            for package in packages
        )

    def _named(self, base: str, layers: tuple[Layer, ...]) -> ImageRef:
        base_digest = self.registry.digest(image.BASE_REPOSITORY, base)
        if base_digest is None:
            return ImageRef(f"(on a new base {base[:12]})", None)
        tag = image.image_tag(base_digest, layers)
        return ImageRef(tag, self.registry.digest(image.IMAGE_REPOSITORY, tag))

    def _build(self, blobs: Mapping[str, Blob], compiled: Compiled, tag: str) -> str:
        release = compiled.platform.wordpress if compiled.platform else None
        name = f"{self.host}/{image.BASE_REPOSITORY}:{tag}"
        context = tar(image.base_context(blobs))
        builder.build(self.engine, context, name, image.build_arguments(release))
        builder.push(self.engine, name)
        digest = self.registry.digest(image.BASE_REPOSITORY, tag)
        if digest is None:
            raise StageFailed("image", f"{name} was pushed and is not in the registry")
        return digest


def reference(found: ImageRef) -> str:
    """How nodes name the image: by digest, in the registry that each reaches through its edge."""
    digest = found.digest or "sha256:" + "0" * 64
    return f"{NODE_REGISTRY}/{image.IMAGE_REPOSITORY}@{digest}"


def _files(package: Package, blobs: Mapping[str, Blob], archives: Archives) -> Mapping[str, File]:
    match package.source:
        case SourcePath(path):
            return image.folder_files(blobs, path)
        case SourceArchive() | SourceRelease():
            return archives.files(package)
        case never:
            assert_never(never)
