"""What webheads show the mail relay comes from a file beside the state, with the commit that names it."""

import json
from pathlib import Path

import pytest
from dead_cluster import away
from fleet_files import fleet_files

from reconciler.core.blob import Blob
from reconciler.core.compiler import Compiled, compile_fleet
from reconciler.errors import StageFailed
from reconciler.shell.context import Context, read
from reconciler.shell.schemas import load_schemas
from reconciler.sync.services import with_mail_login

RELAY = "mail: {host: smtp.example, from_domain: mail.example, secrets_file: mail.json}\n"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "context.json").write_text(json.dumps(away(tmp_path)))
    return read(tmp_path / "context.json")


def compiled(more: str) -> Compiled:
    blobs = fleet_files()
    data = blobs["platform.yaml"].data + more.encode()
    return compile_fleet(
        blobs | {"platform.yaml": Blob("platform.yaml", "100644", data)}, load_schemas()
    )


def test_the_file_is_read_and_its_words_are_hidden(context: Context) -> None:
    file = context.state / "mail.json"
    file.touch(mode=0o600)
    file.write_text('{"username": "canary-1", "password": "canary-2"}')
    opened = with_mail_login(context, compiled(RELAY))
    assert opened.platform is not None
    assert opened.platform.mail is not None
    assert opened.platform.mail.login is not None
    assert [one.value for one in opened.platform.mail.login] == ["canary-1", "canary-2"]
    assert "canary" not in repr(opened)


def test_without_the_file_the_commit_waits_and_says_what_to_write(context: Context) -> None:
    with pytest.raises(StageFailed, match="credentials of the mail relay") as failed:
        with_mail_login(context, compiled(RELAY))
    assert '"username": "…"' in failed.value.fix


@pytest.mark.parametrize("more", ["", RELAY.replace(", secrets_file: mail.json", ""), RELAY + "oops\n"])  # fmt: skip
def test_where_no_file_is_named_or_the_platform_is_broken_nothing_is_read(
    context: Context, more: str
) -> None:
    before = compiled(more)
    assert with_mail_login(context, before) == before
