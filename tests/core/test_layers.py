"""Layers: the same files, the same bytes."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.layers import File, layer, layer_of, sha256, tar, tree_digest

AT = "usr/share/wpaas/wordpress/wp-content/plugins/notice"

names = st.from_regex(r"[a-z][a-z0-9.]{0,6}[a-z0-9]", fullmatch=True)
files = st.builds(File, data=st.binary(max_size=40), executable=st.booleans())
# A name is a folder or a file, never both: folders end in "-d".
paths = st.builds(
    lambda folders, name: "/".join([*(f + "-d" for f in folders), name]),
    st.lists(names, max_size=3),
    names,
)
trees = st.dictionaries(paths, files, min_size=1, max_size=8)


@given(trees, st.randoms())
def test_the_order_of_files_does_not_matter(tree: dict[str, File], random: object) -> None:
    pairs = list(tree.items())
    random.shuffle(pairs)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert layer(dict(pairs), AT).data == layer(tree, AT).data


@given(trees)
def test_a_layer_holds_its_files_and_its_folders_and_nothing_above(tree: dict[str, File]) -> None:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer(tree, AT).data))) as archive:
        members = {member.name: member for member in archive}
        content = {
            name.removeprefix(AT + "/"): archive.extractfile(member).read()  # type: ignore[union-attr]
            for name, member in members.items()
            if member.isreg()
        }
    assert content == {path: file.data for path, file in tree.items()}
    assert all(name == AT or name.startswith(AT + "/") for name in members)
    assert all((m.uid, m.gid, m.uname, m.gname) == (0, 0, "", "") for m in members.values())
    assert {m.mode for m in members.values() if m.isdir()} == {0o755}
    assert len({m.mtime for m in members.values()}) == 1


@given(trees, trees)
def test_other_files_give_another_diff_id(one: dict[str, File], two: dict[str, File]) -> None:
    assert (layer(one, AT).diff_id == layer(two, AT).diff_id) == (one == two)
    assert (tree_digest(one) == tree_digest(two)) == (one == two)


def test_the_digests_are_those_of_the_bytes() -> None:
    made = layer({"a.php": File(b"<?php")}, AT)
    assert made.digest == sha256(made.data)
    assert made.diff_id == sha256(gzip.decompress(made.data))


def test_the_bytes_are_the_same_on_every_machine() -> None:
    made = layer({"a.php": File(b"<?php"), "bin/run": File(b"#!/bin/sh\n", executable=True)}, AT)
    assert made.diff_id == "sha256:ab417fa7a2cc70d0432ac9cc9e302a9b6885a789d007d6a4607a32a8512f3f66"


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a//b", "./a", "a\\b", "a\n", ""])
def test_a_path_that_leaves_its_folder_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        layer({path: File(b"")}, AT)


def test_a_context_is_a_plain_tar_with_its_folders() -> None:
    packed = tar({"Dockerfile": File(b"FROM scratch\n"), "init/init.c": File(b"")})
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["Dockerfile", "init", "init/init.c"]


def test_two_folders_share_a_layer_and_name_none_above_them() -> None:
    made = layer_of({"a/b/one": {"x.php": File(b"1")}, "a/b/two": {"in/y.php": File(b"2")}})
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(made.data))) as archive:
        assert archive.getnames() == [
            "a/b/one", "a/b/one/x.php", "a/b/two", "a/b/two/in", "a/b/two/in/y.php",
        ]  # fmt: skip
