"""What names the image, and what goes into it."""

from dataclasses import replace

import pytest

from reconciler.core.blob import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Blob
from reconciler.core.image import (
    base_context,
    base_tag,
    build_arguments,
    folder_files,
    image_tag,
    layer_folder,
    one_version_each,
)
from reconciler.core.layers import File, Layer, layer
from reconciler.core.manifest import Package, SourcePath, WordPressRelease
from reconciler.errors import StageFailed

RELEASE = WordPressRelease(
    "7.1", "https://a.example/wp.zip", "ab" * 32, ("https://b.example/wp.zip",)
)
NOTICE = Package(
    slug="notice",
    kind="plugin",
    version="1.2",
    source=SourcePath("image/plugins/notice"),
    tree_sha256="0" * 64,
    license="GPL-2.0-or-later",
    state="approved",
)


def tree(**more: bytes) -> dict[str, Blob]:
    files = {
        "image/Dockerfile": b"FROM scratch\n",
        "image/php/wpaas.ini": b"",
        "image/plugins/notice/notice.php": b"<?php",
        "sites/chess-club.json": b"{}",
    }
    files |= {path.replace("__", "/"): data for path, data in more.items()}
    return {path: Blob(path, REGULAR, data) for path, data in files.items()}


def test_the_context_is_the_image_folder_without_packages_and_sites() -> None:
    assert sorted(base_context(tree())) == ["Dockerfile", "php/wpaas.ini"]


def test_a_new_plugin_leaves_the_base_and_a_new_setting_does_not() -> None:
    before = base_tag(base_context(tree()), RELEASE)
    for folder in ("plugins", "themes", "customizations"):
        more = tree(**{f"image__{folder}__b__b": b"b"})
        assert base_tag(base_context(more), RELEASE) == before
    assert base_tag(base_context(tree(image__php__b=b"b")), RELEASE) != before
    assert base_tag(base_context(tree()), None) != before


def test_a_mirror_leaves_the_base_and_another_release_does_not() -> None:
    context = base_context(tree())
    mirrored = replace(RELEASE, mirrors=())
    assert base_tag(context, mirrored) == base_tag(context, RELEASE)
    assert base_tag(context, replace(RELEASE, sha256="cd" * 32)) != base_tag(context, RELEASE)


def test_the_build_is_told_addresses_and_digest() -> None:
    both = "https://a.example/wp.zip https://b.example/wp.zip"
    assert build_arguments(RELEASE) == {"WORDPRESS_URL": both, "WORDPRESS_SHA256": "ab" * 32}
    assert build_arguments(None) == {}


def test_modes_are_kept() -> None:
    blobs = tree() | {"image/init": Blob("image/init", EXECUTABLE, b"#!")}
    assert base_context(blobs)["init"] == File(b"#!", executable=True)


@pytest.mark.parametrize(
    "blob",
    [
        Blob("image/x", SYMLINK, b"/etc/passwd"),
        Blob("image/x", SUBMODULE, b""),
        Blob("image/x", REGULAR, b"", oversized=True),
    ],
)
def test_what_is_no_file_of_a_sensible_size_is_not_built(blob: Blob) -> None:
    with pytest.raises(StageFailed, match=r"built|too big"):
        base_context(tree() | {"image/x": blob})
    moved = replace(blob, path="image/plugins/notice/x")
    with pytest.raises(StageFailed, match=r"built|too big"):
        folder_files(tree() | {moved.path: moved}, "image/plugins/notice")


def test_without_a_dockerfile_nothing_is_built() -> None:
    with pytest.raises(StageFailed, match="no image/Dockerfile"):
        base_context({})


def test_a_folder_gives_its_files_and_no_other() -> None:
    blobs = tree(image__plugins__noticeboard__x=b"x")
    assert folder_files(blobs, "image/plugins/notice") == {"notice.php": File(b"<?php")}
    with pytest.raises(StageFailed, match="empty or missing"):
        folder_files(blobs, "image/plugins/not")


def test_packages_live_where_wordpress_looks_for_them() -> None:
    root = "usr/share/wpaas/wordpress/wp-content"
    assert layer_folder(NOTICE) == f"{root}/plugins/notice"
    assert layer_folder(replace(NOTICE, kind="theme")) == f"{root}/themes/notice"


def test_two_versions_of_one_package_are_refused_by_name() -> None:
    older, theme = replace(NOTICE, version="0.9"), replace(NOTICE, kind="theme")
    assert one_version_each((NOTICE, theme)) == (NOTICE, theme)
    with pytest.raises(StageFailed, match=r"notice is wanted at 0\.9 and at 1\.2"):
        one_version_each((older, NOTICE))


def test_the_image_is_named_by_content_and_not_by_compression() -> None:
    one = layer({"a": File(b"a")}, "x")
    recompressed = Layer(one.diff_id, "sha256:other", b"other")
    assert image_tag("sha256:b", [one]) == image_tag("sha256:b", [recompressed])
    assert image_tag("sha256:c", [one]) != image_tag("sha256:b", [one]) != image_tag("sha256:b", [])
