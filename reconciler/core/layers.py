"""Deterministic image layers: the same files give the same bytes, on any machine and in any order."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.core.tree import tree_sha256

EPOCH_S = 1_000_000_000  # 2001-09-09; zip and some file systems know nothing before 1980
EPOCH_SPAN_S = 500_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A regular file of a layer or build context; its mode is 0755 or 0644."""

    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an image.

    `diff_id` is "sha256:…" of the tar and names the content; `digest` is that of the compressed
    `data` of `size` bytes, which another version of zlib may change without any file having changed.
    `pack` makes the data: most layers are in the registry, and theirs is never asked for.
    """

    diff_id: str
    digest: str
    size: int
    pack: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def data(self) -> bytes:
        """What a registry stores."""
        return self.pack()


def layer(files: Mapping[str, File], at: str) -> Layer:
    """Pack `files` (path relative to `at` → file) as a layer that puts them at `at` in the image.

    Raises ValueError for a path that leaves `at`.
    """
    return layer_of({at: files})


def layer_of(trees: Mapping[str, Mapping[str, File]]) -> Layer:
    """Pack `trees` (folder in the image → path below it → file) as one layer.

    Those folders are in it and what is below them; those above are not: they belong to the base,
    and naming them would change their modes. Raises ValueError for a path that leaves its folder.
    """
    tops = {at.strip("/"): files for at, files in trees.items()}
    whole = {f"{at}/{path}": file for at, files in tops.items() for path, file in files.items()}
    packed = tar(whole, tops)
    squeezed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=squeezed, mtime=0, compresslevel=6) as out:
        out.write(packed)
    data = squeezed.getvalue()
    return Layer(diff_id=sha256(packed), digest=sha256(data), size=len(data), pack=lambda: data)


def tar(files: Mapping[str, File], tops: Iterable[str] = ("",)) -> bytes:
    """Return an uncompressed tar of `files` and of their folders from `tops` downwards.

    Sorted, owned by root, one time for all: a time made from the content, since web servers derive
    an ETag from time and size, and an asset changed to the same size must not look unchanged.
    """
    for path in files:
        _check(path)
    time_s = EPOCH_S + int(tree_digest(files)[:8], 16) % EPOCH_SPAN_S
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(_folders(files, tuple(tops)) | files.keys()):
            entry = tarfile.TarInfo(path)
            entry.mtime = time_s
            file = files.get(path)
            if file is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.size, entry.mode = len(file.data), 0o755 if file.executable else 0o644
                archive.addfile(entry, io.BytesIO(file.data))
    return out.getvalue()


def tree_digest(files: Mapping[str, File]) -> str:
    """Return what stands for the files in an allowlist: see `tree_sha256`."""
    return tree_sha256({path: (file.executable, file.data) for path, file in files.items()})


def sha256(data: bytes) -> str:
    """Return the digest as registries write it: "sha256:" and 64 hex digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _folders(files: Mapping[str, File], tops: tuple[str, ...]) -> set[str]:
    """Return every folder of `files` that is one of `tops` or below it."""
    parents = {path[:end] for path in files for end, c in enumerate(path) if c == "/"}
    if "" in tops:
        return parents
    return {p for p in parents if p in tops or p.startswith(tuple(f"{top}/" for top in tops))}


def _check(path: str) -> None:
    """Raise ValueError unless `path` is plain, relative and stays where it is put."""
    parts = path.split("/")
    if not path.isprintable() or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"{path!r} is not a path for a layer")
