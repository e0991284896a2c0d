"""The plan in words: what a merge would do to the cluster, from two compiled fleets and no cluster."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.checker import Schema
from reconciler.core.compiler import Compiled
from reconciler.core.manifest import Package, Site
from reconciler.core.packages import packages_in_use, users_of
from reconciler.core.review.change import Proposal
from reconciler.core.review.field_changes import field_changes
from reconciler.core.vetting.report_phrase import Phrase, Quoted, counted

MAX_NAMED = 4


def effects(
    proposal: Proposal, base: Compiled, result: Compiled, schema: Schema
) -> tuple[Phrase, ...]:
    """What happens, the sites first; `schema` is that of a site's file."""
    image = tuple(_image(proposal, base, result))
    found = [
        *_added(proposal, base, result),
        *_removed(base, result),
        *_changed(proposal, base, result, schema),
        *_held(base, result),
        *image,
        *_shared(proposal),
    ]
    return tuple(found) or (("changes nothing on the cluster",),)


def named(names: Sequence[str]) -> str:
    """Names in a sentence, a long list cut short."""
    if len(names) > MAX_NAMED:
        return f"{', '.join(names[:MAX_NAMED])} and {len(names) - MAX_NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _added(proposal: Proposal, base: Compiled, result: Compiled) -> Iterator[Phrase]:
    for name in sorted(result.sites.keys() - base.sites.keys() - base.held):
        site = result.sites[name]
        nodes = f"on {counted(site.replicas, 'node')} ({site.size})"
        back = f"sites/{name}.json" in proposal.former
        stored = (
            "and the database and files of the old one come back with it"
            if back
            else "with a database and a bucket of its own"
        )
        yield (f"adds the site {name} {nodes}, {stored}; no other site restarts",)
        domain = result.platform.domain if result.platform else "the platform's domain"
        yield ("visitors reach it at ", *_listed(_hosts(site, domain)))
        if site.domains_primary is not None:
            own = (site.domains_primary, *site.domains_aliases)
            need = (
                "need DNS records that point" if len(own) > 1 else "needs a DNS record that points"
            )
            yield (*_listed(own), f" {need} where ", Quoted(f"{name}.{domain}"), " points")


def _hosts(site: Site, domain: str) -> tuple[str, ...]:
    own = (site.domains_primary,) if site.domains_primary else ()
    return (f"{site.name}.{domain}", *own, *site.domains_aliases)


def _listed(words: Sequence[str]) -> Phrase:
    parts: list[str | Quoted] = []
    for number, word in enumerate(words):
        between = "" if number == 0 else " and " if number == len(words) - 1 else ", "
        parts += [between, Quoted(word)]
    return tuple(parts)


def _removed(base: Compiled, result: Compiled) -> Iterator[Phrase]:
    gone = sorted((base.sites.keys() | base.held) - result.sites.keys() - result.held)
    for name in gone:
        yield (
            f"removes the site {name}: it is drained, then leaves the edges; its database and files stay",
        )
    limit = result.platform.limits.max_deletions if result.platform else len(gone)
    if len(gone) > limit:
        allowed = f"max_deletions in platform.yaml is {limit}"
        yield (f"that is {len(gone)} removals at once, and {allowed}: they may be refused",)


def _changed(
    proposal: Proposal, base: Compiled, result: Compiled, schema: Schema
) -> Iterator[Phrase]:
    for change in proposal.in_area("site"):
        name = change.path.rsplit("/", 1)[-1].removesuffix(".json")
        before, after = base.sites.get(name), result.sites.get(name)
        if before is None or after is None or change.before is None or change.after is None:
            continue
        found = field_changes(before, after, change.before, change.after, schema)
        if not found.words:
            yield (f"changes nothing of {name}: its file is only written in another way",)
            continue
        effect = f"; {_restarts(before.replicas)}" if found.restarts else ", without a restart"
        yield ("changes ", *found.phrase(), f" of {name}{effect}")


def _restarts(replicas: int) -> str:
    if replicas == 1:
        return "its one webhead restarts"
    return f"its {replicas} webheads restart, one after the other"


def _held(base: Compiled, result: Compiled) -> Iterator[Phrase]:
    for name in sorted(base.held & result.sites.keys()):
        yield (f"corrects {name}: it follows its file again",)
    for name in sorted(result.held - base.held):
        # What a misplaced file is called may be anything.
        if name in base.sites:
            yield (Quoted(name), " stays as it is until its file is corrected")
        else:
            yield ("the site ", Quoted(name), " is not added until its file is corrected")


