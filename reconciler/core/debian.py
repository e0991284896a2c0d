"""Debian's own records, read: what is installed, and under which licences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
_LICENCE = re.compile(r"^License:[ \t]*(\S[^\n]*)$", re.MULTILINE)
_MACHINE_READABLE = re.compile(r"^Format:\s*https?://www\.debian\.org/", re.MULTILINE)
_MOST_LICENCES, _MOST_CHARS = 40, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One installed Debian package. `licences`: as its copyright file names them, sorted."""

    name: str
    version: str
    architecture: str
    source: str
    licences: tuple[str, ...] = ()


def installed(status: str, copyrights: Mapping[str, str]) -> tuple[Installed, ...]:
    """Read dpkg's status file; `copyrights`: package → text of its copyright file. Sorted by name.

    Licences are known only where the copyright file is machine-readable (DEP 5).
    """
    found = []
    for stanza in status.split("\n\n"):
        fields = dict(
            line.split(": ", 1)
            for line in stanza.splitlines()
            if ": " in line and not line.startswith((" ", "\t"))
        )
        if fields.get("Status", "").endswith(" installed"):
            source = _SOURCE.match(fields.get("Source", fields["Package"]))
            found.append(
                Installed(
                    name=fields["Package"],
                    version=fields["Version"],
                    architecture=fields["Architecture"],
                    source=source[1] if source else fields["Package"],
                    licences=licences(copyrights.get(fields["Package"], "")),
                )
            )
    return tuple(sorted(found, key=lambda one: one.name))


def licences(copyright_text: str) -> tuple[str, ...]:
    """Short names of the licences in a machine-readable copyright file, else none."""
    if not _MACHINE_READABLE.search(copyright_text[:4096]):
        return ()
    names = {name.strip()[:_MOST_CHARS] for name in _LICENCE.findall(copyright_text)}
    return tuple(sorted(names)[:_MOST_LICENCES])
