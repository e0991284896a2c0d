"""The files that all sites share: platform.yaml and plugins-allowlist.yaml."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import date

from reconciler.core import external, package_policy, policy, reading
from reconciler.core.blob import MAX_ALLOWLIST_BYTES, Blob, unreadable
from reconciler.core.bytestext import KIBIBYTE
from reconciler.core.document import Document
from reconciler.core.manifest import Allowlist, Platform
from reconciler.core.packages import path_problems
from reconciler.core.plaintext import text_problems
from reconciler.core.problem import Problem
from reconciler.core.schema import Schema, Schemas, shape_problems, validator
from reconciler.core.yamltext import parse_yaml

PLATFORM = "platform.yaml"
ALLOWLIST = "plugins-allowlist.yaml"
MAX_PLATFORM_BYTES = 64 * KIBIBYTE


def broken(problems: Iterable[Problem]) -> bool:
    """Whether there is an error among them; warnings don't stop anything."""
    return any(problem.severity == "error" for problem in problems)


_NO_PLATFORM = Problem(
    code="platform-missing",
    file=PLATFORM,
    message="the file is missing",
    fix='add platform.yaml; "domain: localhost" is enough to begin with',
)
_NO_ALLOWLIST = Problem(
    code="allowlist-missing",
    file=ALLOWLIST,
    message="the file is missing",
    fix='add plugins-allowlist.yaml; "packages: []" allows nothing',
)


def read_platform(
    blobs: Mapping[str, Blob], schemas: Schemas
) -> tuple[Platform | None, tuple[Problem, ...]]:
    """platform.yaml, None where its shape is wrong, and every problem."""
    document, problems = _read(blobs, MAX_PLATFORM_BYTES, schemas.platform, _NO_PLATFORM)
    if document is None or broken(problems):
        return None, problems
    platform = external.with_certificates(reading.to_platform(document.value), blobs)
    meaning = policy.platform_problems(document, platform)
    return platform, (*problems, *meaning, *external.problems(document, platform, blobs))


def read_allowlist(
    blobs: Mapping[str, Blob], schemas: Schemas, today: date | None = None
) -> tuple[Allowlist | None, tuple[Problem, ...]]:
    """plugins-allowlist.yaml as it counts `today`, None where its shape is wrong; every problem.

    Without a day, nothing in it has ended.
    """
    document, problems = _read(blobs, MAX_ALLOWLIST_BYTES, schemas.allowlist, _NO_ALLOWLIST)
    if document is None or broken(problems):
        return None, problems
    written = reading.to_allowlist(document.value)
    allowlist = written if today is None else written.on(today)
    meaning = package_policy.allowlist_problems(document, written, today)
    return allowlist, (*problems, *meaning, *path_problems(document, allowlist, blobs))


def _read(
    blobs: Mapping[str, Blob], max_bytes: int, schema: Schema, missing: Problem
) -> tuple[Document | None, tuple[Problem, ...]]:
    path = missing.file
    blob = blobs.get(path)
    if blob is None:
        return None, (missing,)
    problem = unreadable(blob, max_bytes)
    if problem is not None:
        return None, (problem,)
    parsed = parse_yaml(path, blob.data, max_bytes)
    if parsed.document is None:
        return None, parsed.problems
    if parsed.document.value is None:
        empty = dataclasses.replace(missing, message="the file is empty")
        return None, (*parsed.problems, empty)
    shape = shape_problems(parsed.document, validator(schema))
    quoted = {p.pointer for p in parsed.problems if p.code == "unquoted-scalar"}
    rest = (p for p in (*shape, *text_problems(parsed.document)) if p.pointer not in quoted)
    return parsed.document, (*parsed.problems, *rest)
