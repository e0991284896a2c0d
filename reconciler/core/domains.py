"""Domains: their form (RFC 1123, IDNA 2008), their looks, and to which site each belongs."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator, Mapping

import idna

from reconciler.core.document import Document, child
from reconciler.core.manifest import Platform, Site
from reconciler.core.problem import Problem, shown

MAX_DOMAIN_CHARS = 253
MAX_LABEL_CHARS = 63
MIN_LABELS = 2
MAX_ALIASES = 20  # the schema's; what a longer list holds is not looked at
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# What nearly every domain looks like. The rules below find no fault with it: a property in
# tests/core/test_domains.py compares them.
_PLAIN = re.compile(
    r"(?=[^\n]{4,253}\Z)(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?!.--)(?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
# RFC 2606, 6761, 6762, 7686, 9476, and ICANN's `internal`: nobody can own a name below these.
RESERVED = frozenset(
    {"alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"}
)
FOR_TRIALS = frozenset({"example", "test"})
# Letters that a reader takes for Latin ones; a label of nothing else is a disguise.
_LATIN_LOOKS = frozenset("асеорхуіјѕһԁԛԝӏвкмнтгпοανρτυικηωγχ")
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)


def written_domains(document: Document) -> Iterator[tuple[str, str]]:
    """(pointer, text) of each domain that a site's file names and that is a text."""
    domains = document.value.get("domains")
    if not isinstance(domains, dict):
        return
    if isinstance(domains.get("primary"), str):
        yield "/domains/primary", domains["primary"]
    aliases = domains.get("aliases")
    for number, alias in enumerate(aliases[:MAX_ALIASES] if isinstance(aliases, list) else ()):
        if isinstance(alias, str):
            yield child("/domains/aliases", number), alias


def form_problems(document: Document, platform: Platform | None) -> Iterator[Problem]:
    """Faults of each domain by itself, and of the list."""
    seen: dict[str, str] = {}
    for pointer, domain in written_domains(document):
        problem = None if _PLAIN.fullmatch(domain) else _faulty(document, pointer, domain)
        if problem is None and platform is not None:
            problem = _reserved(document, pointer, domain, platform)
        if problem is None and domain in seen:
            message = f'"{shown(domain)}" stands at {seen[domain]} too'
            problem = document.problem(
                "domain-repeated", pointer, message, "remove it here", value=domain
            )
        seen.setdefault(domain, pointer)
        if problem is not None:
            yield problem
    yield from _www(document, seen)


def _faulty(document: Document, pointer: str, domain: str) -> Problem | None:
    return _form(document, pointer, domain) or _looks(document, pointer, domain)


def _www(document: Document, seen: Mapping[str, str]) -> Iterator[Problem]:
    domains = document.value.get("domains")
    primary = domains.get("primary") if isinstance(domains, dict) else None
    if not isinstance(primary, str) or domains.get("www") not in ("redirect", "primary"):
        return
    twin = f"www.{primary}"
    if twin in seen:
        message = f'"{shown(twin)}" is answered through the field "www" already'
        yield document.problem("domain-repeated", seen[twin], message, "remove it here", value=twin)
    elif primary.startswith("www."):
        message = 'the field "www" would make www.www. of this'
        fix = f'write "{shown(primary.removeprefix("www."))}", with "www": "primary"'
        yield document.problem("domain-repeated", "/domains/primary", message, fix, value=primary)


def _form(document: Document, pointer: str, domain: str) -> Problem | None:
    wrong = _wrong_form(domain)
    if wrong is None:
        return None
    message, fix = wrong
    return document.problem("domain-syntax", pointer, message, fix, value=domain)


def _wrong_form(domain: str) -> tuple[str, str] | None:
    """(message, fix) of the first fault, or None."""
    if len(domain) > MAX_DOMAIN_CHARS:
        return f"the domain is longer than {MAX_DOMAIN_CHARS}", "shorten it"
    if not domain.isascii():
        return _not_on_the_wire(domain)
    for found, fault in (
        ("://", "a scheme"),
        ("/", "a path"),
        (":", "a port"),
        ("*", "a wildcard"),
    ):
        if found in domain:
            return f"the domain holds {fault}", "write the name alone"
    if domain.endswith("."):
        return "the domain ends in a dot", f'write "{shown(domain.rstrip("."))}"'
    if domain != domain.lower():
        return "the domain is not in lower case", f'write "{shown(domain.lower())}"'
    return _wrong_labels(domain, domain.split("."))


def _not_on_the_wire(domain: str) -> tuple[str, str]:
    # Strict IDNA 2008: UTS 46's mapping would drop soft hyphens and zero-width characters.
    try:
        wire = idna.encode(domain.lower(), strict=True).decode()
    except (idna.IDNAError, UnicodeError):
        return "the domain is not one that can be registered", "write it as the registrar does"
    return "the domain is not in the form that is sent on the wire", f'write "{wire}"'


