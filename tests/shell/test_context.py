"""A context file: found from where one stands, or named; what it names is beside it."""

import json
from pathlib import Path

import pytest

from reconciler.core.local_cluster import Layout, context
from reconciler.errors import UsageError
from reconciler.shell.context import find, read


def written(folder: Path, **more: str) -> Path:
    layout = Layout(name="demo", subnet="172.31.1.0/24", port=8080)
    document = context(layout, state=str(folder), builder="", images={})
    file = folder / "context.json"
    folder.mkdir(parents=True)
    file.write_text(json.dumps({**document, **more}))
    return file


def test_files_for_the_repositorys_server_are_beside_the_context(tmp_path: Path) -> None:
    found = read(written(tmp_path / "here", credentials="fleet.key", trust="/etc/known"))
    assert found.credentials == tmp_path / "here" / "fleet.key"
    assert found.trust == Path("/etc/known")


def test_a_local_cluster_needs_neither(tmp_path: Path) -> None:
    found = read(written(tmp_path / "here"))
    assert (found.credentials, found.trust) == (None, None)


def test_the_current_one_is_found_from_a_folder_below(tmp_path: Path) -> None:
    written(tmp_path / ".wpaas" / "demo")
    (tmp_path / ".wpaas" / "current").write_text("demo\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(None, below).name == "demo"
    with pytest.raises(UsageError, match="no cluster 'other' is known"):
        find("other", below)
