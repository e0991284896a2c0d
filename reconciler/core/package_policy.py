"""What sites say of plugins and themes, judged by the allowlist, and the allowlist by itself."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from reconciler.core import versions
from reconciler.core.document import Document, child
from reconciler.core.manifest import Allowlist, Package, PackageKind, Platform, SourcePath
from reconciler.core.nearest import nearest, suggestion
from reconciler.core.problem import Problem, ProblemCode, shown

MAX_PLUGINS = 50  # the schema's; what a longer list holds is not looked at
LONGEST = timedelta(days=366)
"""How long after its review a state or an exception may last: a year, and somebody looks again."""
SOON = timedelta(days=30)


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """A plugin as a site's file names it, and where: alone, or as an object with a version."""

    slug: str
    pointer: str
    version: str | None = None
    version_pointer: str = ""


def written_plugins(document: Document) -> Iterator[Written]:
    """Each plugin that a site's file names, in both ways of writing."""
    plugins = document.value.get("plugins")
    for number, item in enumerate(plugins[:MAX_PLUGINS] if isinstance(plugins, list) else ()):
        pointer = child("/plugins", number)
        if isinstance(item, str):
            yield Written(item, pointer)
        elif isinstance(item, dict) and isinstance(item.get("slug"), str):
            version = item.get("version")
            pinned = version if isinstance(version, str) else None
            yield Written(item["slug"], f"{pointer}/slug", pinned, f"{pointer}/version")


def package_problems(
    document: Document, allowlist: Allowlist, platform: Platform | None
) -> Iterator[Problem]:
    """Every plugin and the theme are allowed, once, with what they need."""
    named: dict[str, str] = {}
    written = list(written_plugins(document))
    for plugin in written:
        slug, pointer = plugin.slug, plugin.pointer
        if slug in named:
            message = f'the plugin "{shown(slug)}" stands at {named[slug]} too'
            yield document.problem("plugin-repeated", pointer, message, "remove it", value=slug)
            continue
        named[slug] = pointer
        yield from _package(document, plugin, "plugin", allowlist, ())
    for plugin in written:
        package = allowlist.find("plugin", plugin.slug, plugin.version)
        for needed in package.requires_plugins if package else ():
            if needed not in named:
                message = f'the plugin "{plugin.slug}" needs "{needed}"'
                fix = f'add "{needed}" to the plugins'
                yield document.problem(
                    "plugin-needs-plugin", plugin.pointer, message, fix, value=plugin.slug
                )
    theme = document.value.get("theme")
    if isinstance(theme, str):
        own = platform.themes if platform else ()
        yield from _package(document, Written(theme, "/theme"), "theme", allowlist, own)


_CODES: Mapping[PackageKind, tuple[ProblemCode, ProblemCode, ProblemCode]] = {
    "plugin": ("plugin-not-vetted", "plugin-blocked", "plugin-deprecated"),
    "theme": ("theme-not-vetted", "theme-blocked", "theme-deprecated"),
}


def _package(
    document: Document,
    written: Written,
    kind: PackageKind,
    allowlist: Allowlist,
    own: tuple[str, ...],
) -> Iterator[Problem]:
    not_vetted, blocked, deprecated = _CODES[kind]
    slug, pointer = written.slug, written.pointer
    package = allowlist.find(kind, slug)
    if package is None and slug in own:
        return
    if package is None:
        near = nearest(slug, (*allowlist.slugs(kind), *own))
        message = f'the {kind} "{shown(slug)}" is not in plugins-allowlist.yaml'
        fix = f'write "{near[0]}"' if near else "remove it, or propose it in plugins-allowlist.yaml"
        yield document.problem(not_vetted, pointer, message, fix, value=slug)
        return
    name, instead = f'"{slug}"', _instead(package)
    if written.version is not None:
        pinned = allowlist.find(kind, slug, written.version)
        if pinned is None:
            yield _unknown_version(document, written, allowlist.versions(kind, slug))
            return
        if package.state == "approved":
            instead = f'leave the version out: "{package.version}" is the default'
        package, pointer = pinned, written.version_pointer
        name = f'"{slug}" {package.version}'
    if package.state == "blocked":
        message = f"the {kind} {name} is blocked: {shown(package.reason)}"
        yield document.problem(blocked, pointer, message, instead, value=slug)
    if package.state == "deprecated":
        message = f"the {kind} {name} is on its way out: {shown(package.reason)}"
        if package.until is not None and package.until not in package.reason:
            message += f" (blocked after {package.until})"
        yield _warning(document.problem(deprecated, pointer, message, instead, value=slug))


def _instead(package: Package) -> str:
    return f'write "{package.replaced_by}"' if package.replaced_by else "remove it"


