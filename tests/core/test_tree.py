"""The digest of a folder: the same for the same files, another for any other."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.tree import tree_sha256

trees = st.dictionaries(
    st.text(min_size=1, max_size=8), st.tuples(st.booleans(), st.binary(max_size=8)), max_size=4
)


def test_the_digest_is_that_of_the_lines() -> None:
    content = hashlib.sha256(b"<?php").hexdigest()
    lines = f"a.php\x00644\x00{content}\nb\x00755\x00{content}\n"
    files = {"b": (True, b"<?php"), "a.php": (False, b"<?php")}
    assert tree_sha256(files) == hashlib.sha256(lines.encode()).hexdigest()


@given(trees, trees)
def test_two_trees_have_one_digest_only_when_they_are_equal(
    one: dict[str, tuple[bool, bytes]], other: dict[str, tuple[bool, bytes]]
) -> None:
    assert (tree_sha256(one) == tree_sha256(other)) == (one == other)


def test_a_name_that_is_no_utf_8_has_a_digest_too() -> None:
    assert len(tree_sha256({"\udcff": (False, b"")})) == 64
