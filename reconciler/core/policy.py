"""Meaning: what a site's file or a shared file says, judged against the rest of the fleet.

Every function takes a document whose shape may be wrong in other places and looks only at values
of the kind it knows, so that all problems of a file come at once.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from reconciler.core.document import Document, child
from reconciler.core.manifest import Allowlist, PackageKind, Platform
from reconciler.core.nearest import nearest, suggestion
from reconciler.core.problem import Problem, ProblemCode, shown

# Words of the platform's own services, and names that visitors would take for the platform's.
RESERVED_NAMES = frozenset(
    {
        *("admin", "api", "cdn", "dashboard", "database", "edge", "egress", "fleet", "health"),
        *("localhost", "login", "mail", "metrics", "mysql", "node", "platform", "preview"),
        *("reconciler", "registry", "root", "site", "sites", "smtp", "status", "store", "support"),
        *("system", "test", "webhead", "wordpress", "wpaas", "www"),
    }
)
MIN_REPLICAS = 2
MAX_PLUGINS = 50  # the schema's; what a longer list holds is not looked at
_FOLDED = str.maketrans({"0": "o", "1": "l", "-": None})


def name_problems(document: Document, stem: str) -> Iterator[Problem]:
    """The name is the file's, and nobody else's word."""
    name = document.value.get("name")
    if not isinstance(name, str):
        return
    if name != stem:
        message = f'the name "{shown(name)}" is not the file\'s, "{shown(stem)}"'
        fix = f'write "{shown(stem)}", or call the file {shown(name)}.json if it is a new site'
        yield document.problem("name-mismatch", "/name", message, fix, value=name)
    elif name in RESERVED_NAMES:
        message = f'"{name}" is a word of the platform'
        fix = f'take another name, such as "{name}-club"'
        yield document.problem("name-reserved", "/name", message, fix, value=name)


def confusable_names(
    documents: Mapping[str, Document], living: frozenset[str]
) -> Iterator[tuple[str, Problem]]:
    """(site, problem) for names that read alike; a living site keeps its name."""
    folded: dict[str, list[str]] = {}
    for name in sorted({*documents, *living}):
        folded.setdefault(name.translate(_FOLDED), []).append(name)
    for name, document in documents.items():
        others = [other for other in folded[name.translate(_FOLDED)] if other != name]
        if others and name not in living:
            message = f'"{name}" reads like the site "{others[0]}"'
            fix = "take a name that nobody takes for the other"
            problem = document.problem("name-confusable", "/name", message, fix, value=name)
            yield name, problem


def replica_problems(document: Document, platform: Platform) -> Iterator[Problem]:
    """As many webheads as there are nodes at most, and two unless there is one node."""
    replicas = document.value.get("replicas")
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        return
    if replicas > platform.nodes:
        message = f"{replicas} webheads want {replicas} nodes, the platform has {platform.nodes}"
        fix = f"write {platform.nodes} or less"
        yield document.problem("replicas-too-many", "/replicas", message, fix, value=replicas)
    elif replicas == 1 and not platform.single_node:
        message = "one webhead is gone with its node"
        fix = f"write {MIN_REPLICAS}, or leave the field out"
        yield document.problem("out-of-range", "/replicas", message, fix, value=replicas)


def locale_problems(document: Document, platform: Platform) -> Iterator[Problem]:
    """A language whose pack is in the image."""
    locale = document.value.get("locale")
    if isinstance(locale, str) and locale not in platform.locales:
        listed = ", ".join(f'"{known}"' for known in platform.locales)
        message = f'the platform has no language "{shown(locale)}"'
        fix = suggestion(locale, platform.locales, f"write one of {listed}")
        yield document.problem("locale-unknown", "/locale", message, fix, value=locale)


def written_plugins(document: Document) -> Iterator[tuple[str, str]]:
    """(pointer, slug) of each plugin that a site's file names, in both ways of writing."""
    plugins = document.value.get("plugins")
    for number, item in enumerate(plugins[:MAX_PLUGINS] if isinstance(plugins, list) else ()):
        pointer = child("/plugins", number)
        if isinstance(item, str):
            yield pointer, item
        elif isinstance(item, dict) and isinstance(item.get("slug"), str):
            yield child(pointer, "slug"), item["slug"]


