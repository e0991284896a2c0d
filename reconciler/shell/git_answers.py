"""What git says, as values: plain functions, tested on recorded answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.core.blob import limit_bytes

SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_ADVICE = (
    "fatal: Could not read from remote repository",
    "Please make sure you have the correct access rights",
    "and the repository exists",
)
_FIXES = (  # the first whose words git or ssh said; the more particular ones come first
    (
        ("dubious ownership",),
        "run as the owner of the repository, or make the repository yours (chown)",
    ),
    (
        ("HOST IDENTIFICATION HAS CHANGED",),
        "the server shows another key than the known one: ask its operators why before you take the "
        "new one into the file that `trust` names (or ~/.ssh/known_hosts)",
    ),
    (
        ("Host key verification failed",),
        "the server's key is not known: `ssh-keyscan HOST` shows it; compare it with what the "
        "server's operators publish, and put it into the file that `trust` names "
        "(or ~/.ssh/known_hosts)",
    ),
    (
        ("certificate", "SSL CA cert"),
        "the server's certificate is not trusted: name its authority's certificate (PEM) as `trust` "
        "in the context file; if it has expired, its operators must renew it",
    ),
    (
        (
            "could not read Username",
            "Authentication failed",
            "Permission denied",
            "bad permissions",
        ),
        "give a credentials file (mode 0600) that the server accepts",
    ),
    (("cannot run ssh",), "install openssh-client"),
    (
        ("resolve host", "Connection refused", "Failed to connect", "Connection timed out"),
        "is the repository's address right, and does this machine reach its server?",
    ),
    (
        ("not found", "does not appear to be a git repository", "does not exist"),
        "is the repository's address right, and may you read it?",
    ),
)

COMMIT_FORMAT = "%H%x00%P%x00%an%x00%ct%x00%s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as people see it; `committed_at` is in seconds since 1970, UTC."""

    sha: str
    parents: tuple[str, ...]
    author: str
    subject: str
    committed_at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `ls-tree`: where, what, and under which object id its content is."""

    path: str
    mode: str
    oid: str
    oversized: bool


def complaint(stderr: bytes) -> str:
    """What git wrote, without the general advice that it puts below each failure."""
    lines = (line.strip() for line in stderr.decode(errors="replace").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(_ADVICE))


def fix_for(said: str) -> str:
    """What a person can do about git's complaint; empty where that is not known."""
    return next((fix for words, fix in _FIXES if any(word in said for word in words)), "")


def to_commit(said: str) -> Commit:
    """Read a commit in COMMIT_FORMAT."""
    sha, parents, author, time_s, subject = said.split("\0", 4)
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author=author,
        subject=subject,
        committed_at=int(time_s),
    )


def to_entries(stdout: bytes) -> list[Entry]:
    """Read `ls-tree -r -z --long`: mode, type, object id, size or "-", tab, path."""
    entries = []
    for line in stdout.split(b"\0")[:-1]:
        head, _, raw = line.partition(b"\t")
        mode, _, oid, size = head.decode().split()
        path = raw.decode("utf-8", "surrogateescape")
        over = size != "-" and int(size) > limit_bytes(path)
        entries.append(Entry(path, mode, oid, oversized=over))
    return entries


def candidates(branch: str) -> tuple[str, ...]:
    """Return the full refs that `branch` may mean, best first; `^{}` is the commit of a signed tag."""
    if branch.startswith("refs/heads/"):
        return (branch,)
    if branch.startswith("refs/tags/"):
        return (branch + "^{}", branch)
    return (f"refs/heads/{branch}", f"refs/tags/{branch}^{{}}", f"refs/tags/{branch}")


def to_refs(stdout: bytes) -> Iterator[tuple[str, str]]:
    """Yield (ref, object id) of `ls-remote`; it matches tails, so strangers may be among them."""
    for line in stdout.decode(errors="replace").splitlines():
        oid, _, ref = line.partition("\t")
        if SHA.fullmatch(oid):
            yield ref, oid


def to_contents(stdout: bytes, oids: list[str]) -> dict[str, bytes]:
    """Split the answer of `cat-file --batch` (`OID TYPE SIZE`, newline, content, newline)."""
    found: dict[str, bytes] = {}
    at = 0
    for oid in oids:
        end = stdout.index(b"\n", at)
        name, kind, size = stdout[at:end].decode().split()
        if (name, kind) != (oid, "blob") or len(stdout) < end + int(size) + 2:
            raise ValueError(name)
        found[oid] = stdout[end + 1 : end + 1 + int(size)]
        at = end + int(size) + 2
    return found
