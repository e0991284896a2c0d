"""The S3 client and its stream wrapper: AWS's own test vectors, and a local disk to compare with."""

import json
from pathlib import Path
from typing import Any

import pytest
from webheads import Stand, Webhead, docker

HERE = Path(__file__).parent


def php(webhead: Webhead, code: str) -> Any:
    return json.loads(docker("exec", "--interactive", webhead.name, "php", stdin=code))


def test_signatures_are_those_that_aws_publishes(webhead: Webhead) -> None:
    rows = php(webhead, (HERE / "signature_vectors.php").read_text())
    assert len(rows) == 5
    assert [name for name, expected, found in rows if expected != found] == []


def table(webhead: Webhead, before: str) -> dict[str, Any]:
    code = (HERE / "stream_table.php").read_text()
    head, rest = code.split("declare(strict_types=1);", 1)
    answers: dict[str, Any] = php(webhead, f"{head}declare(strict_types=1);\n{before}\n{rest}")
    return answers


def test_the_stream_wrapper_answers_as_a_local_disk(webhead: Webhead) -> None:
    disk = table(webhead, "$folder = '/tmp/table'; mkdir($folder);")
    wordpress = "$_SERVER['HTTP_HOST'] = 'cli'; require '/usr/share/wpaas/wordpress/wp-load.php';"
    store = table(webhead, f"{wordpress} $folder = 's3://uploads/table'; mkdir($folder);")
    assert len(disk) > 55
    differing = {name: (disk[name], store[name]) for name in disk if disk[name] != store[name]}
    assert differing == {}


def test_nothing_is_left_in_memory_after_the_request(webhead: Webhead) -> None:
    webhead.php(
        "file_put_contents('s3://uploads/left.txt', 'x'); file_get_contents('s3://uploads/left.txt');"
    )
    assert "s3-" not in docker("exec", webhead.name, "ls", "/tmp")


def test_an_upload_is_never_run_as_code(webhead: Webhead) -> None:
    said = webhead.php(
        "file_put_contents('s3://uploads/code.php', '<?php echo \"ran\";');"
        "echo (@include 's3://uploads/code.php') === false ? 'refused' : 'included';"
    )
    assert said == "refused"


def test_the_name_x_creates_is_given_to_one_of_many(webhead: Webhead) -> None:
    said = webhead.php(
        "$a = fopen('s3://uploads/one.txt', 'x'); $b = fopen('s3://uploads/one.txt', 'x');"
        "fwrite($a, 'first'); fwrite($b, 'second'); fclose($a); @fclose($b);"
        "echo file_get_contents('s3://uploads/one.txt');"
    )
    assert said == "first"


@pytest.mark.parametrize("key", ["uploads/private-list", ""])
def test_the_bucket_cannot_be_listed_by_a_visitor(webhead: Webhead, stand: Stand, key: str) -> None:
    assert webhead.get(f"/wp-content/uploads/{key}?list-type=2&prefix=").status_code == 404
