"""`wpaas site new`: asks, checks each answer as the whole fleet would, and writes a valid file."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.cli.open import command
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.core.blob import Blob
    from reconciler.core.problem import Problem

EXIT_FAILED = 1
EPILOG = """\
On a terminal, what no flag says is asked for, and a wrong answer is asked for again. Elsewhere
--owner is needed, and the title comes from the name. Every value is checked against the fleet's
schemas, allowlist and other sites before anything is written.

examples:
  wpaas site new night-owls
  wpaas site new night-owls --title "Night owls" --owner ravi --plugin site-notice

exit codes: 0 written, 1 a value is not allowed, 2 wrong usage, also where the site exists
"""


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the action."""
    new = command(
        actions,
        "new",
        "write a valid sites/NAME.json; asks what flags leave open",
        "Write sites/NAME.json for a new site. Commit and push it, and the site goes live.",
        EPILOG,
    )
    new.add_argument("name", metavar="NAME", help="3 to 32 of a-z, 0-9 and '-'; also its address")
    new.add_argument("--title", help="what visitors read at the top (default: from the name)")
    new.add_argument("--owner", action="append", metavar="LOGIN", help="forge login; may repeat")
    new.add_argument("--plugin", action="append", metavar="SLUG", help="vetted plugin; may repeat")
    new.add_argument(
        "--folder", type=Path, default=Path(), help="the fleet's folder, with sites/ (default: .)"
    )
    new.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask for what is open, check, and write; returns the exit code."""
    from reconciler.shell.worktree import read_worktree

    name, folder = arguments.name, arguments.folder
    path = folder / "sites" / f"{name}.json"
    blobs = read_worktree(folder)
    if "platform.yaml" not in blobs:
        raise UsageError(
            "no fleet is here: platform.yaml is missing",
            where=str(folder.absolute()),
            fix="go to the fleet's folder, or name it with --folder",
        )
    draft = Draft(name, blobs)
    if path.exists():
        raise UsageError("this site exists", where=str(path), fix="edit it, or choose another name")
    wrong = draft.wrong("/name") + draft.wrong_file()
    if not wrong:
        _fill(draft, arguments)
        wrong = draft.wrong("")
    for problem in wrong:
        print(problem, file=sys.stderr)
    if wrong:
        return EXIT_FAILED
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(draft.text())
    except OSError as e:
        raise UsageError(f"it cannot be written ({e.strerror})", where=str(path)) from e
    print(path)
    print("next: `wpaas validate`, commit it, and push", file=sys.stderr)
    return 0


class Draft:
    """A site's file before it is written, inside the fleet it will belong to."""

    def __init__(self, name: str, blobs: "Mapping[str, Blob]") -> None:
        from reconciler.core.compiler import compile_fleet
        from reconciler.daemon import clock
        from reconciler.shell.schemas import load_schemas

        self._file = f"sites/{name}.json"
        self._blobs = blobs
        self._schemas = load_schemas()
        self._now = clock.now()
        self.document: dict[str, Any] = {"name": name, "title": name, "owners": ["somebody"]}
        allowlist = compile_fleet(blobs, self._schemas, now=self._now).allowlist
        self.plugins = allowlist.slugs("plugin") if allowlist else ()

    def text(self) -> str:
        """The file."""
        return json.dumps(self.document, indent=2, ensure_ascii=False) + "\n"

    def wrong(self, pointer: str) -> "list[Problem]":
        """Errors at `pointer` and below it; "" is the whole file."""
        from reconciler.core.compiler import Blob, compile_fleet

        # A half surrogate, as a terminal makes of bytes that are no UTF-8, is the compiler's to name.
        data = self.text().encode(errors="surrogateescape")
        blobs = {**self._blobs, self._file: Blob(path=self._file, mode="100644", data=data)}
        found = compile_fleet(blobs, self._schemas, now=self._now).problems
        ours = (p for p in found if p.file == self._file and p.severity == "error")
        return [p for p in ours if f"{p.pointer}/".startswith(f"{pointer}/")]

    def wrong_file(self) -> "list[Problem]":
        """Errors of the file as such: its name."""
        return [p for p in self.wrong("") if not p.pointer]


def _fill(draft: Draft, arguments: argparse.Namespace) -> None:
    name = str(arguments.name)
    title = name.replace("-", " ").capitalize()
    if not sys.stdin.isatty():
        if not arguments.owner:
            raise UsageError("whose site is it?", fix="--owner LOGIN, with a login of your forge")
        draft.document["title"] = title if arguments.title is None else arguments.title
        _own(draft, arguments.owner)
        _use(draft, arguments.plugin or [])
        return
    if arguments.title is None:
        _ask(draft, f"Title [{title}]", "/title", lambda said: _call(draft, said or title))
    else:
        _call(draft, arguments.title)
    if arguments.owner:
        _own(draft, arguments.owner)
    else:
        question = "Owners (logins of your forge, with blanks between)"
        _ask(draft, question, "/owners", lambda said: _own(draft, said.replace(",", " ").split()))
    if arguments.plugin is not None:
        _use(draft, arguments.plugin)
    elif draft.plugins:
        question = f"Plugins, of {', '.join(draft.plugins)} [none]"
        _ask(draft, question, "/plugins", lambda said: _use(draft, said.replace(",", " ").split()))


def _call(draft: Draft, title: str) -> None:
    draft.document["title"] = title


def _own(draft: Draft, logins: list[str]) -> None:
    draft.document["owners"] = logins
    draft.document["admins"] = logins[:1]


def _use(draft: Draft, slugs: list[str]) -> None:
    draft.document.pop("plugins", None)
    if slugs:
        draft.document["plugins"] = [{"slug": slug} for slug in slugs]


def _ask(draft: Draft, question: str, pointer: str, take: "Callable[[str], None]") -> None:
    """Ask until the answer is good."""
    while True:
        print(f"{question}: ", end="", file=sys.stderr, flush=True)
        try:
            take(input().strip())
        except EOFError:
            print(file=sys.stderr)
            raise UsageError(
                "the answers ended, and nothing is written", fix="answer, or give flags"
            ) from None
        wrong = draft.wrong(pointer)
        if not wrong:
            return
        for problem in wrong:
            print(f"  {problem.message}\n  fix: {problem.fix}", file=sys.stderr)
