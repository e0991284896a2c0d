"""Rules about the archive itself: one for each reason why it is not opened, and one for its size."""

from collections.abc import Mapping

from reconciler.core.archive import ArchiveCode
from reconciler.core.vetting.finding import Rule

_REFUSED: Mapping[ArchiveCode, str] = {
    "archive-bomb": "the archive unpacks to far too much",
    "archive-contradiction": "the archive says two things about one entry",
    "archive-duplicate-name": "the archive has two entries of one name",
    "archive-encrypted": "the archive is encrypted",
    "archive-link": "the archive has a link, a device or a program for another user",
    "archive-path-escape": "the archive has a name that leaves its folder",
    "archive-polyglot": "the archive is something else as well",
    "archive-top-folder": "the archive has not one folder, named like the slug",
    "archive-unreadable": "the archive cannot be read",
}
ARCHIVE_RULES: Mapping[ArchiveCode, Rule] = {
    code: Rule(
        code=code,
        level="block",
        family="packaging",
        summary=summary,
        why="Programs read such an archive in different ways, so what was reviewed may not be what runs.",
        fix="ask the author for a plain zip with one folder, named like the slug",
        final=True,
    )
    for code, summary in _REFUSED.items()
}
ARCHIVE_TOO_LARGE = Rule(
    code="archive-too-large",
    level="block",
    family="packaging",
    summary="the archive is too large to be opened",
    why="Every webhead would carry it, and nobody can review it.",
    fix="ask the author for a package without what sites do not need",
)
RULES = (*ARCHIVE_RULES.values(), ARCHIVE_TOO_LARGE)
