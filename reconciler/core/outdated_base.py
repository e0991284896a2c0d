"""What runs of the base image beside what the mirrors have: PHP, Debian's WordPress and other packages.

What runs is the lock's word (`image/packages.lock`): the build takes each version from there where the
mirror still has it.
"""

from collections.abc import Iterator, Mapping

from reconciler.core.base_lock import Lock
from reconciler.core.outdated import Row, RowKind, Standing

ASK = "wpaas outdated --base asks the mirrors"
NEVER = "no version is locked; wpaas image refresh"
WORDPRESS = "wordpress"


def base_rows(lock: Lock, mirrors: Lock | None, php: str) -> Iterator[Row]:
    """PHP, then each package of the image that differs, or one row where none does.

    `php`: the branch that image/Dockerfile names, for a fleet that locks nothing.
    `mirrors`: what a build without a lock took just now; None where nobody was asked. Debian only
    ever replaces a version by a newer one, so what differs is outdated.
    """
    runs = lock.stages.get("webhead", {})
    newest = mirrors.stages.get("webhead", {}) if mirrors else {}
    package = f"php{php}-fpm"
    yield _row("php", "php", runs.get(package, php), newest.get(package, ""), _when(lock, mirrors))
    changed = [
        name
        for name in sorted(runs)
        if mirrors and name != package and newest.get(name) != runs[name]
    ]
    for name in changed:
        yield _row("debian", name, runs[name], newest.get(name, ""), "")
    if not changed:
        what = f"{len(runs)} packages" if runs else ""
        yield _row("debian", "base packages", what, what if mirrors else "", _when(lock, mirrors))


def debian_core_row(lock: Lock, mirrors: Lock | None) -> Row:
    """Debian's own package of WordPress, where no release is named."""
    runs = _wordpress(lock.stages)
    newest = _wordpress(mirrors.stages if mirrors else {})
    return _row("core", WORDPRESS, runs, newest, _when(lock, mirrors))


def _wordpress(stages: Mapping[str, Mapping[str, str]]) -> str:
    return stages.get(WORDPRESS, {}).get(WORDPRESS, "")


def _row(kind: RowKind, name: str, runs: str, newest: str, note: str) -> Row:
    standing: Standing = "unknown"
    if runs and newest:
        standing = "current" if runs == newest else "outdated"
    return Row(kind=kind, name=name, runs=runs or "-", newest=newest, standing=standing, note=note)


def _when(lock: Lock, mirrors: Lock | None) -> str:
    if not lock.day:
        return NEVER
    return "" if mirrors else f"locked {lock.day}; {ASK}"
