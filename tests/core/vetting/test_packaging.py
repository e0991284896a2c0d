"""What lies beside the code: each rule with what it is for, and with what comes close to it."""

import gzip
import io
import struct
import tarfile
import zipfile

import pytest
from packages import files, said

from reconciler.core.vetting.packaging import packaging_findings, php_paths

PHP = b"<?php eval($x);\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.php", "<?php")
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return out.getvalue()


PE = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + bytes(40)

FOUND: list[tuple[str, bytes, str]] = [
    ("data.zip", zipped(), "block nested-archive"),
    ("img/logo.png", zipped(), "block nested-archive"),
    ("lib.phar", b"anything", "block nested-archive"),
    ("lib.dat", b"#!/usr/bin/env php\n<?php __HALT_COMPILER(); ?>", "block nested-archive"),
    ("data.sql.gz", gzip.compress(b"x", mtime=0), "block nested-archive"),
    ("data.tar", tarred(), "block nested-archive"),
    ("bin/cwebp", b"\x7fELF\x02\x01\x01", "block program-inside"),
    ("bin/tool.exe", PE, "block program-inside"),
    ("bin/tool", b"\xcf\xfa\xed\xfe\x07\0\0\x01", "block program-inside"),
    ("a.wasm", b"\0asm\x01\0\0\0", "block program-inside"),
    ("bin/build", b"#!/bin/sh\nmake\n", "warn program-inside"),
    ("img/logo.png", PNG + PHP, "block php-in-disguise"),
    ("img/logo.png", PNG + b"<?=`$_GET[0]` . 1?>", "block php-in-disguise"),
    ("img/logo.svg", b"<svg/>" + PHP, "block php-in-disguise"),
    ("favicon.ico", b"\0\0\1\0" + PHP, "block php-in-disguise"),
    ("readme.txt", PHP, "block php-in-disguise"),
    ("cache.json", b"\xef\xbb\xbf \n" + PHP, "block php-in-disguise"),
    ("view.inc", b"<p><?php the_title(); ?>", "warn php-in-disguise"),
    (".htaccess", b"php_value auto_prepend_file x.png\n", "block server-settings"),
    (".htaccess", b"AddHandler php .png\n", "block server-settings"),
    ("inc/.user.ini", b"auto_prepend_file=x.png", "block server-settings"),
    (".git/config", b"", "warn version-control-folder"),
    ("CVS/Entries", b"", "warn version-control-folder"),
    (".env", b"KEY=1", "warn hidden-file"),
    ("img/.DS_Store", b"", "warn hidden-file"),
    ("__MACOSX/a", b"", "warn hidden-file"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "data", "wanted"), FOUND)
def test_what_no_site_needs_is_found(path: str, data: bytes, wanted: str) -> None:
    (finding,) = packaging_findings(files({path: data}))
    assert f"{finding.level} {finding.code}" == wanted
    assert finding.file == path


NOT_FOUND: list[tuple[str, bytes]] = [
    ("img/logo.png", PNG),
    ("img/logo.png", PNG + b"<?=\x80\x81\x82\x83\x84\x85\x86\x87"),  # chance, not code
    ("img/logo.svg", b'<?xml version="1.0"?><svg/>'),
    ("a.php", PHP),
    ("a.PHP", PHP),
    ("doc.txt", b"PK is a format; MZ too"),
    ("doc.txt", b"MZ" + b"a" * 100),
    ("a.php", b"#!/usr/bin/env php\n<?php"),
    ("lang/de.mo", b"\xde\x12\x04\x95"),
]


@pytest.mark.parametrize(("path", "data"), NOT_FOUND)
def test_what_comes_close_is_not(path: str, data: bytes) -> None:
    assert said(packaging_findings(files({path: data}))) == []


NOTES: list[tuple[str, bytes]] = [
    ("readme.md", b"Write:\n```php\n<?php do_action('x');\n"),
    ("js/prism.js", b'var open = "<?php ";'),
    (".htaccess", b"<Files *>\nDeny from all\n</Files>\n"),
    (".gitignore", b"node_modules"),
    (".eslintrc.json", b"{}"),
]


@pytest.mark.parametrize(("path", "data"), NOTES)
def test_what_is_harmless_is_a_note(path: str, data: bytes) -> None:
    assert [f.level for f in packaging_findings(files({path: data}))] == ["info"]


def test_a_folder_of_history_is_told_once() -> None:
    found = packaging_findings(files({f".git/{n}": b"" for n in ("HEAD", "config", "index")}))
    assert said(found) == ["warn version-control-folder .git/HEAD:1"]


def test_php_by_another_name_is_analysed_too() -> None:
    package = files(
        {
            "a.php": PHP,
            "b.inc": PHP,
            "logo.png": PNG + PHP,
            "readme.md": b"say\n" + PHP,
            "c.png": PNG,
        }
    )
    assert php_paths(package) == ("a.php", "b.inc", "logo.png")


def test_accepting_one_program_accepts_no_other() -> None:
    one, other = packaging_findings(files({"a": b"\x7fELF\x01", "b": b"\x7fELF\x02"}))
    assert one.mark != other.mark
