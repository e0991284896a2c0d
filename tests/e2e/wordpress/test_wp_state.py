"""What a webhead keeps: nothing. Behaviours 1, 2 and 5."""

import pytest
from lab import Lab

pytestmark = pytest.mark.e2e


def test_01_nothing_but_run_and_tmp_can_be_written(lab: Lab) -> None:
    webhead = lab.until_live()[0]
    script = "for d in /*; do touch $d/x 2>/dev/null && echo $d; done; true"
    assert lab.run(webhead, "sh", "-c", script).split() == ["/run", "/tmp"]


def test_02_no_process_has_rights(lab: Lab) -> None:
    webhead = lab.until_live()[0]
    status = lab.run(webhead, "cat", "/proc/1/status").splitlines()
    said = dict(line.split(":\t", 1) for line in status)
    assert said["Uid"].split() == ["33"] * 4
    assert said["CapEff"] == "0" * 16
    assert said["NoNewPrivs"] == "1"


def test_05_a_log_in_made_on_one_webhead_opens_the_admin_on_the_other(lab: Lab) -> None:
    author = lab.author()
    for webhead in lab.until_live():
        answer = lab.ask(webhead, "/wp-admin/", headers={"Cookie": author.cookie})
        assert answer.status == 200
        assert "wpadminbar" in answer.text
