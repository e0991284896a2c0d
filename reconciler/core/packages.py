"""Packages of the allowlist: which ones the image needs, and those kept in the repository."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.core import versions
from reconciler.core.blob import EXECUTABLE, MAX_IMAGE_FILE_BYTES, Blob, unreadable
from reconciler.core.document import Document
from reconciler.core.manifest import Allowlist, Package, PackageKind, Site, SourcePath
from reconciler.core.problem import Problem
from reconciler.core.tree import tree_sha256
from reconciler.core.vetting.accepted import Acceptance
from reconciler.core.vetting.candidate import Grants

IMAGE = "image/"
FOLDERS = ("image", "sites")  # as entries of their own they are no folders


def packages_in_use(allowlist: Allowlist, sites: Iterable[Site]) -> tuple[Package, ...]:
    """What the fleet's image holds, by kind, slug and version, the oldest version first.

    The default version of each package that is not blocked, used or not, so that a site which
    adds it needs no new image; and the versions that sites pin.
    """
    wanted: set[tuple[PackageKind, str, str | None]] = {
        (package.kind, package.slug, None) for package in allowlist.packages
    }
    for site in sites:
        wanted |= {("plugin", slug, version) for slug, version in site.plugin_versions.items()}
    found = {
        (package.kind, package.slug, package.version): package
        for kind, slug, version in wanted
        if (package := allowlist.find(kind, slug, version)) and package.state != "blocked"
    }
    order = {v: n for n, v in enumerate(versions.in_order({version for _, _, version in found}))}
    return tuple(sorted(found.values(), key=lambda p: (p.kind, p.slug, order[p.version])))


def users_of(allowlist: Allowlist, package: Package, sites: Iterable[Site]) -> tuple[str, ...]:
    """Names of the sites that run this very version, sorted."""
    return tuple(sorted(site.name for site in sites if _runs(allowlist, site, package)))


def _runs(allowlist: Allowlist, site: Site, package: Package) -> bool:
    slugs = site.plugins if package.kind == "plugin" else (site.theme,)
    pinned = site.plugin_versions.get(package.slug) if package.kind == "plugin" else None
    return package.slug in slugs and package == allowlist.find(package.kind, package.slug, pinned)


def grants_of(package: Package) -> Grants:
    """What reviewers let it do, as vetting compares it."""
    return Grants(
        network=package.network,
        cron=package.cron,
        tables=package.tables,
        routes=package.routes,
        writes=package.writes,
    )


def acceptances_of(package: Package) -> tuple[Acceptance, ...]:
    """The exceptions of an entry, signed by its reviewers."""
    return tuple(
        Acceptance(
            code=each.code,
            mark=each.mark,
            because=each.because,
            until=each.until,
            by=package.reviewed_by,
        )
        for each in package.exceptions
    )


def files_below(blobs: Mapping[str, Blob], folder: str) -> dict[str, Blob]:
    """Blobs under `folder`, by their path inside it."""
    start = f"{folder}/"
    return {
        path.removeprefix(start): blob for path, blob in blobs.items() if path.startswith(start)
    }


def tree_of(files: Mapping[str, Blob]) -> str:
    """The digest that an allowlist entry pins, see `tree_sha256`."""
    return tree_sha256({path: (b.mode == EXECUTABLE, b.data) for path, b in files.items()})


def image_problems(blobs: Mapping[str, Blob]) -> Iterator[Problem]:
    """Entries of image/ that no build may see, and folders that are links."""
    for path in sorted(blobs):
        problem = (
            unreadable(blobs[path], MAX_IMAGE_FILE_BYTES)
            if path.startswith(IMAGE) or path in FOLDERS
            else None
        )
        if problem is not None:
            yield problem


def path_problems(
    document: Document, allowlist: Allowlist, blobs: Mapping[str, Blob]
) -> Iterator[Problem]:
    """Packages with a path in the repository that are not there, or not as reviewed."""
    for number, package in enumerate(allowlist.packages):
        if not isinstance(package.source, SourcePath) or package.state == "blocked":
            continue
        at, folder = f"/packages/{number}", package.source.path
        files = files_below(blobs, folder)
        tree = tree_of(files)
        if not files:
            message = f'there are no files in "{folder}"'
            fix = f'commit the files of "{package.slug}" there, or correct the path'
            pointer = f"{at}/source/path"
            yield document.problem("plugin-source-missing", pointer, message, fix, value=folder)
        elif tree != package.tree_sha256:
            message = f'the files of "{package.slug}" are not those that were reviewed'
            fix = f'review them, then write tree_sha256: "{tree}"'
            pointer, value = f"{at}/tree_sha256", package.tree_sha256
            yield document.problem("plugin-tree-mismatch", pointer, message, fix, value=value)
