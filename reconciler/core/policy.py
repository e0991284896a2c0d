"""Meaning: what a site's file or a shared file says, judged against the rest of the fleet.

Every function takes a document whose shape may be wrong in other places and looks only at values
of the kind it knows, so that all problems of a file come at once.
"""

from collections.abc import Iterator, Mapping

from reconciler.core.document import Document
from reconciler.core.manifest import Platform
from reconciler.core.nearest import suggestion
from reconciler.core.problem import Problem, shown

# Words of the platform's own services, and names that visitors would take for the platform's.
RESERVED_NAMES = frozenset(
    {
        *(
            "admin",
            "api",
            "archives",
            "cdn",
            "dashboard",
            "database",
            "edge",
            "egress",
            "fleet",
            "health",
        ),
        *("localhost", "login", "mail", "metrics", "mysql", "node", "platform", "preview"),
        *("reconciler", "registry", "root", "site", "sites", "smtp", "status", "store", "support"),
        *("system", "test", "webhead", "wordpress", "wpaas", "www"),
    }
)
MIN_REPLICAS = 2
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
