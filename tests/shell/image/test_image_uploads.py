"""Pictures: through WordPress into the bucket, and out of it under the site's own address."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from webheads import Stand, Webhead, docker


@pytest.fixture(scope="module")
def picture(webhead: Webhead) -> bytes:
    """A JPEG of 1600x1200 that does not compress to nothing."""
    code = (
        "<?php $i = imagecreatetruecolor(1600, 1200); for ($k = 0; $k < 400; $k++)"
        " imagefilledellipse($i, rand(0, 1600), rand(0, 1200), 90, 90, rand(0, 16777215));"
        " imagejpeg($i, '/tmp/picture.jpg'); readfile('/tmp/picture.jpg'); unlink('/tmp/picture.jpg');"
    )
    words = ["docker", "exec", "--interactive", webhead.name, "php"]
    return subprocess.run(words, input=code.encode(), capture_output=True, check=True).stdout


def test_a_picture_and_all_its_sizes_are_served_by_the_other_webhead(
    webhead: Webhead, stand: Stand, picture: bytes
) -> None:
    webhead.log_in()
    media = webhead.upload("a cat.jpg", picture)
    other = stand.webhead(webhead.site)
    other.until_healthy()
    sizes = media["media_details"]["sizes"]
    assert {"thumbnail", "medium", "large", "full"} <= set(sizes)
    for size in sizes.values():
        path = size["source_url"].removeprefix("http://chess-club.localhost:8080")
        assert path.startswith("/wp-content/uploads/20")
        answer = other.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not [name for name in answer.headers if "amz" in name.lower()]
    original = other.get(
        sizes["full"]["source_url"].removeprefix("http://chess-club.localhost:8080")
    )
    assert original.content == picture
    tag = {"If-None-Match": original.headers["ETag"]}
    path = sizes["full"]["source_url"].removeprefix("http://chess-club.localhost:8080")
    assert other.get(path, headers=tag).status_code == 304
    assert other.get(path, headers={"Range": "bytes=0-9"}).content == picture[:10]
    assert other.ask("PUT", path, data=b"x").status_code == 404
    assert other.get(path).content == picture

    deleted = webhead.ask(
        "DELETE", f"/wp-json/wp/v2/media/{media['id']}?force=true", headers=webhead.rest()
    )
    assert deleted.status_code == 200
    assert {other.get(s["source_url"].split(":8080")[1]).status_code for s in sizes.values()} == {
        404
    }


def test_pictures_of_one_name_at_once_are_two_pictures(
    webhead: Webhead, stand: Stand, picture: bytes
) -> None:
    webhead.log_in()
    other = stand.webhead(webhead.site)
    other.until_healthy()
    other.session.cookies.update(webhead.session.cookies)
    headers = webhead.rest()
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(lambda w: w.upload("same.jpg", picture, headers), [webhead, other] * 2)
        )
    addresses = {media["source_url"] for media in made}
    assert len(addresses) == 4
    for address in addresses:
        assert webhead.get(address.split(":8080")[1]).content == picture


def test_a_type_that_could_run_in_the_page_is_a_download(webhead: Webhead) -> None:
    webhead.php("file_put_contents('s3://uploads/page.html', '<script>1</script>');")
    answer = webhead.get("/wp-content/uploads/page.html")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_without_the_store_an_upload_is_an_error_and_pages_go_on(
    webhead: Webhead, stand: Stand, picture: bytes
) -> None:
    webhead.log_in()
    headers = webhead.rest()
    before = webhead.php("echo wp_count_posts('attachment')->inherit;")
    docker("pause", f"{stand.name}-store")
    try:
        sent = {"file": ("lost.jpg", picture, "image/jpeg")}
        answer = webhead.ask("POST", "/wp-json/wp/v2/media", headers=headers, files=sent)
        assert answer.status_code == 500
        assert "could not be stored" in answer.json()["message"]
        assert webhead.get("/").status_code == 200
        assert webhead.get("/wp-content/uploads/lost.jpg").status_code == 503
    finally:
        docker("unpause", f"{stand.name}-store")
    assert webhead.php("echo wp_count_posts('attachment')->inherit;") == before
    assert webhead.upload("found.jpg", picture, headers)["source_url"]


def test_a_file_over_the_limit_is_refused(webhead: Webhead) -> None:
    webhead.log_in()
    headers = webhead.rest()
    sent = {"file": ("big.jpg", b"\xff\xd8" + b"\0" * 17 * 1024 * 1024, "image/jpeg")}
    answer = webhead.ask("POST", "/wp-json/wp/v2/media", headers=headers, files=sent)
    assert answer.status_code in {400, 413, 500}
    assert "files of up to 16 MB" in answer.json()["message"]
    more = {"file": ("bigger.jpg", b"\0" * 26 * 1024 * 1024, "image/jpeg")}
    answer = webhead.ask("POST", "/wp-json/wp/v2/media", headers=headers, files=more)
    assert answer.status_code == 413
    assert "files of up to 16 MB" in answer.json()["message"]


def test_a_name_that_another_webhead_took_a_moment_ago_is_not_taken_again(webhead: Webhead) -> None:
    """Both asked whether it is free, and both heard yes: what the race above meets by chance."""
    store = "file_put_contents('/tmp/in', '%s'); echo basename(Wpaas\\store_upload('/tmp/in', 's3://uploads/2026/01/taken.jpg'));"
    assert webhead.php(store % "one") == "taken.jpg"
    assert webhead.php(store % "two") == "taken-1.jpg"
    assert webhead.get("/wp-content/uploads/2026/01/taken.jpg").text == "one"
    webhead.php(
        "unlink('s3://uploads/2026/01/taken.jpg'); unlink('s3://uploads/2026/01/taken-1.jpg');"
    )
