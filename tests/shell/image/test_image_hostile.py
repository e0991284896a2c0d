"""Uploads that do harm, or that are too much: each refused in words that an author understands."""

import base64
import io
import json
import socket
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from webheads import Stand, Webhead, docker, eventually

PROGRAM = b"<?php system($_GET['c']); ?>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def bomb(side: int) -> bytes:
    """A PNG of side x side points, nearly all of them missing: GD takes the memory first."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(64 * (1 + 3 * side)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(webhead: Webhead) -> bytes:
    """A real JPEG."""
    return drawn(webhead, "imagecreatetruecolor(40, 30)", "jpeg")


def drawn(webhead: Webhead, image: str, kind: str) -> bytes:
    """What GD makes of an image, by an expression."""
    code = f"ob_start(); image{kind}({image}); echo base64_encode(ob_get_clean());"
    return base64.b64decode(webhead.php(code))


@pytest.fixture(scope="module")
def author(webhead: Webhead) -> Webhead:
    """Logged in, an administrator even: no right of WordPress lets these in."""
    webhead.log_in()
    return webhead


def said(author: Webhead, name: str, content: bytes, kind: str) -> str:
    """What both ways of uploading say, which must be the same."""
    sent = {"file": (name, content, kind)}
    answer = author.ask("POST", "/wp-json/wp/v2/media", headers=author.rest(), files=sent)
    assert answer.status_code in {400, 500}, answer.text
    message = str(answer.json()["message"])
    nonce = author.php(
        "wp_set_current_user(1); $_COOKIE[LOGGED_IN_COOKIE] = rawurldecode('"
        + next(
            c.value or ""
            for c in author.session.cookies
            if c.name.startswith("wordpress_logged_in")
        )
        + "'); echo wp_create_nonce('media-form');"
    )
    form = {"name": name, "action": "upload-attachment", "_wpnonce": nonce}
    old = author.ask(
        "POST",
        "/wp-admin/async-upload.php",
        data=form,
        files={"async-upload": (name, content, kind)},
    )
    assert old.status_code == 200, old.text
    told = json.loads(old.text)
    assert told["success"] is False
    assert told["data"]["message"] == message
    return message


@pytest.mark.parametrize(
    ("name", "content", "kind", "words"),
    [
        ("shell.php", PROGRAM, "application/x-php", "named like a program"),
        ("shell.php.jpg", b"JPEG", "image/jpeg", "named like a program"),
        ("shell.jpg.phtml", PROGRAM, "image/jpeg", "named like a program"),
        ("shell.pHp5", PROGRAM, "image/jpeg", "named like a program"),
        (".htaccess", b"AddType x .jpg", "text/plain", "named like a program"),
        ("text.jpg", PROGRAM, "image/jpeg", "not allowed to upload this file type"),
        ("hidden.jpg", b"JPEG" + PROGRAM, "image/jpeg", "a program inside this picture"),
        ("picture.svg", SVG, "image/svg+xml", "not allowed to upload this file type"),
        ("svg.png", SVG, "image/png", "not allowed to upload this file type"),
        ("bomb.png", b"BOMB", "image/png", "30,000 points are 900 megapixels"),
    ],
)
def test_what_does_harm_is_refused_with_a_reason(
    author: Webhead, name: str, content: bytes, kind: str, words: str
) -> None:
    content = content.replace(b"JPEG", jpeg(author)) if b"JPEG" in content else content
    content = bomb(30_000) if content == b"BOMB" else content
    before = author.php("echo wp_count_posts('attachment')->inherit;")
    assert words in said(author, name, content, kind)
    assert author.php("echo wp_count_posts('attachment')->inherit;") == before


def test_a_bomb_that_a_plugin_stored_is_not_decoded(stand: Stand, author: Webhead) -> None:
    content = bomb(30_000).hex()
    answer = author.php(
        f"file_put_contents('s3://uploads/bomb.png', hex2bin('{content}'));"
        "$e = wp_get_image_editor('s3://uploads/bomb.png'); echo is_wp_error($e) ? $e->get_error_message() : 'decoded';"
    )
    assert "900 megapixels" in answer


def test_a_large_photograph_is_taken_within_the_memory_of_a_webhead(author: Webhead) -> None:
    """Two at once on one webhead: one waits for the other."""
    photograph = drawn(author, "imagecreate(3600, 3000)", "jpeg")
    headers = author.rest()
    with ThreadPoolExecutor(2) as pool:
        made = list(
            pool.map(lambda n: author.upload(f"large{n}.jpg", photograph, headers), range(2))
        )
    for media in made:
        assert media["media_details"]["width"] == 2560
        assert {"large", "medium", "thumbnail"} <= set(media["media_details"]["sizes"])


def test_2_gigabytes_are_refused_by_their_announcement(author: Webhead) -> None:
    where = urlsplit(author.address)
    for path, words in (
        ("/wp-json/wp/v2/media", '"message":"This file is too large'),
        ("/wp-admin/async-upload.php", "<p>This file is too large"),
    ):
        with socket.create_connection((str(where.hostname), where.port or 80), 10) as line:
            line.sendall(
                f"POST {path} HTTP/1.1\r\nHost: {author.site.host}:8080\r\nContent-Length: 2147483648\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n".encode()
            )
            answer = line.recv(65536).decode()
        assert answer.startswith("HTTP/1.1 413 ")
        assert f"{words}: this site takes files of up to 16 MB." in answer


def test_an_archive_that_writes_elsewhere_is_not_unpacked(author: Webhead) -> None:
    for name, words in (("../../evil.txt", "outside of its folder"), ("fine/a.txt", "unpacked")):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("good.txt", "good")
            archive.writestr(name, "evil")
        answer = author.php(
            f"file_put_contents('/tmp/z.zip', hex2bin('{packed.getvalue().hex()}'));"
            "require_once ABSPATH . 'wp-admin/includes/file.php'; WP_Filesystem();"
            "$done = unzip_file('/tmp/z.zip', 's3://uploads/unzipped/');"
            "echo is_wp_error($done) ? $done->get_error_message() : 'unpacked';"
            "echo ' ', json_encode([file_exists('s3://uploads/unzipped/good.txt'), file_exists('s3://evil.txt')]);"
            "unlink('/tmp/z.zip');"
        )
        assert words in answer
        assert answer.endswith("[false,false]" if "evil" in name else "[true,false]")


def test_a_request_without_memory_ends_alone(stand: Stand, author: Webhead) -> None:
    """Beyond PHP's limit: an error page. Beyond the container's, in GD: that child dies, and no other."""
    folder = author.site.folder / "hungry.php"
    folder.write_text(
        "<?php if (isset($_GET['php'])) { str_repeat('x', 1 << 30); }\n"
        "if (isset($_GET['gd'])) { $i = []; while (true) { $i[] = imagecreatetruecolor(4000, 4000);"
        " imagefill(end($i), 0, 0, 0x123456); } }"
    )
    place = "/usr/share/wpaas/wordpress/wp-content/mu-plugins/hungry.php"
    hungry = stand.webhead(author.site, f"--volume={folder}:{place}:ro", "--memory-swap=384m")
    hungry.until_healthy()
    over = hungry.get("/?php=1")
    assert over.status_code == 500
    assert "critical error" in over.text
    started = hungry.state()["StartedAt"]
    over = hungry.get("/?gd=1")
    assert over.status_code == 502
    assert hungry.get("/").status_code == 200
    assert hungry.health_code() == 200
    assert (hungry.state()["Running"], hungry.state()["StartedAt"]) == (True, started)
    eventually("it is said", 10, lambda: any("signal 9" in line for line in hungry.logs()))
    docker("rm", "--force", hungry.name)
