"""The PHP of plugins and themes that Debian packages, and WordPress's own: looked at by hand once.

docs/vetting-corpus.md has the judgement of each finding. Here it is held that real plugins get no
others. The packages are fetched by apt (about 12 MB) and never stored in the repository.
"""

import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from reconciler.core.vetting.php.analysis import analyse_php
from reconciler.core.vetting.php.report import PhpReport

CONTENT = "usr/share/wordpress/wp-content"
THEME = f"{CONTENT}/themes/twentytwentyone"
MAX_FILE_S = 2

# package, folder → what may be found at block and at warn; everything at block must be.
EXPECTED: dict[tuple[str, str], tuple[set[str], set[str]]] = {
    ("wordpress-shibboleth", f"{CONTENT}/plugins/shibboleth"): (
        {"php-eval", "server-files"},
        {"removed-function", "makes-users", "signs-in"},
    ),
    ("wordpress-plugin-http-authentication", f"{CONTENT}/plugins/http-authentication"): (
        set(),
        {"makes-users", "signs-in"},
    ),
    ("wordpress-xrds-simple", f"{CONTENT}/plugins/xrds-simple"): (set(), set()),
    ("wordpress", f"{CONTENT}/plugins/akismet"): (set(), {"makes-administrators"}),
    ("wordpress-theme-twentytwentyone", f"{CONTENT}/themes/twentytwentyone"): (set(), set()),
    ("wordpress-theme-twentytwentytwo", f"{CONTENT}/themes/twentytwentytwo"): (set(), set()),
    ("wordpress-theme-twentytwentythree", f"{CONTENT}/themes/twentytwentythree"): (set(), set()),
}
# In 900 files of WordPress itself these must not be: nothing there hides or decodes what it runs.
NEVER_IN_WORDPRESS = {
    "cloaked-code",
    "code-in-uploads",
    "decoded-code",
    "encoded-file",
    "hidden-callback",
    "obfuscated-code",
    "own-updater",
    "php-eval",
    "sql-injection",
    "wide-upload-types",
}


@pytest.fixture(scope="session")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of EXPECTED, each unpacked below its name."""
    folder = tmp_path_factory.mktemp("debian")
    packages = sorted({package for package, _ in EXPECTED})
    for package in packages:
        if not _downloaded(folder, package):
            subprocess.run(["apt-get", "update"], capture_output=True, timeout=180)
            assert _downloaded(folder, package), f"apt-get download {package} failed"
        (archive,) = folder.glob(f"{package}_*.deb")
        (folder / package).mkdir()
        subprocess.run(["dpkg-deb", "-x", archive, folder / package], check=True, timeout=60)
    return folder


def _downloaded(folder: Path, package: str) -> bool:
    argv = ["apt-get", "download", package]
    return subprocess.run(argv, cwd=folder, capture_output=True, timeout=180).returncode == 0


def _reports(folder: Path) -> dict[str, PhpReport]:
    reports = {}
    for path in sorted(folder.rglob("*.php")):
        if not path.is_file():  # a link to another package that is not here
            continue
        began = time.process_time()
        name = path.relative_to(folder).as_posix()
        reports[name] = analyse_php(name, path.read_bytes())
        assert time.process_time() - began < MAX_FILE_S, name
    assert reports
    return reports


@pytest.mark.parametrize(("package", "folder"), EXPECTED, ids=[folder for _, folder in EXPECTED])
def test_a_real_plugin_gets_the_findings_that_were_judged_right(
    debian: Path, package: str, folder: str
) -> None:
    block, warn = EXPECTED[package, folder]
    found = {
        (finding.level, finding.code)
        for report in _reports(debian / package / folder).values()
        for finding in report.findings
    }
    assert {code for level, code in found if level == "block"} == block
    assert {code for level, code in found if level == "warn"} <= warn


def test_a_theme_with_a_hidden_eval_is_blocked(debian: Path) -> None:
    functions = debian / "wordpress-theme-twentytwentyone" / THEME / "functions.php"
    hidden = b"\nadd_filter('the_content', 'ass' . 'ert');\n$a = 'ev' . 'al'; $b = $_COOKIE['wp']; @eval($b);"
    report = analyse_php("functions.php", functions.read_bytes() + hidden)
    assert {one.code for one in report.findings if one.level == "block"} == {
        "decoded-code",
        "hidden-callback",
        "php-eval",
    }


def test_wordpress_itself_hides_nothing_and_is_read_to_its_end(debian: Path) -> None:
    reports = _reports(debian / "wordpress")
    codes = Counter(one.code for report in reports.values() for one in report.findings)
    assert not NEVER_IN_WORDPRESS & set(codes)
    unreadable = [
        name
        for name, report in reports.items()
        if any(one.code == "php-unreadable" for one in report.findings)
    ]
    # function readonly(): a name that is a word of the language since PHP 8.1.
    assert all(name.endswith("php-compat/readonly.php") for name in unreadable)
