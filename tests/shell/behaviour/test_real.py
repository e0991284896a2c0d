"""Real plugins in use: those that behave are not blocked, one that does not is, for what it did.

docs/vetting-corpus.md says what each run showed. The packages are fetched by apt, 20 kB each.
"""

import subprocess
from pathlib import Path

import pytest
from misbehaved import TARGET

from reconciler.core.layers import File
from reconciler.core.vetting.candidate import Candidate
from reconciler.shell.behaviour_stand import Stand
from reconciler.sync.behaviour import run_behaviour

PLUGINS = "usr/share/wordpress/wp-content/plugins"


def packaged(folder: Path, package: str, slug: str) -> Candidate:
    """A plugin that Debian packages."""
    fetch = ["apt-get", "download", package]
    if subprocess.run(fetch, cwd=folder, capture_output=True, timeout=180).returncode != 0:
        subprocess.run(["apt-get", "update"], capture_output=True, timeout=180)
        subprocess.run(fetch, cwd=folder, capture_output=True, timeout=180, check=True)
    (archive,) = folder.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, folder / "x"], check=True, timeout=60)
    files = {
        path.relative_to(folder / "x" / PLUGINS / slug).as_posix(): File(path.read_bytes())
        for path in (folder / "x" / PLUGINS / slug).rglob("*")
        if path.is_file()
    }
    return Candidate(kind="plugin", slug=slug, version="1", target=TARGET, files=files)


@pytest.mark.parametrize(
    ("package", "slug", "said"),
    [
        ("wordpress-xrds-simple", "xrds-simple", set()),
        (
            "wordpress-plugin-http-authentication",
            "http-authentication",
            {("behaviour-broken-page", "block"), ("behaviour-leaves-data", "warn")},
        ),
    ],
)
def test_a_real_plugin_gets_what_it_deserves(
    stand: Stand, tmp_path: Path, package: str, slug: str, said: set[tuple[str, str]]
) -> None:
    candidate = packaged(tmp_path, package, slug)
    behaviour = run_behaviour(stand, candidate)
    assert {(f.code, f.level) for f in behaviour.findings(candidate.grants)} == said
    assert behaviour.incomplete == ()
