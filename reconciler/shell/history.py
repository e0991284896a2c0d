"""Two commits of a repository on this disk, read blob by blob: nothing is checked out or run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.blob import MAX_DOCUMENT_BYTES, PATHS, REGULAR, SUBMODULE, Blob
from reconciler.core.review.change import MAX_CHANGED_FILES, Change
from reconciler.core.review.codeowners import PLACES
from reconciler.core.sitefiles import SITE_FILE
from reconciler.errors import UsageError
from reconciler.shell.git_answers import SHA, Entry, complaint, to_contents, to_entries
from reconciler.shell.git_environment import environment
from reconciler.shell.program import run

READ_TIMEOUT_S = 60.0

READ = (*PATHS, "reviews", *PLACES)
"""What a review reads of a commit. Other files that change are named, and not opened."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A base, and what a head changed since both parted.

    `moved_on`: paths that the base changed too. `former`: site files that the head adds and that the
    base had before, as they were when they were removed.
    """

    base: str
    head: str
    files: Mapping[str, Blob]
    changes: tuple[Change, ...]
    moved_on: tuple[str, ...]
    former: Mapping[str, Blob]


class History:
    """A repository in a folder: a work tree, or a bare one."""

    def __init__(self, folder: Path) -> None:
        """Raise UsageError where there is no repository."""
        self._folder = folder.resolve()
        self._git_dir = Path()
        if not self._folder.is_dir():
            raise UsageError("no such folder", where=str(folder), fix="name a repository (--repo)")
        said = self._git("rev-parse", "--absolute-git-dir")
        if said is None:
            raise UsageError(
                "this is no Git repository", where=str(folder), fix="name one (--repo)"
            )
        self._git_dir = Path(said.decode("utf-8", "surrogateescape").strip())

    def commit(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises UsageError where it names none."""
        said = None
        if not revision.startswith("-"):
            said = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        sha = said.decode().strip() if said else ""
        if not SHA.fullmatch(sha):
            fix = "fetch it, or name a commit, branch or tag that `git log` knows"
            raise UsageError("the repository has no such commit", where=revision, fix=fix)
        return sha

    def compare(self, base: str, head: str) -> Compared:
        """Compare two commits (ids). Renames are not looked for: they are what they are.

        Raises UsageError where the two have no common ancestor.
        """
        parted = self._git("merge-base", base, head)
        if parted is None:
            fix = "fetch the whole history, or make the branch anew from the base"
            raise UsageError("base and head have no common ancestor", where=head[:12], fix=fix)
        ancestor = parted.decode().split()[0]
        proposed, since = self._paths(ancestor, head), self._paths(ancestor, base)
        old, new = self._entries(base), self._entries(head)
        # What the base has by now in the same way is no change any more.
        paths = sorted(path for path in proposed if _key(old.get(path)) != _key(new.get(path)))
        entries = [e for path, e in old.items() if _is_read(path)]
        if len(paths) <= MAX_CHANGED_FILES:  # else nobody looks at any, and they may be very large
            entries += [new[path] for path in paths if path in new]
        data = self._contents(sorted({e.oid for e in entries if _has_content(e)}))
        return Compared(
            base=base,
            head=head,
            files={path: _blob(e, data) for path, e in sorted(old.items()) if _is_read(path)},
            changes=tuple(
                Change(
                    path,
                    *(_blob(side[path], data) if path in side else None for side in (old, new)),
                )
                for path in paths
            ),
            moved_on=tuple(path for path in paths if path in since),
            former=self._former(base, [path for path in paths if path not in old]),
        )

    def _former(self, base: str, added: list[str]) -> dict[str, Blob]:
        paths = [path for path in added if SITE_FILE.fullmatch(path)]
        if not paths or len(added) > MAX_CHANGED_FILES:
            return {}
        # What a merge brought counts where it was merged.
        how = ("--first-parent", "-m", "--no-renames", "--diff-filter=D", "--name-only")
        said = self._need("log", "-z", "--format=%x01%H", *how, base, "--", *paths)
        before: dict[str, str] = {}
        for part in said.decode("utf-8", "surrogateescape").split("\x01")[1:]:
            sha, *names = part.replace("\n", "\0").split("\0")
            for path in filter(None, names):
                before.setdefault(path, f"{sha}^1:{path}")  # the latest removal comes first
        found = {}
        for path, name in sorted(before.items()):
            said = self._need("cat-file", "blob", name)
            found[path] = Blob(path, REGULAR, said[:MAX_DOCUMENT_BYTES])
        return found

    def _paths(self, old: str, new: str) -> set[str]:
        said = self._need("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new)
        return {name.decode("utf-8", "surrogateescape") for name in said.split(b"\0")[:-1]}

    def _entries(self, sha: str) -> dict[str, Entry]:
        return {e.path: e for e in to_entries(self._need("ls-tree", "-r", "-z", "--long", sha))}

    def _contents(self, oids: list[str]) -> dict[str, bytes]:
        if not oids:
            return {}
        said = self._need("cat-file", "--batch", stdin="\n".join(oids).encode() + b"\n")
        try:
            return to_contents(said, oids)
        except (ValueError, IndexError) as e:
            raise UsageError("the repository is damaged", where=str(self._folder)) from e

    def _need(self, verb: str, *args: str, stdin: bytes | None = None) -> bytes:
        said = self._git(verb, *args, stdin=stdin)
        if said is None:
            raise UsageError(f"git {verb} failed", where=str(self._folder), fix="run `git fsck`")
        return said

    def _git(self, verb: str, *args: str, stdin: bytes | None = None) -> bytes | None:
        """What git says; None where it fails. The environment is pinned, the repository's hooks are off."""
        env = environment("", None, None, self._git_dir)
        if verb == "rev-parse" and args[0] == "--absolute-git-dir":
            del env["GIT_DIR"]
        done = run(
            ("git", verb, *args),
            stage="fetch",
            timeout_s=READ_TIMEOUT_S,
            env=env,
            stdin=stdin,
            cwd=self._folder,
        )
        if "dubious ownership" in complaint(done.stderr):
            raise UsageError("the repository belongs to another user", where=str(self._folder))
        return done.stdout if done.code == 0 else None


def _is_read(path: str) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in READ)


def _has_content(entry: Entry) -> bool:
    return entry.mode != SUBMODULE and not entry.oversized and _is_read(entry.path)


def _key(entry: Entry | None) -> tuple[str, str] | None:
    return (entry.mode, entry.oid) if entry else None


def _blob(entry: Entry, data: Mapping[str, bytes]) -> Blob:
    return Blob(entry.path, entry.mode, data.get(entry.oid, b""), entry.oversized)
