"""Packages kept in the repository: the files are those that were reviewed."""

from collections.abc import Iterator, Mapping

from reconciler.core.blob import EXECUTABLE, MAX_IMAGE_FILE_BYTES, Blob, unreadable
from reconciler.core.document import Document
from reconciler.core.manifest import Allowlist, SourcePath
from reconciler.core.problem import Problem
from reconciler.core.tree import tree_sha256

IMAGE = "image/"
FOLDERS = ("image", "sites")  # as entries of their own they are no folders


def files_below(blobs: Mapping[str, Blob], folder: str) -> dict[str, Blob]:
    """Blobs under `folder`, by their path inside it."""
    start = f"{folder}/"
    return {
        path.removeprefix(start): blob for path, blob in blobs.items() if path.startswith(start)
    }


def tree_of(files: Mapping[str, Blob]) -> str:
    """The digest that an allowlist entry pins, see `tree_sha256`."""
    return tree_sha256({path: (b.mode == EXECUTABLE, b.data) for path, b in files.items()})


def image_problems(blobs: Mapping[str, Blob]) -> Iterator[Problem]:
    """Entries of image/ that no build may see, and folders that are links."""
    for path in sorted(blobs):
        problem = (
            unreadable(blobs[path], MAX_IMAGE_FILE_BYTES)
            if path.startswith(IMAGE) or path in FOLDERS
            else None
        )
        if problem is not None:
            yield problem


def path_problems(
    document: Document, allowlist: Allowlist, blobs: Mapping[str, Blob]
) -> Iterator[Problem]:
    """Packages with a path in the repository that are not there, or not as reviewed."""
    for number, package in enumerate(allowlist.packages):
        if not isinstance(package.source, SourcePath) or package.state == "blocked":
            continue
        at, folder = f"/packages/{number}", package.source.path
        files = files_below(blobs, folder)
        tree = tree_of(files)
        if not files:
            message = f'there are no files in "{folder}"'
            fix = f'commit the files of "{package.slug}" there, or correct the path'
            pointer = f"{at}/source/path"
            yield document.problem("plugin-source-missing", pointer, message, fix, value=folder)
        elif tree != package.tree_sha256:
            message = f'the files of "{package.slug}" are not those that were reviewed'
            fix = f'review them, then write tree_sha256: "{tree}"'
            pointer, value = f"{at}/tree_sha256", package.tree_sha256
            yield document.problem("plugin-tree-mismatch", pointer, message, fix, value=value)
