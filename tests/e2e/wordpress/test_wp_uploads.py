"""Files of authors: into the store through one webhead, out of it through the other. Behaviours 4, 30 to 33, 36, 37."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lab import LOAD, Lab, word
from media import ANNOUNCED, HALF, HALF_PUT, PDF, Desk, desk
from shared_services import paused

from demo.engines import Webhead
from demo.stage import ROOT, Stage, wait_until
from reconciler.errors import StageFailed

pytestmark = pytest.mark.e2e
LIMIT_MB = 32
FOLDER = "'s3://uploads/' . gmdate('Y/m')"
TABLE = ROOT / "tests/shell/image/stream_table.php"


@pytest.fixture(scope="module")
def author(lab: Lab) -> Desk:
    lab.until_live()
    return desk(lab)


@pytest.fixture(scope="module")
def pair(lab: Lab) -> list[Webhead]:
    return lab.until_live()


def stored(lab: Lab, webhead: Webhead, name: str) -> dict[str, int]:
    """Objects of this month whose name begins so, with their sizes."""
    code = (
        f"$d = {FOLDER}; $found = []; foreach (scandir($d) as $n) {{ if (str_starts_with($n, '{name}'))"
        ' { $found[$n] = filesize("$d/$n"); } } echo json_encode((object) $found);'
    )
    found: dict[str, int] = json.loads(lab.php(webhead, code))
    return found


def sizes(author: Desk, media: dict[str, Any]) -> list[str]:
    """Paths of the file and of each of its sizes."""
    more = [size["source_url"] for size in media["media_details"].get("sizes", {}).values()]
    return [author.path(address) for address in {media["source_url"], *more}]


def test_30_every_kind_and_size_is_served_by_the_other_webhead_at_once(
    lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    here, there = pair
    for kind in ("jpeg", "png", "webp"):
        name = word()
        content = author.drawn(here, kind)
        media = author.upload(here, f"{name}.{kind}", content, f"image/{kind}")
        paths = sizes(author, media)
        assert len(paths) >= 4, paths
        for path in paths:
            answer = lab.ask(there, path)
            assert (answer.status, answer.headers["content-type"]) == (200, f"image/{kind}")
            assert answer.headers["cache-control"] == "public, max-age=31536000"
        assert lab.ask(there, author.path(media["source_url"])).body == content
        author.delete(there, media["id"])
        assert [lab.ask(here, path).status for path in paths] == [404] * len(paths)
        assert stored(lab, here, name) == {}
    media = author.upload(here, f"{word()}.pdf", PDF, "application/pdf")
    answer = lab.ask(there, author.path(media["source_url"]))
    assert (answer.status, answer.body) == (200, PDF)
    author.delete(there, media["id"])
    status, answer = author.send(here, "a.svg", b"<svg/>", "image/svg+xml")
    assert (status, "not allowed" in answer["message"]) == (500, True)


def test_30_a_picture_is_cropped_and_rotated_on_one_and_seen_on_the_other(
    lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    here, there = pair
    name = word()
    media = author.upload(here, f"{name}.jpg", author.drawn(here, "jpeg"), "image/jpeg")
    edit = (
        "require_once ABSPATH . 'wp-admin/includes/admin.php'; require_once ABSPATH . 'wp-admin/includes/image-edit.php'; $_REQUEST = ['do' => 'save', 'target' => 'all',"
        " 'history' => wp_slash('%s')]; $done = wp_save_image(" + str(media["id"]) + ");"
        "echo json_encode([$done->error ?? null, wp_get_attachment_url(" + str(media["id"]) + "),"
        " array_column(wp_get_attachment_metadata(" + str(media["id"]) + ")['sizes'], 'file')]);"
    )
    seen = {media["source_url"]}
    for webhead, other, change in (
        (here, there, '[{"r":90}]'),
        (there, here, '[{"c":{"x":10,"y":10,"w":600,"h":700,"r":1}}]'),
    ):
        error, address, files = json.loads(lab.php(webhead, edit % change))
        assert error is None
        assert address not in seen, "an address must keep its content"
        seen.add(address)
        folder = author.path(address).rpartition("/")[0]
        for path in (author.path(address), *(f"{folder}/{file}" for file in files)):
            assert lab.ask(other, path).status == 200, path
    width = lab.php(here, f"echo getimagesize(get_attached_file({media['id']}))[0];")
    assert width == "600"
    assert len(stored(lab, here, name)) > 10
    author.delete(here, media["id"])
    assert stored(lab, there, name) == {}
    again = author.upload(here, f"{name}.jpg", author.drawn(here, "jpeg"), "image/jpeg")
    assert again["source_url"] not in seen, "browsers may still have the old one"
    author.delete(here, again["id"])


def test_30_what_is_imported_or_made_by_a_plugin_is_an_upload_like_any_other(
    lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    here, there = pair
    name = word()
    code = (
        "require_once ABSPATH . 'wp-admin/includes/admin.php'; $i = imagecreatetruecolor(900, 700);"
        f"imagejpeg($i, '/tmp/in.jpg'); $id = media_handle_sideload(['name' => '{name}-1.jpg', 'tmp_name' => '/tmp/in.jpg']);"
        f"imagejpeg($i, {FOLDER} . '/{name}-2.jpg');"
        f"$b = wp_upload_bits('{name}-3.txt', null, 'bits');"
        "echo json_encode([$id, wp_get_attachment_url($id), wp_get_attachment_image_url($id, 'thumbnail'),"
        f" wp_upload_dir()['url'] . '/{name}-2.jpg', $b['url']]);"
    )
    media, *addresses = json.loads(lab.php(here, code))
    for address in addresses:
        assert lab.ask(there, author.path(address)).status == 200, address
    author.delete(there, media)
    lab.php(here, f"foreach (glob_of('{name}') as $f) {{ unlink($f); }} function glob_of($n) {{ $d = {FOLDER};"
            " return array_map(fn ($f) => \"$d/$f\", array_filter(scandir($d), fn ($f) => str_starts_with($f, $n))); }")  # fmt: skip
    assert stored(lab, there, name) == {}


def test_31_one_name_at_once_on_both_is_two_files(
    lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    content = [author.drawn(webhead, "jpeg") for webhead in pair]
    name = word()
    with ThreadPoolExecutor(2) as pool:
        made = list(
            pool.map(
                lambda at: author.upload(at[0], f"{name}.jpg", at[1], "image/jpeg"),
                zip(pair, content, strict=True),
            )
        )
    paths = [author.path(media["source_url"]) for media in made]
    assert len(set(paths)) == 2
    assert [lab.ask(pair[0], path).body for path in paths] == content
    for media in made:
        author.delete(pair[0], media["id"])
    assert stored(lab, pair[0], name) == {}


def test_32_files_in_the_store_behave_as_on_a_disk(lab: Lab, pair: list[Webhead]) -> None:
    code = TABLE.read_text(encoding="utf-8").split("declare(strict_types=1);", 1)[1]
    disk, store = (
        json.loads(lab.run(pair[0], "php", stdin=before + code))
        for before in (
            "<?php $folder = '/tmp/table'; mkdir($folder);",
            LOAD + "$folder = 's3://uploads/table'; mkdir($folder);",
        )
    )
    assert len(disk) > 75
    assert {row: (disk[row], store[row]) for row in disk if disk[row] != store[row]} == {}


def test_33_without_the_store_an_upload_says_so_and_pages_stay(
    stage: Stage, lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    content = author.drawn(pair[0], "jpeg")
    count = "SELECT COUNT(*) FROM wp_posts WHERE post_type = 'attachment'"
    before = lab.sql(count)
    with paused(stage, "store"):
        status, answer = author.send(pair[0], f"{word()}.jpg", content, "image/jpeg")
        assert status == 500
        assert "could not be stored" in answer["message"]
        for webhead in pair:
            assert lab.ask(webhead, f"/?s={word()}").status == 200
        assert stage.page(lab.site)
        assert lab.sql(count) == before
    media = author.upload(pair[1], f"{word()}.jpg", content, "image/jpeg")
    assert lab.ask(pair[0], author.path(media["source_url"])).body == content
    author.delete(pair[0], media["id"])


def test_36_a_file_over_the_limit_is_told_one_number_by_all(
    lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    words = f"This file is too large: this site takes files of up to {LIMIT_MB} MB."
    status, answer = author.send(
        pair[0], "big.jpg", b"\xff\xd8" + bytes(LIMIT_MB * 1024 * 1024), "image/jpeg"
    )
    assert (status, answer["message"]) == (500, words)
    form = lab.run(
        pair[0], "php", "-r", ANNOUNCED, stdin=json.dumps([lab.host, (LIMIT_MB + 8 << 20) + 1])
    )
    assert form.startswith("HTTP/1.1 413 ")
    assert words in form


def test_37_no_page_asks_the_store(
    stage: Stage, lab: Lab, author: Desk, pair: list[Webhead]
) -> None:
    """Whoever asked a store that hangs would wait for 4 s and say so in the log."""
    media = author.upload(pair[0], f"{word()}.jpg", author.drawn(pair[0], "jpeg"), "image/jpeg")
    name = word()
    block = (
        f"[gallery ids=\"{media['id']}\"]' . wp_get_attachment_image({media['id']}, 'large') . '"
        f'<!-- wp:image {{"id":{media["id"]}}} --><img class="wp-image-{media["id"]}" src="{media["source_url"]}"/><!-- /wp:image -->'
    )
    post = lab.php(
        pair[0],
        f"$id = wp_insert_post(['post_title' => '{name}', 'post_status' => 'publish', 'post_content' => '{block}']);"
        f"set_post_thumbnail($id, {media['id']}); echo $id;",
    )
    pages = (
        f"/?p={post}",
        "/",
        f"/?s={name}",
        "/?feed=rss2",
        f"/wp-json/wp/v2/media/{media['id']}",
    )
    for webhead in pair:
        for page in pages:
            lab.ask(webhead, page)
    known = [len(lab.logs(webhead)) for webhead in pair]
    with paused(stage, "store"):
        for webhead in pair:
            for page in pages:
                answer = followed(lab, webhead, page)
                assert answer.status == 200, page
                assert name in answer.text or media["source_url"] in answer.text.replace("\\/", "/")
    for webhead, before in zip(pair, known, strict=True):
        said = lab.logs(webhead)[before:]
        assert [line for line in said if "store" in line.get("message", "")] == []
    lab.php(pair[0], f"wp_delete_post({post}, true);")
    author.delete(pair[0], media["id"])


def followed(lab: Lab, webhead: Webhead, path: str) -> Any:
    """A page, by its address or by the one that it names."""
    answer = lab.ask(webhead, path)
    if answer.status in (301, 302):
        answer = lab.ask(webhead, "/" + answer.headers["location"].split("/", 3)[3])
    return answer


def test_04_a_webhead_that_is_killed_while_a_file_comes_leaves_no_half_of_it(
    stage: Stage, lab: Lab, author: Desk
) -> None:
    count = "SELECT COUNT(*) FROM wp_posts WHERE post_type = 'attachment'"
    before = lab.sql(count)
    victim, other = lab.until_live()
    name = word()
    with ThreadPoolExecutor(1) as pool:
        known = json.dumps([lab.host, author.cookie, author.nonce])
        half = pool.submit(lab.run, victim, "php", "-r", HALF.replace("NAME", name), stdin=known)
        wait_until("half of it is there", lambda: has(lab, victim, "/tmp/half"), 30)
        lab.kill(victim)
        assert isinstance(half.exception(), StageFailed)
    assert lab.ask(other, "/").status == 200
    assert stored(lab, other, name) == {}

    victim, other = lab.until_live()
    with ThreadPoolExecutor(1) as pool:
        half = pool.submit(lab.php, victim, HALF_PUT.replace("NAME", name))
        wait_until("half of it is there", lambda: has(lab, victim, "/tmp/half"), 30)
        lab.kill(victim)
        assert isinstance(half.exception(), StageFailed)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        assert stored(lab, other, name) == {}
    assert lab.ask(other, "/").status == 200
    assert lab.sql(count) == before
    lab.until_live()


def has(lab: Lab, webhead: Webhead, pattern: str) -> bool:
    """Whether there is such a file."""
    return lab.run(webhead, "sh", "-c", f"ls {pattern} 2>/dev/null; true") != ""
