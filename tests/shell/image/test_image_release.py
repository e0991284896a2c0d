"""The build from a release zip, served by a container beside the build: no address outside is needed."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from webheads import IMAGE, ROOT, Webhead, docker

# A release zip as wordpress.org packs it: with a folder around it, bundled plugins and links to none.
ZIP = """<?php
$zip = new ZipArchive();
$zip->open('/tmp/wordpress.zip', ZipArchive::CREATE);
$root = '/usr/share/wpaas/wordpress';
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, 4096)) as $file) {
    $name = substr($file->getPathname(), strlen($root) + 1);
    if (!str_starts_with($name, 'wp-content/languages/') && $name !== 'wp-config.php') {
        $zip->addFile($file->getPathname(), "wordpress/$name");
        $zip->setCompressionName("wordpress/$name", ZipArchive::CM_STORE);
    }
}
$zip->addFromString('wordpress/wp-content/plugins/akismet/akismet.php', '<?php');
$zip->addFromString('wordpress/wp-content/themes/twentyten/style.css', 'x');
$zip->addFromString('wordpress/license.txt', 'x');
$zip->close();
echo hash_file('sha256', '/tmp/wordpress.zip');
"""


@dataclass
class Release:
    url: str
    sha256: str


@pytest.fixture(scope="module")
def release(webhead: Webhead) -> Iterator[Release]:
    name = f"wpaas-imgtest-{os.getpid()}-release"
    server = ("php", "-S", "0.0.0.0:8000", "-t", "/tmp")
    docker("run", "--detach", f"--name={name}", "--no-healthcheck", IMAGE, *server)
    try:
        sha256 = docker("exec", "-i", name, "php", stdin=ZIP)
        address = docker("inspect", "--format={{.NetworkSettings.IPAddress}}", name)
        yield Release(f"http://{address}:8000/wordpress.zip", sha256)
    finally:
        docker("rm", "--force", name)


def build(url: str, sha256: str) -> subprocess.CompletedProcess[str]:
    arguments = (f"--build-arg=WORDPRESS_URL={url}", f"--build-arg=WORDPRESS_SHA256={sha256}")
    return subprocess.run(
        ["docker", "build", "--target=wordpress", "--tag=wpaas/base:release-test", *arguments, str(ROOT / "image")],
        capture_output=True, text=True, timeout=300, env=os.environ | {"DOCKER_BUILDKIT": "0"},
    )  # fmt: skip


def test_a_release_zip_becomes_the_image_and_is_recorded(release: Release) -> None:
    mirrors = release.url.replace("wordpress.zip", "away.zip") + " " + release.url
    built = build(mirrors, release.sha256)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    try:
        run = ("run", "--rm", "wpaas/base:release-test")
        source = json.loads(docker(*run, "cat", "/out/wordpress-source.json"))
        assert (source["source"], source["url"], source["sha256"]) == (
            "release",
            release.url,
            release.sha256,
        )
        tree = "cd /out/wordpress && ls wp-content/plugins wp-content/themes; ls license.txt 2>&1; true"
        shown = docker(*run, "sh", "-c", tree)
        assert "akismet" not in shown
        assert "twentyten" not in shown
        assert "twentytwentyfive" in shown
    finally:
        docker("rmi", "wpaas/base:release-test")


def test_a_zip_with_another_sha256_is_not_unpacked(release: Release) -> None:
    built = build(release.url, "0" * 64)
    assert built.returncode != 0
    assert "no address gave a WordPress zip with sha256 000" in built.stdout + built.stderr