def _unknown_version(document: Document, written: Written, known: tuple[Package, ...]) -> Problem:
    wanted = str(written.version)
    usable = [package.version for package in known if package.state != "blocked"]
    listed = ", ".join(f'"{version}"' for version in usable)
    fix = f"write one of {listed}" if listed else "remove the plugin: no version of it is allowed"
    if len(usable) == 1:
        fix = f"write {listed}, or leave the version out"
    message = f'version "{shown(wanted)}" of "{written.slug}" is not in plugins-allowlist.yaml'
    pointer = written.version_pointer
    return document.problem("plugin-version-not-vetted", pointer, message, fix, value=wanted)


def allowlist_problems(
    document: Document, allowlist: Allowlist, today: date | None
) -> Iterator[Problem]:
    """Each version once, pinned, with what it points at, and with ends that are sensible.

    Without `today`, what has ended is not looked for.
    """
    seen: dict[tuple[str, str], list[int]] = {}
    known = {package.slug for package in allowlist.packages if package.kind == "plugin"}
    for number, package in enumerate(allowlist.packages):
        at = child("/packages", number)
        others = seen.setdefault((package.kind, package.slug), [])
        same = [n for n in others if not _differ(package, allowlist.packages[n])]
        others.append(number)
        if same:
            message = f'the {package.kind} "{package.slug}" is package {same[0]} too'
            pointer, fix = child(at, "slug"), "keep one of the two"
            yield document.problem("package-repeated", pointer, message, fix, value=package.slug)
        if not isinstance(package.source, SourcePath) and not package.archive_sha256:
            message = f'the archive of "{package.slug}" has no digest'
            fix = 'add sha256: "…", the digest of the archive that was reviewed'
            yield document.problem("archive-not-pinned", child(at, "source"), message, fix)
        yield from _unknown_needs(document, at, package.requires_plugins, known)
        yield from _ends(document, at, package, today)


def _differ(one: Package, other: Package) -> bool:
    """Whether WordPress tells the two versions apart: "1.0-beta" and "1.0beta" are one to it."""
    return versions.compare(one.version, other.version) != 0


def _unknown_needs(
    document: Document, at: str, needs: Iterable[str], known: set[str]
) -> Iterator[Problem]:
    for number, slug in enumerate(needs):
        if slug not in known:
            message = f'the plugin "{slug}" is needed here and is not in this file'
            fix = suggestion(slug, known, "add it as a package of its own")
            pointer = child(f"{at}/requires/plugins", number)
            yield document.problem("plugin-not-vetted", pointer, message, fix, value=slug)


def _ends(document: Document, at: str, package: Package, today: date | None) -> Iterator[Problem]:
    """The days of an entry: they exist, ends come within a year of the review, and which are near."""
    reviewed = _day(package.reviewed_at)
    if reviewed is None:
        yield _no_such_day(document, f"{at}/reviewed_at", package.reviewed_at)
    ends = {f"{at}/exceptions/{n}/until": a.until for n, a in enumerate(package.exceptions)}
    if package.until is not None:
        ends[f"{at}/until"] = package.until
    for pointer, written in ends.items():
        end = _day(written)
        if end is None:
            yield _no_such_day(document, pointer, written)
        elif reviewed is not None and end > reviewed + LONGEST:
            message = "that is more than a year after the review"
            fix = f'write "{(reviewed + LONGEST).isoformat()}" or earlier, or review it again'
            yield document.problem("out-of-range", pointer, message, fix, value=written)
        elif today is not None and end <= today + SOON and package.state != "blocked":
            yield _warning(_ending(document, pointer, package, end, today))


def _ending(document: Document, pointer: str, package: Package, end: date, today: date) -> Problem:
    about = f'"{package.slug}" {package.version}'
    days = (end - today).days
    when = f"ended on {end}" if days < 0 else f"ends {_in_days(days)}, on {end}"
    then = "now" if days < 0 else "then"
    if "/exceptions/" in pointer:
        message = f"an exception for {about} {when}: its finding counts again {then}"
        fix = "mend the finding, or review it again and write a later day"
    else:
        next_state = "deprecated" if package.state == "approved" else "blocked"
        message = f'"{package.state}" of {about} {when}: it counts as {next_state} {then}'
        fix = "review it again, then write a new reviewed_at and until"
    return document.problem("state-ending", pointer, message, fix, value=end.isoformat())


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _no_such_day(document: Document, pointer: str, written: str) -> Problem:
    message = f'there is no day "{shown(written)}"'
    return document.problem(
        "wrong-form", pointer, message, "write a day that exists", value=written
    )


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _warning(problem: Problem) -> Problem:
    return dataclasses.replace(problem, severity="warning")
