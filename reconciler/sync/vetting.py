"""Vetting, from what a person names to the judgement: find the files, analyse, compare, keep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from reconciler.core.advisory_policy import snapshot_of
from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.core.image import BASE_REPOSITORY, base_context, base_tag, folder_files
from reconciler.core.layers import File
from reconciler.core.manifest import Package, PackageKind, SourceArchive, SourcePath, SourceRelease
from reconciler.core.packages import acceptances_of, grants_of, users_of
from reconciler.core.problem import Problem
from reconciler.core.snapshot import Snapshot
from reconciler.core.vetting.bump import Bump, compare
from reconciler.core.vetting.candidate import NOTHING_GRANTED, Candidate, Target
from reconciler.core.vetting.finding import Finding
from reconciler.core.vetting.headers import about
from reconciler.core.vetting.outside import Outside, mended, outside, public_since
from reconciler.core.vetting.packaging import php_paths
from reconciler.core.vetting.php.checks import RULES
from reconciler.core.vetting.php.report import PhpReport
from reconciler.core.vetting.profile import Profile, profile
from reconciler.core.vetting.review_file import review_problem
from reconciler.core.vetting.target import target_of
from reconciler.core.vetting.vet import Around, Behaviour, Syntax, Vetting, refused, vet
from reconciler.errors import UsageError
from reconciler.shell.schemas import load_schemas
from reconciler.shell.sources import Archives
from reconciler.shell.vetting import ANALYSIS_FAILED, Analyse, Said, analyse_files, engine_digest
from reconciler.shell.vetting_cache import ReportCache
from reconciler.shell.vetting_source import read_package
from reconciler.shell.vetting_syntax import check_syntax
from reconciler.shell.worktree import read_worktree

PHP_RULES = (*RULES, ANALYSIS_FAILED)
"""What an analysis of PHP may answer with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A package to judge. `entry` is None where the allowlist has none of this version.

    `folder` is where it lies in the fleet's repository, "" where it does not; `packed_on` the newest
    day (YYYY-MM-DD) that its archive tells of its files.
    """

    candidate: Candidate
    entry: Package | None
    folder: str = ""
    packed_on: str = ""
    refusals: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where packages are judged: a fleet's files, and what was found out before.

    `today` is YYYY-MM-DD. `lint`: address of an engine and an image, for the syntax by its PHP.
    `snapshot`: what is known of holes and of the directory, never from the proposal that is judged.
    """

    fleet: Path
    blobs: Mapping[str, Blob]
    compiled: Compiled
    analyse: Analyse
    cache: ReportCache
    archives: Archives
    today: str
    said: Said
    lint: tuple[str, str] | None = None
    snapshot: Snapshot = field(default_factory=Snapshot)

    @property
    def target(self) -> Target:
        """What the fleet's image runs."""
        return target_of(self.blobs, self.compiled.platform)

    def entries(self, kind: PackageKind) -> tuple[Package, ...]:
        """The allowlist's packages of a kind that sites may use."""
        listed = self.compiled.allowlist.packages if self.compiled.allowlist else ()
        return tuple(p for p in listed if p.kind == kind and p.state != "blocked")

    def find(self, kind: PackageKind, what: str, slug: str = "") -> Subject:
        """The package that a person names: a folder, a zip, or a slug of the allowlist.

        Raises UsageError where there is none, StageFailed where an archive cannot be fetched.
        """
        place = Path(what)
        if place.exists():
            return self._from_disk(kind, place, slug)
        entry = self.compiled.allowlist.find(kind, what) if self.compiled.allowlist else None
        if entry is None:
            fix = f"name a folder or zip, or a {kind} of {self.fleet / 'plugins-allowlist.yaml'}"
            raise UsageError(f"there is no {kind} here called so", where=what, fix=fix)
        return self.of_entry(entry)

    def of_entry(self, entry: Package) -> Subject:
        """The package of an entry of the allowlist."""
        files: Mapping[str, File]
        match entry.source:
            case SourcePath(path):
                files = folder_files(self.blobs, path)
                return Subject(candidate=self._candidate(entry, files), entry=entry, folder=path)
            case SourceArchive() | SourceRelease():
                files = self.archives.files(entry)
                packed_on = self.archives.packed_on(entry)
                candidate = self._candidate(entry, files)
                return Subject(candidate=candidate, entry=entry, packed_on=packed_on)
            case never:
                assert_never(never)

    def judge(self, subject: Subject, behaviour: Behaviour | None = None) -> Vetting:
        """Everything that is to be said of a package."""
        candidate, entry = subject.candidate, subject.entry
        if not candidate.files and subject.refusals:
            return refused(candidate, subject.refusals[0])
        paths = php_paths(candidate.files)
        syntax = self._syntax(candidate, paths)
        return vet(
            candidate,
            self._reports(candidate),
            behaviour,
            around=Around(
                others=self._others(candidate),
                acceptances=acceptances_of(entry) if entry else (),
                today=self.today,
                standing="entered" if entry else "proposed",
            ),
            syntax=syntax,
            extra=subject.refusals,
        )

    def against(self, subject: Subject, older: Subject, judged: Vetting) -> Bump:
        """Compare with an older version, judged by the same grants and exceptions."""
        before = replace(
            older,
            entry=subject.entry,
            candidate=replace(older.candidate, grants=subject.candidate.grants),
        )
        without_lint = replace(self, lint=None)
        old = without_lint.judge(before)
        own = subject.candidate
        versions = (older.candidate.version, own.version)
        fixes = mended(self.snapshot, own.kind, own.slug, *versions, self.today)
        return compare(old, judged, older.candidate.files, own.files, fixes)

    def outside(self, subject: Subject) -> Outside:
        """What is known of a package that its files cannot say."""
        own, entry = subject.candidate, subject.entry
        listed = self.snapshot.listing(own.kind, own.slug)
        source = entry.source if entry else None
        public = public_since(listed, own.version, source, subject.packed_on, self.today)
        return outside(self.snapshot, own.kind, own.slug, own.version, public, self.today)

    def older(self, subject: Subject, what: str) -> Subject:
        """The version to compare with: a version of the allowlist, a folder or a zip.

        Raises UsageError where there is none.
        """
        kind, slug = subject.candidate.kind, subject.candidate.slug
        if Path(what).exists():
            return self._from_disk(kind, Path(what), slug)
        for entry in self.entries(kind):
            if (entry.slug, entry.version) == (slug, what):
                return self.of_entry(entry)
        fix = "name a version of the allowlist, or the folder or zip of the older version"
        raise UsageError(f"there is no other version of {slug} called so", where=what, fix=fix)

    def used_by(self, subject: Subject) -> tuple[str, ...]:
        """Sites that run this version, or the package at all where the allowlist has no such entry."""
        sites, slug = self.compiled.sites, subject.candidate.slug
        if subject.entry is not None and self.compiled.allowlist is not None:
            return users_of(self.compiled.allowlist, subject.entry, sites.values())
        return tuple(
            name
            for name, site in sites.items()
            if (slug in site.plugins if subject.candidate.kind == "plugin" else site.theme == slug)
        )

    def profile(self, subject: Subject) -> Profile:
        """What the files of a package say by themselves."""
        return profile(subject.candidate, self._reports(subject.candidate))

    def review_problems(self, kept: Mapping[str, bytes]) -> Iterator[Problem]:
        """What is wrong with the kept reviews (path → bytes) of all packages."""
        kinds: tuple[PackageKind, ...] = ("plugin", "theme")
        for kind in kinds:
            for entry in self.entries(kind):
                problem = review_problem(self.profile(self.of_entry(entry)), kept)
                if problem is not None:
                    yield problem

    def _from_disk(self, kind: PackageKind, place: Path, slug: str) -> Subject:
        read = read_package(place, slug)
        bare = Candidate(
            kind=kind, slug=read.slug, version="", target=self.target, files=read.files
        )
        version = about(bare).version
        entry = next(
            (p for p in self.entries(kind) if (p.slug, p.version) == (read.slug, version)), None
        )
        candidate = replace(
            bare, version=version, grants=grants_of(entry) if entry else NOTHING_GRANTED
        )
        return Subject(
            candidate=candidate,
            entry=entry,
            folder=_inside(place, self.fleet),
            packed_on=read.packed_on,
            refusals=read.findings,
        )

    def _candidate(self, entry: Package, files: Mapping[str, File]) -> Candidate:
        return Candidate(
            kind=entry.kind,
            slug=entry.slug,
            version=entry.version,
            target=self.target,
            files=files,
            grants=grants_of(entry),
        )

    def _reports(self, candidate: Candidate) -> dict[str, PhpReport]:
        paths = php_paths(candidate.files)
        return analyse_files(candidate.files, paths, self.analyse, self.cache, self.said)

    def _syntax(self, candidate: Candidate, paths: Sequence[str]) -> Syntax | None:
        if self.lint is None:
            return None
        return check_syntax(candidate.files, paths, *self.lint)

    def _others(self, candidate: Candidate) -> dict[str, str]:
        """Global name → the other package that defines it, of those kept in the repository."""
        taken: dict[str, str] = {}
        for entry in (*self.entries("plugin"), *self.entries("theme")):
            same = (entry.kind, entry.slug) == (candidate.kind, candidate.slug)
            if same or not isinstance(entry.source, SourcePath):
                continue
            for report in self._reports(self.of_entry(entry).candidate).values():
                for name in report.names:
                    taken.setdefault(name, f"{entry.kind} {entry.slug}")
        return taken


