"""What an image is made of, and what names it. Pure: values in, names and files out."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from reconciler.core.blob import EXECUTABLE, REGULAR, Blob
from reconciler.core.layers import File, Layer, tree_digest
from reconciler.core.manifest import Allowlist, Package, WordPressRelease
from reconciler.errors import StageFailed

BASE_REPOSITORY = "wpaas/base"
IMAGE_REPOSITORY = "wpaas/wordpress"
CONTENT_ROOT = "usr/share/wpaas/wordpress/wp-content"

_IMAGE = "image/"
_PLUGINS = ("image/plugins/", "image/themes/", "image/customizations/")
"""Packages kept in the repository: they become layers, so a new one leaves the base as it is."""

_TAG_DIGITS = 32
FORMAT = 1
"""Of what the base's files become, see core/rootfs.py: another one gives another base."""

MOST_LAYERS = 100
"""overlay2 stops at about 125 (measured), and the base has three."""

RECENT, GROUPS = 60, 30


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
    wordpress = release.sha256 if release else "debian"
    about = {"format": FORMAT, "tree": tree_digest(context), "wordpress": wordpress}
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


def layer_folder(package: Package, allowlist: Allowlist) -> str:
    """Return where a package lives in the image.

    The version that sites get by default has the folder that WordPress and other plugins expect;
    another one, which some site pins, stands beside it as SLUG@VERSION (image/mu-plugin/packages.php).
    """
    default = allowlist.find(package.kind, package.slug)
    pinned = "" if package == default else f"@{package.version}"
    return f"{CONTENT_ROOT}/{package.kind}s/{package.slug}{pinned}"


def layer_groups(packages: Sequence[Package]) -> tuple[tuple[Package, ...], ...]:
    """Return which packages share a layer, in the order of the layers.

    Each has its own up to MOST_LAYERS. Beyond, the RECENT last reviewed still do, and the others
    share GROUPS layers by their slugs: a bump then sends the package's new layer and the groups
    that it leaves and that the next oldest joins, whatever the number of packages.
    """
    if len(packages) <= MOST_LAYERS:
        return tuple((package,) for package in packages)
    by_review = sorted(packages, key=lambda p: (p.reviewed_at, p.kind, p.slug, p.version))
    newest = frozenset(by_review[-RECENT:])
    groups: dict[int, list[Package]] = {}
    for package in packages:
        if package not in newest:
            groups.setdefault(_group(package), []).append(package)
    shared = tuple(tuple(groups[number]) for number in sorted(groups))
    alone = tuple((package,) for package in packages if package in newest)
    return (*shared, *alone)


def _group(package: Package) -> int:
    name = f"{package.kind}/{package.slug}".encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:4], "big") % GROUPS


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