def package_problems(
    document: Document, allowlist: Allowlist, platform: Platform | None
) -> Iterator[Problem]:
    """Every plugin and the theme are allowed, once, with what they need."""
    named: dict[str, str] = {}
    written = list(written_plugins(document))
    for pointer, slug in written:
        if slug in named:
            message = f'the plugin "{shown(slug)}" stands at {named[slug]} too'
            yield document.problem("plugin-repeated", pointer, message, "remove it", value=slug)
            continue
        named[slug] = pointer
        yield from _package(document, pointer, slug, "plugin", allowlist, ())
    for pointer, slug in written:
        package = allowlist.find("plugin", slug)
        for needed in package.requires_plugins if package else ():
            if needed not in named:
                message = f'the plugin "{slug}" needs "{needed}"'
                fix = f'add "{needed}" to the plugins'
                yield document.problem("plugin-needs-plugin", pointer, message, fix, value=slug)
    theme = document.value.get("theme")
    if isinstance(theme, str):
        own = platform.themes if platform else ()
        yield from _package(document, "/theme", theme, "theme", allowlist, own)


_CODES: Mapping[PackageKind, tuple[ProblemCode, ProblemCode, ProblemCode]] = {
    "plugin": ("plugin-not-vetted", "plugin-blocked", "plugin-deprecated"),
    "theme": ("theme-not-vetted", "theme-blocked", "theme-deprecated"),
}


def _package(
    document: Document,
    pointer: str,
    slug: str,
    kind: PackageKind,
    allowlist: Allowlist,
    own: tuple[str, ...],
) -> Iterator[Problem]:
    not_vetted, blocked, deprecated = _CODES[kind]
    package = allowlist.find(kind, slug)
    if package is None and slug in own:
        return
    if package is None:
        near = nearest(slug, (*allowlist.slugs(kind), *own))
        message = f'the {kind} "{shown(slug)}" is not in plugins-allowlist.yaml'
        fix = f'write "{near[0]}"' if near else "remove it, or propose it in plugins-allowlist.yaml"
        yield document.problem(not_vetted, pointer, message, fix, value=slug)
        return
    instead = f'write "{package.replaced_by}"' if package.replaced_by else "remove it"
    if package.state == "blocked":
        message = f'the {kind} "{slug}" is blocked: {shown(package.reason)}'
        yield document.problem(blocked, pointer, message, instead, value=slug)
    if package.state == "deprecated":
        message = f'the {kind} "{slug}" is on its way out: {shown(package.reason)}'
        warning = document.problem(deprecated, pointer, message, instead, value=slug)
        yield dataclasses.replace(warning, severity="warning")


def platform_problems(document: Document, platform: Platform) -> Iterator[Problem]:
    """What platform.yaml says in two places agrees."""
    if platform.single_node and platform.nodes != 1:
        message = f"single_node is declared, and {platform.nodes} nodes are"
        yield _contradiction(
            document, "/single_node", message, "write nodes: 1 or single_node: false"
        )
    if platform.nodes == 1 and not platform.single_node:
        message = "one node cannot carry two webheads of a site"
        yield _contradiction(
            document, "/nodes", message, "add single_node: true, or write nodes: 2"
        )
    if platform.cdn == "maxcdn" and platform.maxcdn is None:
        message = "the account of the CDN is missing"
        fix = "add maxcdn: with alias, endpoint and credentials_file"
        yield _contradiction(document, "/cdn", message, fix)


def _contradiction(document: Document, pointer: str, message: str, fix: str) -> Problem:
    return document.problem("platform-contradiction", pointer, message, fix)


def allowlist_problems(document: Document, allowlist: Allowlist) -> Iterator[Problem]:
    """Each package once, pinned, and with what it points at."""
    seen: dict[tuple[str, str], int] = {}
    known = {package.slug for package in allowlist.packages if package.kind == "plugin"}
    for number, package in enumerate(allowlist.packages):
        at = child("/packages", number)
        first = seen.setdefault((package.kind, package.slug), number)
        if first != number:
            message = f'the {package.kind} "{package.slug}" is package {first} too'
            fix = "keep one of the two"
            yield document.problem(
                "package-repeated", child(at, "slug"), message, fix, value=package.slug
            )
        if "archive" in document.value["packages"][number]["source"] and not package.archive_sha256:
            message = f'the archive of "{package.slug}" has no digest'
            fix = 'add sha256: "…", the digest of the archive that was reviewed'
            yield document.problem("archive-not-pinned", child(at, "source"), message, fix)
        yield from _unknown_needs(document, at, package.requires_plugins, known)


def _unknown_needs(
    document: Document, at: str, needs: Iterable[str], known: set[str]
) -> Iterator[Problem]:
    for number, slug in enumerate(needs):
        if slug not in known:
            message = f'the plugin "{slug}" is needed here and is not in this file'
            fix = suggestion(slug, known, "add it as a package of its own")
            pointer = child(f"{at}/requires/plugins", number)
            yield document.problem("plugin-not-vetted", pointer, message, fix, value=slug)