def _image(proposal: Proposal, base: Compiled, result: Compiled) -> Iterator[Phrase]:
    """What changes the image that all sites run."""
    if base.allowlist is None or result.allowlist is None:
        return
    old = _in_image(base)
    new = _in_image(result)
    words = list(_entries(base, result, old, new))
    folders = {folder for each in (old, new) for p in each.values() if (folder := _folder(p))}
    built = [
        change.path
        for change in proposal.in_area("image")
        if not any(change.path.startswith(f"{folder}/") for folder in folders)
    ]
    wordpress = _wordpress(base) != _wordpress(result)
    if built or wordpress:
        what = "WordPress itself" if wordpress else "the base of the image"
        words.append((f"changes {what}: a build of some minutes",))
    yield from words
    if built or wordpress or _content(old) != _content(new):
        staying = base.sites.keys() & result.sites.keys()
        restart = "restarts" if len(staying) == 1 else "restart"
        yield (f"that makes a new image: {counted(len(staying), 'site')} {restart}, in waves",)


Key = tuple[str, str, str]


def _in_image(compiled: Compiled) -> dict[Key, Package]:
    if compiled.allowlist is None:
        return {}
    packages = packages_in_use(compiled.allowlist, compiled.sites.values())
    return {(p.kind, p.slug, p.version): p for p in packages}


def _content(packages: dict[Key, Package]) -> dict[Key, str]:
    return {key: package.tree_sha256 for key, package in packages.items()}


def _folder(package: Package) -> str:
    return getattr(package.source, "path", "")


def _wordpress(compiled: Compiled) -> object:
    return compiled.platform.wordpress if compiled.platform else None


def _entries(
    base: Compiled, result: Compiled, old: dict[Key, Package], new: dict[Key, Package]
) -> Iterator[Phrase]:
    came = {(p.kind, p.slug): p for key, p in new.items() if key not in old}
    gone = {(p.kind, p.slug): p for key, p in old.items() if key not in new}
    for (kind, slug), package in sorted(came.items()):
        before = gone.pop((kind, slug), None)
        version = Quoted(package.version)
        if before is not None:
            yield (
                f"moves the {kind} {slug} from ",
                Quoted(before.version),
                " to ",
                version,
                ": one layer is made again",
            )
        else:
            yield (f"allows the {kind} {slug} ", version, ": one more layer in the image")
    for key, package in sorted(new.items()):
        if key in old and old[key].tree_sha256 != package.tree_sha256:
            yield (
                f"changes the files of the {package.kind} {package.slug} ",
                Quoted(package.version),
            )
    for (kind, slug), package in sorted(gone.items()):
        entry = result.allowlist.find(package.kind, slug) if result.allowlist else None
        verb = "blocks" if entry is not None and entry.state == "blocked" else "leaves out"
        users = users_of(base.allowlist, package, base.sites.values()) if base.allowlist else ()
        used = f", which {named(users)} {'uses' if len(users) == 1 else 'use'}" if users else ""
        goes = f"{used}; its layer leaves the image"
        yield (f"{verb} the {kind} {slug} ", Quoted(package.version), goes)
    yield from _states(base, result, old, new)


def _states(
    base: Compiled, result: Compiled, old: dict[Key, Package], new: dict[Key, Package]
) -> Iterator[Phrase]:
    """Entries whose judgement changed, and that the image holds as before."""
    before = (
        {(p.kind, p.slug, p.version): p for p in base.allowlist.packages} if base.allowlist else {}
    )
    for package in result.allowlist.packages if result.allowlist else ():
        key = (package.kind, package.slug, package.version)
        known = before.get(key)
        if known is None and key not in new and package.state == "blocked":
            yield (f"blocks the {package.kind} {package.slug} ", Quoted(package.version))
        elif known is not None and (key in old) == (key in new) and known != package:
            called = (f"the {package.kind} {package.slug} ", Quoted(package.version))
            if known.state != package.state:
                yield ("calls ", *called, f" {package.state} now")
            else:
                yield ("changes what is said of ", *called)


def _shared(proposal: Proposal) -> Iterator[Phrase]:
    said: Iterable[tuple[tuple[str, ...], str]] = (
        (
            ("platform",),
            "changes what all sites share: `wpaas plan` on the cluster says what restarts",
        ),
        (("advisories",), "changes what is known of holes: nothing restarts"),
        (("rules",), "changes who decides and what is checked in this repository"),
        (("program",), "changes the program: nothing restarts until operators install it"),
        (("other",), "changes files that the cluster does not read"),
    )
    for areas, words in said:
        if any(change.area in areas for change in proposal.changes):
            yield (words,)
