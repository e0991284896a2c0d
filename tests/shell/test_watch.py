"""Changes of a real folder are told, a burst of them once, Git's own never."""

import threading
from pathlib import Path

from reconciler.shell.watch import following

DEADLINE_S = 10


def test_a_burst_of_changes_is_told_once(tmp_path: Path) -> None:
    told: list[int] = []
    heard = threading.Event()

    def tell() -> None:
        told.append(1)
        heard.set()

    with following(tmp_path, tell):
        for number in range(20):
            (tmp_path / f"{number}.json").write_text("{}")
        assert heard.wait(DEADLINE_S)
    assert len(told) == 1


def test_what_git_writes_is_not_told(tmp_path: Path) -> None:
    heard = threading.Event()
    (tmp_path / ".git").mkdir()
    with following(tmp_path, heard.set):
        (tmp_path / ".git" / "index").write_text("x")
        assert not heard.wait(1)
        (tmp_path / "site.json").write_text("{}")
        assert heard.wait(DEADLINE_S)
