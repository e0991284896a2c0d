"""The digest of a folder of code: what is in it, whatever archive carried it."""

import hashlib
from collections.abc import Mapping


def tree_sha256(files: Mapping[str, tuple[bool, bytes]]) -> str:
    """Digest of `path → (executable, content)`, in lower-case hexadecimal.

    SHA-256 over one line for each file, sorted by the bytes of the path: path, NUL, mode class
    (755 or 644), NUL, SHA-256 of the content in hexadecimal, LF. Times and owners don't count.
    """
    whole = hashlib.sha256()
    for path, (executable, content) in sorted(files.items(), key=lambda item: _bytes(item[0])):
        mode = "755" if executable else "644"
        digest = hashlib.sha256(content).hexdigest()
        whole.update(_bytes(path) + f"\0{mode}\0{digest}\n".encode())
    return whole.hexdigest()


def _bytes(path: str) -> bytes:
    # A name that is not UTF-8 carries its bytes as surrogates (PEP 383).
    return path.encode("utf-8", "surrogateescape")
