"""What an image is made of, and what names it. Pure: values in, names and files out."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from reconciler.core.blob import EXECUTABLE, REGULAR, Blob
from reconciler.core.layers import File, Layer, tree_digest
from reconciler.core.manifest import Package, WordPressRelease
from reconciler.errors import StageFailed

BASE_REPOSITORY = "wpaas/base"
IMAGE_REPOSITORY = "wpaas/wordpress"
CONTENT_ROOT = "usr/share/wpaas/wordpress/wp-content"

_IMAGE = "image/"
_PLUGINS = ("image/plugins/", "image/themes/", "image/customizations/")
"""Packages kept in the repository: they become layers, so a new one leaves the base as it is."""

_TAG_DIGITS = 32


def base_context(blobs: Mapping[str, Blob]) -> dict[str, File]:
    """Return the build context of the base: path below `image/` → file, packages left out.

    Raises StageFailed for anything but regular files of a sensible size, and without a Dockerfile.
    """
    files: dict[str, File] = {}
    for path, blob in blobs.items():
        if path.startswith(_IMAGE) and not path.startswith(_PLUGINS):
            files[path.removeprefix(_IMAGE)] = _regular(blob)
    if "Dockerfile" not in files:
        raise StageFailed("image", "there is no image/Dockerfile", fix="restore it from history")
    return files


def build_arguments(release: WordPressRelease | None) -> dict[str, str]:
    """Return the arguments of the base's Dockerfile; none means Debian's package of WordPress."""
    if release is None:
        return {}
    addresses = " ".join((release.url, *release.mirrors))
    return {"WORDPRESS_URL": addresses, "WORDPRESS_SHA256": release.sha256}


def base_tag(context: Mapping[str, File], release: WordPressRelease | None) -> str:
    """Name the base by its inputs. Mirrors are not among them: the release's sha256 is."""
    about = {"tree": tree_digest(context), "wordpress": release.sha256 if release else "debian"}
    return _short(about)


def folder_files(blobs: Mapping[str, Blob], folder: str) -> dict[str, File]:
    """Return the files of a package kept in the repository: path below `folder` → file.

    Raises StageFailed for an entry that is not a regular file of a sensible size, or for none.
    """
    top = folder.rstrip("/") + "/"
    files = {p.removeprefix(top): _regular(b) for p, b in blobs.items() if p.startswith(top)}
    if not files:
        raise StageFailed("image", "the folder is empty or missing", where=folder)
    return files


def one_version_each(packages: Iterable[Package]) -> tuple[Package, ...]:
    """The same packages. Raises StageFailed where two are one package at two versions.

    Both would be unpacked over each other in one folder, and every site would run the mixture.
    """
    seen: dict[tuple[str, str], Package] = {}
    for package in packages:
        other = seen.setdefault((package.kind, package.slug), package)
        if other is not package:
            raise StageFailed(
                "image",
                f"{package.kind} {package.slug} is wanted at {other.version} and at"
                f" {package.version}, and the image holds one version of each",
                fix="let every site have the same version: take the pins out, or block one of both",
            )
    return tuple(seen.values())


def layer_folder(package: Package) -> str:
    """Return where a package lives in the image."""
    return f"{CONTENT_ROOT}/{package.kind}s/{package.slug}"


def image_tag(base_digest: str, layers: Iterable[Layer]) -> str:
    """Name the fleet's image by its base and the content (not the compression) of its layers."""
    return _short({"base": base_digest, "layers": [layer.diff_id for layer in layers]})


def _short(about: Mapping[str, object]) -> str:
    text = json.dumps(about, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_TAG_DIGITS]


def _regular(blob: Blob) -> File:
    if blob.mode not in {REGULAR, EXECUTABLE}:
        raise StageFailed("image", "neither links nor submodules are built", where=blob.path)
    if blob.oversized:
        raise StageFailed("image", "the file is too big for an image", where=blob.path)
    return File(blob.data, executable=blob.mode == EXECUTABLE)
