"""Git as a source: a bare clone that may be thrown away, one look-up a loop, blobs read by mode.

There is no work tree, so nothing a repository holds is ever checked out, filtered or run. What
talks to the network goes through `program.py`, whose deadline kills git's transports too;
GitPython reads what is already on the disk.
"""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from git import Git
from git.exc import GitCommandError

from reconciler.core.blob import PATHS, SUBMODULE, Blob
from reconciler.errors import StageFailed, UsageError
from reconciler.shell.git_answers import (
    COMMIT_FORMAT,
    SHA,
    Commit,
    Entry,
    candidates,
    complaint,
    fix_for,
    to_commit,
    to_contents,
    to_entries,
    to_refs,
)
from reconciler.shell.git_environment import check_address, environment, without_userinfo
from reconciler.shell.program import Finished, run

LOOK_TIMEOUT_S = 20.0
FETCH_TIMEOUT_S = 120.0
READ_TIMEOUT_S = 60.0
MAX_SAID_CHARS = 600
MAX_ENTRIES = 50_000
"""Entries below PATHS; ten thousand sites and a large image stay far below."""

_BRANCH = re.compile(r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)))[A-Za-z0-9_][\w./@{}+=%,#-]*(?<![./])")
_TRACKED = "refs/wpaas/head"


class Source:
    """One branch or tag of one repository, followed through a clone at `folder`.

    `credentials` is a file with mode 0600: for https a token, or the lines `username=…` and
    `password=…`; for ssh a private key. Git's helper reads it at each use, so a new one needs no
    restart. `trust` is a file that says which server is meant, instead of what the machine trusts:
    for https the certificates of its authority (PEM), for ssh its host keys (known_hosts).
    One process at a time may use a folder.
    """

    def __init__(
        self,
        url: str,
        branch: str,
        folder: Path,
        credentials: Path | None = None,
        trust: Path | None = None,
    ) -> None:
        """Raise UsageError for an address with a password in it, or a name git would refuse."""
        check_address(url)
        name = branch.removeprefix("refs/heads/").removeprefix("refs/tags/")
        if not _BRANCH.fullmatch(name):
            raise UsageError(f"{branch!r} is not the name of a branch or tag")
        self.url = str(Path(url).resolve()) if Path(url).is_dir() else url
        self.name = without_userinfo(url)
        self.folder = folder
        self._branch = branch
        self._refs = candidates(branch)
        self._ref = ""  # the one of them that the server has, once it was asked
        self._credentials = credentials
        self._trust = trust
        self._data: dict[str, bytes] = {}  # object id → content, of the commit last read

    def head(self, timeout_s: float = LOOK_TIMEOUT_S) -> str:
        """Return the commit that the branch or tag names now: one `ls-remote`, no full scan.

        Raises StageFailed when the server does not answer in time, or has no such ref.
        """
        self._ref, sha = self._look(timeout_s)
        return sha

    def fetch(self, sha: str) -> Commit:
        """Bring commit `sha` of the followed ref into the clone and return it.

        A clone that is broken or locked is made again beside and swapped in. Raises StageFailed
        when the server fails, or `sha` is not on the ref any more (look again).
        """
        if not SHA.fullmatch(sha):
            raise StageFailed("fetch", f"{sha!r} is not a commit id", where=self.name)
        if not self._holds(sha):
            ref = self._ref or self._look()[0]
            if not self._update(ref, sha):
                self._remake(ref, sha)
        return self._commit(sha)

    def blobs(self, sha: str) -> Mapping[str, Blob]:
        """Return path → entry of the fetched commit, PATHS only, in order of path.

        Content of an entry that did not change since the last call is not read again. Raises
        StageFailed when the clone is broken; it is then thrown away, and the next loop makes it anew.
        """
        entries = self._entries(sha)
        if len(entries) > MAX_ENTRIES:
            raise StageFailed(
                "fetch", f"{len(entries)} entries, over {MAX_ENTRIES}", where=self.name
            )
        wanted = {e.oid for e in entries if e.mode != SUBMODULE and not e.oversized}
        data = {oid: self._data[oid] for oid in wanted & self._data.keys()}
        data |= self._contents(sorted(wanted - data.keys()))
        self._data = data
        return {
            e.path: Blob(e.path, e.mode, data.get(e.oid, b""), e.oversized)
            for e in sorted(entries, key=lambda e: e.path)
        }

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether `new` builds on `old`; False is a rewritten history (force-push).

        `old` may be gone from the server and from a clone made again: that is False too.
        """
        if not self._holds(old):
            return False
        return (
            self._git("merge-base", "--is-ancestor", old, new, timeout_s=READ_TIMEOUT_S).code == 0
        )

    def discard(self) -> None:
        """Throw the clone away; the next `fetch` makes it again."""
        _remove(self.folder)
        self._data = {}

    def _look(self, timeout_s: float = LOOK_TIMEOUT_S) -> tuple[str, str]:
        """Return (full ref, commit id) of what is followed."""
        arguments = ("--", self.url, *self._refs)
        nowhere = Path(os.devnull)  # not the clone: it may be broken
        done = self._git("ls-remote", *arguments, timeout_s=timeout_s, folder=nowhere)
        if done.code != 0:
            raise self._failed(done)
        found = dict(to_refs(done.stdout))
        for ref in self._refs:
            if ref in found:
                return ref.removesuffix("^{}"), found[ref]
        raise StageFailed(
            "fetch",
            f"no branch or tag {self._branch!r}",
            where=self.name,
            fix="push it, or name another",
        )

    def _update(self, ref: str, sha: str) -> bool:
        """Fetch `ref` into the clone; False when git could not, for whatever reason."""
        if not self.folder.is_dir():
            return False
        return self._fetch(self.folder, ref).code == 0 and self._holds(sha)

    def _remake(self, ref: str, sha: str) -> None:
        """Clone beside and swap. The old clone stays where the server is what fails."""
        beside, old = (self.folder.with_name(self.folder.name + end) for end in (".new", ".old"))
        for left_behind in (beside, old):
            _remove(left_behind)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        flags = ("--quiet", "--bare", "--template=")
        done = self._git("init", *flags, str(beside), timeout_s=READ_TIMEOUT_S, folder=beside)
        if done.code == 0:
            done = self._fetch(beside, ref)
        if done.code != 0:
            _remove(beside)
            raise self._failed(done)
        if self.folder.exists():
            self.folder.rename(old)
        beside.rename(self.folder)
        _remove(old)
        if not self._holds(sha):
            raise StageFailed(
                "fetch",
                f"commit {sha[:12]} is not on {ref} any more",
                where=self.name,
                fix="look again",
            )

    def _fetch(self, folder: Path, ref: str) -> Finished:
        """Fetch one ref with its history: whether a push was forced needs the ancestors."""
        flags = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        spec = f"+{ref}:{_TRACKED}"
        return self._git(
            "fetch", *flags, "--", self.url, spec, timeout_s=FETCH_TIMEOUT_S, folder=folder
        )

    def _holds(self, sha: str) -> bool:
        """Tell whether the clone has the commit; a clone that is missing or broken has none."""
        if not self.folder.is_dir() or not SHA.fullmatch(sha):
            return False
        return self._git("cat-file", "-e", f"{sha}^{{commit}}", timeout_s=READ_TIMEOUT_S).code == 0

    def _commit(self, sha: str) -> Commit:
        """Read a commit of the clone with GitPython, told not to listen to the environment."""
        env = environment(self.url, self._credentials, self._trust, self.folder)
        env["GIT_OBJECT_DIRECTORY"] = str(self.folder / "objects")
        argv = ["git", "show", "-s", f"--format={COMMIT_FORMAT}", sha]
        try:
            said = Git(self.folder).execute(argv, env=env, kill_after_timeout=READ_TIMEOUT_S)
        except GitCommandError as e:
            self.discard()
            raise StageFailed("fetch", f"commit {sha[:12]} cannot be read", where=self.name) from e
        return to_commit(said)

    def _entries(self, sha: str) -> list[Entry]:
        """List what stands below PATHS at `sha`, with sizes, in one call."""
        flags = ("-r", "-z", "--long")
        done = self._git("ls-tree", *flags, sha, "--", *PATHS, timeout_s=READ_TIMEOUT_S)
        if done.code != 0:
            self.discard()
            raise self._failed(done)
        return to_entries(done.stdout)

    def _contents(self, oids: list[str]) -> dict[str, bytes]:
        """Read many objects by one `cat-file --batch`; object id → content."""
        if not oids:
            return {}
        asked = "\n".join(oids).encode() + b"\n"
        done = self._git("cat-file", "--batch", timeout_s=READ_TIMEOUT_S, stdin=asked)
        try:
            if done.code == 0:
                return to_contents(done.stdout, oids)
        except (ValueError, IndexError):
            pass  # a missing or damaged object leaves another shape of answer
        self.discard()
        raise StageFailed("fetch", "the clone was damaged and is made again", where=self.name)

    def _git(
        self,
        verb: str,
        *args: str,
        timeout_s: float,
        folder: Path | None = None,
        stdin: bytes | None = None,
    ) -> Finished:
        """Run git in the clone with the pinned environment. Options are in it, so argv stays short."""
        env = environment(self.url, self._credentials, self._trust, folder or self.folder)
        cwd = self.folder.parent if self.folder.parent.is_dir() else Path("/")
        return run(
            ("git", verb, *args), stage="fetch", timeout_s=timeout_s, env=env, stdin=stdin, cwd=cwd
        )

    def _failed(self, done: Finished) -> StageFailed:
        """Translate git's complaint, without what an address may hold."""
        said = without_userinfo(complaint(done.stderr))
        what = f"git: {said[-MAX_SAID_CHARS:] or f'exit code {done.code}'}"
        return StageFailed("fetch", what, where=self.name, fix=fix_for(said))


def _remove(path: Path) -> None:
    """Remove what stands at `path`, whatever it is; nothing is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