def _wrong_labels(domain: str, labels: list[str]) -> tuple[str, str] | None:
    if any(len(label) > MAX_LABEL_CHARS for label in labels):
        return f"a part is longer than {MAX_LABEL_CHARS}", "shorten it"
    if _is_address(labels, domain):
        return "an IP address is no domain", "write a name"
    if len(labels) < MIN_LABELS:
        return "a domain has two parts at least", 'write it in full, such as "garden-club.example"'
    for label in labels:
        if not _LABEL.fullmatch(label):
            fix = "write letters, digits and hyphens, a letter or digit first and last"
            return f'the part "{shown(label)}" is no host name', fix
        if label[2:4] == "--" and not _registrable(label):
            return f'the part "{shown(label)}" is no international name', "write it as registered"
    return None


def _is_address(labels: list[str], domain: str) -> bool:
    """Whether a resolver might take it for an address: 127.1 and 0x7f.1 included."""
    if _NUMERIC.fullmatch(labels[-1]):
        return True
    if ":" not in domain:
        return False  # the other form of four numbers ends in one, see above
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return False
    return True


def _registrable(label: str) -> bool:
    """IDNA 2008 without mapping: the label is what encoding its own meaning gives."""
    try:
        return idna.alabel(idna.ulabel(label)).decode() == label
    except (idna.IDNAError, UnicodeError):
        return False


def _looks(document: Document, pointer: str, domain: str) -> Problem | None:
    for label in domain.split("."):
        meant = idna.ulabel(label) if label.startswith("xn--") else label
        if meant.isascii() or not _deceives(meant):
            continue
        message = f'the part "{label}" shows as "{shown(meant)}", in letters that pass for others'
        fix = "register a name in one script that can be told from a Latin one"
        return document.problem("domain-confusable", pointer, message, fix, value=domain)
    return None


def _deceives(label: str) -> bool:
    letters = [c for c in label if c.isalpha()]
    scripts = {unicodedata.name(c, "?").split(" ")[0].split("-")[0] for c in letters}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        return True
    return bool(letters) and all(c in _LATIN_LOOKS for c in letters)


def _reserved(document: Document, pointer: str, domain: str, platform: Platform) -> Problem | None:
    top = domain.rsplit(".", 1)[-1]
    if top not in RESERVED or _below(domain, platform.domain):
        return None
    if top in FOR_TRIALS and platform.domain.rsplit(".", 1)[-1] in RESERVED:
        return None  # a platform for trials may try domains too
    message = f'nobody can own a name that ends in ".{top}"'
    fix = "write a registered domain, or leave it out: NAME.<platform domain> is there already"
    return document.problem("domain-reserved", pointer, message, fix, value=domain)


def _below(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")


def _claim(domain: str) -> str:
    """What a domain stands for: it and its www twin go to one site."""
    return domain.removeprefix("www.")


def ownership_problems(
    sites: Mapping[str, tuple[Site, Document]], platform: Platform, routed: Mapping[str, str]
) -> Iterator[tuple[str, Problem]]:
    """(site, problem) for each domain that belongs to somebody else.

    `routed` says which host goes to which site now, of sites that stay: who has a domain keeps it.
    Where nobody has it yet and several ask in one commit, none gets it: order would be chance.
    """
    holders = {_claim(host): site for host, site in routed.items()}
    claims: dict[str, set[str]] = {}
    for name, (site, _) in sites.items():
        for domain in (site.domains_primary, *site.domains_aliases):
            if domain is not None:
                claims.setdefault(_claim(domain), set()).add(name)
    for name, (_, document) in sites.items():
        for pointer, domain in written_domains(document):
            problem = _platform_name(document, pointer, domain, name, platform)
            others = sorted(claims[_claim(domain)] - {name})
            owner = holders.get(_claim(domain), others[0] if others else name)
            if problem is None and owner != name:
                problem = _taken(document, pointer, domain, f'the site "{owner}"')
            if problem is not None:
                yield name, problem


def _platform_name(
    document: Document, pointer: str, domain: str, site: str, platform: Platform
) -> Problem | None:
    if not _below(domain, platform.domain) or domain == f"{site}.{platform.domain}":
        return None
    owner = domain.removesuffix(platform.domain).rstrip(".")
    whose = f'the site "{owner}"' if _LABEL.fullmatch(owner) else "the platform"
    return _taken(document, pointer, domain, whose)


def _taken(document: Document, pointer: str, domain: str, whose: str) -> Problem:
    message = f'"{shown(domain)}" belongs to {whose}'
    fix = "remove it here, or have it removed there in a commit of its own first"
    return document.problem("domain-taken", pointer, message, fix, value=domain)
