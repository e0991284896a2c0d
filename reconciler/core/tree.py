"""The digest of a folder of code: what is in it, whatever archive carried it."""

import hashlib
from collections.abc import Mapping


def tree_sha256(files: Mapping[str, tuple[bool, bytes]]) -> str:
    """Digest of `path → (executable, content)`, in lower-case hexadecimal.

    SHA-256 over one line for each file, sorted by the bytes of the path: path, NUL, mode class
    (755 or 644), NUL, SHA-256 of the content in hexadecimal, LF. Times and owners don't count.
    """
    whole = hashlib.sha256()
    for path, (executable, content) in sorted(files.items(), key=lambda item: item[0].encode()):
        mode = "755" if executable else "644"
        whole.update(f"{path}\0{mode}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()