def open_desk(
    fleet: Path, analyse: Analyse, cache: ReportCache, archives: Archives, today: str, said: Said
) -> Desk:
    """Read the fleet in the folder `fleet`; it may be no fleet at all, where a folder is judged.

    Raises UsageError where it is no folder.
    """
    blobs = read_worktree(fleet)
    return Desk(
        fleet=fleet,
        blobs=blobs,
        compiled=compile_fleet(blobs, load_schemas()),
        analyse=analyse,
        cache=cache,
        archives=archives,
        today=today,
        said=said,
        snapshot=snapshot_of(blobs)[0] or Snapshot(),
    )


def report_cache(folder: Path) -> ReportCache:
    """The kept analyses below `folder`, made by these very rules."""
    return ReportCache(folder, engine_digest(PHP_RULES), {rule.code: rule for rule in PHP_RULES})


def base_image(desk: Desk, host: str) -> str | None:
    """The name of the fleet's base image, as built for the registry `host`; None without image/."""
    if "image/Dockerfile" not in desk.blobs:
        return None
    platform = desk.compiled.platform
    tag = base_tag(base_context(desk.blobs), platform.wordpress if platform else None)
    return f"{host}/{BASE_REPOSITORY}:{tag}"


def _inside(place: Path, fleet: Path) -> str:
    if not place.is_dir():
        return ""
    try:
        return place.resolve().relative_to(fleet.resolve()).as_posix()
    except ValueError:
        return ""
