"""Syntax by the image's PHP, in a container; where there is no engine or image, nothing is claimed."""

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.core.layers import File
from reconciler.shell.cluster_images import local_tag
from reconciler.shell.vetting_syntax import check_syntax

ROOT = Path(__file__).parents[3]
FILES = {
    "good.php": File(b"<?php\necho 1;\n"),
    "inc/it's; touch x.php": File(b"<?php\n\nfunction ( {\n"),
    "runs.php": File(b"<?php\nfile_put_contents('/tmp/ran', 'x'); exit(3);\n"),
}


@pytest.fixture(scope="module")
def image() -> str:
    """The base of this very tree; the engine's cache has it where the image's own tests ran."""
    name = local_tag("base")
    command = ["docker", "build", "--quiet", f"--tag={name}", str(ROOT / "image")]
    subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "DOCKER_BUILDKIT": "0"}
    )
    return name


def test_without_an_image_nothing_is_claimed() -> None:
    assert check_syntax(FILES, list(FILES), "", "wpaas/no-such-image:1") is None
    assert check_syntax(FILES, list(FILES), "tcp://127.0.0.1:1", "wpaas/base:1") is None


def test_what_php_cannot_compile_is_found_on_its_line_and_nothing_runs(image: str) -> None:
    syntax = check_syntax(FILES, list(FILES), "", image)
    assert syntax is not None
    assert syntax.php.startswith("8.")
    assert [(f.code, f.file, f.line) for f in syntax.findings] == [
        ("php-syntax", "inc/it's; touch x.php", 3)
    ]
