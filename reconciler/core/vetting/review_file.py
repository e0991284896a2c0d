"""reviews/SLUG/VERSION.json: what the machine says of an approved version, kept beside the allowlist.

The same files give the same bytes, so that a bump shows as a difference of abilities in Git, and a
hand-edited review is found.
"""

import json
from collections.abc import Mapping

from reconciler.core.manifest import PackageKind
from reconciler.core.problem import Problem, escaped
from reconciler.core.vetting.finding import abilities
from reconciler.core.vetting.profile import Profile

FOLDER = "reviews"


def review_path(kind: PackageKind, slug: str, version: str) -> str:
    """Where the review of a version lies in the fleet's repository."""
    below = f"themes/{slug}" if kind == "theme" else slug
    return f"{FOLDER}/{below}/{version}.json"


def review_text(profile: Profile) -> str:
    """The review: sorted, without a date, a grant or anything else that is not in the files."""
    words = profile.about
    value = {
        "slug": profile.slug,
        "kind": profile.kind,
        "version": profile.version,
        "tree_sha256": profile.tree_sha256,
        "made_by": {
            "author": words.author,
            "author_uri": words.author_uri,
            "contributors": list(words.contributors),
            "home": words.home,
        },
        "licence": profile.licence or words.licence,
        "requires": {"php": words.requires_php, "wp": words.requires_wp},
        "files": len(profile.files),
        "bytes": profile.size,
        "libraries": sorted({f"{lib.name} {lib.version}".strip() for lib in profile.libraries}),
        "capabilities": abilities(profile.facts),
        "findings": [
            {
                "code": finding.code,
                "level": finding.level,
                "file": finding.file,
                "line": finding.line,
                "excerpt": finding.excerpt,
                "detail": finding.detail,
                "mark": finding.mark,
            }
            for finding in profile.findings
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def review_problem(profile: Profile, kept: Mapping[str, bytes]) -> Problem | None:
    """What is wrong with the kept review (path → bytes) of a version, or None."""
    path = review_path(profile.kind, profile.slug, profile.version)
    made = review_text(profile).encode()
    write = f"run `wpaas {profile.kind} vet {profile.slug} --write` and read the difference"
    found = kept.get(path)
    if found is None:
        return Problem(
            code="review-missing",
            file=escaped(path),
            value=profile.slug,
            message=f'nobody kept what vetting says of "{profile.slug}" {profile.version}',
            fix=write,
        )
    if found == made:
        return None
    line = _first_difference(found, made)
    return Problem(
        code="review-differs",
        file=escaped(path),
        line=line,
        value=profile.slug,
        message=f'this is not what vetting says of "{profile.slug}" {profile.version}',
        fix=write,
    )


def _first_difference(one: bytes, other: bytes) -> int:
    """The first line, from 1, in which two texts differ."""
    lines, others = one.split(b"\n"), other.split(b"\n")
    for number, (a, b) in enumerate(zip(lines, others, strict=False), start=1):
        if a != b:
            return number
    return min(len(lines), len(others))
