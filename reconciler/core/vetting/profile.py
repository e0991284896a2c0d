"""What the files of a package say by themselves: the same for everyone who has the same files.

No date, no grant, no other package is in it; so it can be kept beside the allowlist and compared.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.layers import tree_digest
from reconciler.core.manifest import PackageKind
from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.finding import Fact, Finding, in_order
from reconciler.core.vetting.headers import About, about, header_findings
from reconciler.core.vetting.libraries import Library, libraries, library_findings
from reconciler.core.vetting.licence import licence_findings, spdx
from reconciler.core.vetting.packaging import packaging_findings
from reconciler.core.vetting.php.report import PhpReport
from reconciler.core.vetting.scripts import script_facts, script_findings


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file as far as a comparison needs it."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One version of a package. `names`: what its PHP defines for all → the file that does."""

    kind: PackageKind
    slug: str
    version: str
    tree_sha256: str
    about: About
    licence: str
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    libraries: tuple[Library, ...]
    names: Mapping[str, str] = field(repr=False)
    files: Mapping[str, FileNote] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(note.size for note in self.files.values())


def profile(candidate: Candidate, php_reports: Mapping[str, PhpReport]) -> Profile:
    """Judge the files of `candidate`; `php_reports` has each of its `php_paths`."""
    words = about(candidate)
    findings = [
        *packaging_findings(candidate.files),
        *header_findings(candidate, words),
        *licence_findings(candidate, words),
        *library_findings(candidate),
        *script_findings(candidate),
        *(finding for report in php_reports.values() for finding in report.findings),
    ]
    facts = {fact for report in php_reports.values() for fact in report.facts}
    names = {name: path for path, report in sorted(php_reports.items()) for name in report.names}
    return Profile(
        kind=candidate.kind,
        slug=candidate.slug,
        version=candidate.version,
        tree_sha256=tree_digest(candidate.files),
        about=words,
        licence=spdx(words.licence),
        findings=tuple(sorted(findings, key=in_order)),
        facts=tuple(sorted(facts | set(script_facts(candidate)))),
        libraries=libraries(candidate),
        names=names,
        files={
            path: FileNote(len(file.data), hashlib.sha256(file.data).hexdigest())
            for path, file in sorted(candidate.files.items())
        },
    )
