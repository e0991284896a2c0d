"""A folder followed in place of a repository: the same files are the same revision."""

from pathlib import Path

import pytest

from reconciler.errors import StageFailed
from reconciler.sync.worktree import Worktree


def test_the_same_files_are_the_same_revision(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text("domain: localhost\n")
    source = Worktree(tmp_path)
    first = source.head()
    assert source.head() == first
    (tmp_path / "platform.yaml").write_text("domain: example.org\n")
    assert source.head() != first
    assert len(first) == 40


def test_a_folder_that_is_gone_is_a_failed_stage_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    source = Worktree(folder)
    with pytest.raises(StageFailed, match="no such folder"):
        source.head()
    folder.mkdir()
    assert source.head()
