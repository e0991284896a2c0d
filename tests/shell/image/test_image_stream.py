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
    assert len(rows) == 6
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
    assert len(disk) > 75
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


LARGE = """
$chunk = random_bytes(1 << 20);
$whole = hash_init('md5');
$out = fopen('s3://uploads/large.bin', 'w');
for ($n = 0; $n < 60; $n++) {
    $chunk[0] = chr($n);
    fwrite($out, $chunk);
    hash_update($whole, $chunk);
}
fclose($out);
$said['sum'] = hash_final($whole);
"""
LARGE_BACK = """
$said['size'] = filesize('s3://uploads/large.bin');
$said['sum'] = md5_file('s3://uploads/large.bin');
$in = fopen('s3://uploads/large.bin', 'r');
fseek($in, -(1 << 20), SEEK_END);
$said['last'] = ord(fgetc($in));
fseek($in, 30 << 20);
$said['middle'] = ord(fgetc($in));
$said['tmp'] = array_sum(array_map('filesize', glob('/tmp/s3-*')));
$said['copied'] = copy('s3://uploads/large.bin', 's3://uploads/large2.bin');
$said['same'] = md5_file('s3://uploads/large2.bin') === $said['sum'];
unlink('s3://uploads/large2.bin');
"""
SIDELOADED = """
copy('s3://uploads/large.bin', '/tmp/large.bin');
$out = fopen('/tmp/large.bin', 'r+');
fwrite($out, "PK\\x03\\x04");
fclose($out);
require_once ABSPATH . 'wp-admin/includes/admin.php';
$file = ['name' => 'large.zip', 'tmp_name' => '/tmp/large.bin', 'error' => 0, 'size' => filesize('/tmp/large.bin')];
$made = media_handle_sideload($file);
$said['made'] = is_wp_error($made) ? $made->get_error_message() : filesize(get_attached_file($made));
wp_delete_attachment($made, true);
unlink('s3://uploads/large.bin');
"""


def test_60_megabytes_go_up_and_down_without_being_held_in_memory(webhead: Webhead) -> None:
    """PHP's peak stays a small part of the file, and of the 128 MB that it would be stopped at."""
    said: dict[str, Any] = {}
    for part in (LARGE, LARGE_BACK, SIDELOADED):
        before = dict(said)
        code = f"ini_set('memory_limit', '128M'); $base = memory_get_usage(true); {part}"
        peak = "$said['peak'] = memory_get_peak_usage(true) - $base; echo json_encode($said);"
        said |= json.loads(webhead.php(code + peak))
        assert said["peak"] < 24 << 20, part
        assert said["sum"] == before.get("sum", said["sum"])
    assert said["size"] == said["made"] == 60 << 20
    assert (said["middle"], said["last"], said["tmp"]) == (30, 59, 0)
    assert said["copied"]
    assert said["same"]
    assert "large" not in docker("exec", webhead.name, "ls", "/tmp")


def test_what_does_not_fit_into_tmp_is_an_error_and_nothing_is_stored(
    stand: Stand, webhead: Webhead
) -> None:
    small = stand.webhead(webhead.site, "--tmpfs=/tmp:mode=1777,size=8m")
    small.until_healthy()
    said = small.php(
        "$done = @file_put_contents('s3://uploads/full.bin', str_repeat('x', 20 << 20));"
        "echo json_encode([$done, file_exists('s3://uploads/full.bin')]);"
    )
    assert json.loads(said) == [False, False]
