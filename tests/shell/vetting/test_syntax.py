"""Syntax by the image's PHP, in a container; where there is no engine or image, nothing is claimed."""

import shutil
import subprocess

import pytest

from reconciler.core.layers import File
from reconciler.shell.vetting_syntax import check_syntax

FILES = {
    "good.php": File(b"<?php\necho 1;\n"),
    "inc/it's; touch x.php": File(b"<?php\n\nfunction ( {\n"),
    "runs.php": File(b"<?php\nfile_put_contents('/tmp/ran', 'x'); exit(3);\n"),
}


def base_images() -> list[str]:
    """Base images that this machine's engine has already; none is built or fetched for this test."""
    if shutil.which("docker") is None:
        return []
    listed = subprocess.run(
        ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"],
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split() if "wpaas/base:" in name]


def test_without_an_image_nothing_is_claimed() -> None:
    assert check_syntax(FILES, list(FILES), "", "wpaas/no-such-image:1") is None
    assert check_syntax(FILES, list(FILES), "tcp://127.0.0.1:1", "wpaas/base:1") is None


def test_what_php_cannot_compile_is_found_on_its_line_and_nothing_runs() -> None:
    images = base_images()
    if not images:
        pytest.skip("no base image here")
    syntax = check_syntax(FILES, list(FILES), "", images[0])
    assert syntax is not None
    assert syntax.php.startswith("8.")
    assert [(f.code, f.file, f.line) for f in syntax.findings] == [
        ("php-syntax", "inc/it's; touch x.php", 3)
    ]
