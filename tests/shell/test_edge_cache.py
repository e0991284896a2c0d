"""What an edge keeps, and for whom. The webheads answer as they are asked to (scripted.py)."""

import secrets

import pytest
from containers import Container
from scripted import KEPT, ask, page, raw


@pytest.fixture(scope="module")
def edge(keeping_edge: Container) -> Container:
    return keeping_edge


def kept(edge: Container, path: str, **more: str) -> bool:
    """Whether the second to ask gets the first one's answer."""
    first, second = ask(edge, path, **more), ask(edge, path, **more)  # type: ignore[arg-type]
    assert first.word
    return first.word == second.word


def test_a_public_page_is_made_once(edge: Container) -> None:
    path = page(KEPT, "key=post-1")
    first = ask(edge, path)
    second = ask(edge, path)
    assert first.headers["x-cache"] == "miss"
    assert second.headers["x-cache"].startswith("hit, age ")
    assert (first.body, second.headers["cache-control"]) == (second.body, "public,s-maxage=300,max-age=0")  # fmt: skip
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    for name in ("xkey", "x-wpaas-site", "x-wpaas-host", "x-wpaas-trusted", "via", "x-varnish"):
        assert name not in second.headers, name


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("cc=private,max-age=300",),
        ("cc=no-store",),
        ("cc=public,no-cache",),
        ("cc=max-age=300",),
        ("cc=public,max-age=0",),
        (KEPT, "cookie=a=b"),
        (KEPT, "vary=*"),
        (KEPT, "vary=Cookie"),
        (KEPT, "vary=Accept-Encoding,User-Agent"),
        (KEPT, "status=500"),
        (KEPT, "status=302"),
        (KEPT, "status=403"),
        (KEPT, "length=1"),
    ],
    ids=" ".join,
)
def test_what_is_not_for_all_is_not_kept(edge: Container, words: tuple[str, ...]) -> None:
    assert not kept(edge, page(*words))


@pytest.mark.parametrize("words", [(KEPT, "status=404"), (KEPT, "vary=Accept-Encoding"), (KEPT, "vary=Origin")])  # fmt: skip
def test_these_are(edge: Container, words: tuple[str, ...]) -> None:
    assert kept(edge, page(*words))


@pytest.mark.parametrize(
    "cookie",
    [
        "wordpress_logged_in_1=a", "wordpress_sec_1=a", "wp-postpass_1=a", "comment_author_1=a",
        "woocommerce_items_in_cart=1", "wp_woocommerce_session_1=a", "edd_items_in_cart=1",
        "PHPSESSID=a", "never-heard-of=1", "_ga=1; PHPSESSID=a", "PHPSESSID", "_gax; a=_ga=1",
    ],
)  # fmt: skip
def test_a_visitor_with_a_cookie_of_its_own_gets_and_leaves_nothing(
    edge: Container, cookie: str
) -> None:
    path = page(KEPT)
    mine, again = ask(edge, path, {"Cookie": cookie}), ask(edge, path, {"Cookie": cookie})
    assert mine.heard["Cookie"] == cookie
    theirs = ask(edge, path)
    assert len({mine.word, again.word, theirs.word}) == 3
    assert theirs.heard["Cookie"] == ""
    assert ask(edge, path, {"Cookie": cookie}).word not in {theirs.word, mine.word}


def test_two_cookie_headers_are_read_as_one(edge: Container) -> None:
    path = page(KEPT)
    first = raw(edge, f"GET {path} HTTP/1.1", "Cookie: _ga=1", "Cookie: PHPSESSID=secret")
    assert "PHPSESSID=secret" in first
    assert "PHPSESSID" not in ask(edge, path).body


def test_cookies_of_statistics_change_nothing(edge: Container) -> None:
    path = page(KEPT)
    cookie = "_ga=GA1.2; _ga_ABC1=x; _gid=1; _pk_id.1.1fff=2; _fbp=3; wordpress_test_cookie=x"
    first = ask(edge, path, {"Cookie": cookie})
    assert first.heard["Cookie"] == ""
    assert ask(edge, path).word == first.word


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {}), ("PUT", {}), ("DELETE", {}), ("OPTIONS", {}),
        ("GET", {"Authorization": "Basic eDp5"}), ("GET", {"X-WP-Nonce": "1"}),
        ("GET", {"X-HTTP-Method-Override": "DELETE"}), ("GET", {"Range": "bytes=0-3"}),
        ("GET", {"Origin": "https://evil.example"}), ("GET", {"Accept": "application/activity+json"}),
        ("GET", {"Content-Length": "1"}),
    ],
)  # fmt: skip
def test_such_a_request_reaches_the_webhead_and_its_answer_nobody_else(
    edge: Container, method: str, headers: dict[str, str]
) -> None:
    path = page(KEPT)
    body = "a" if headers.pop("Content-Length", "") else None
    mine = ask(edge, path, headers, method, body=body)
    theirs = ask(edge, path)
    assert mine.headers["x-cache"] == "pass"
    assert theirs.headers["x-cache"] == "miss"
    assert mine.word != theirs.word
    assert ask(edge, path, headers, method, body=body).headers["x-cache"] == "pass"


@pytest.mark.parametrize(
    "path",
    ["/wp-admin/", "/wp-admin/admin-ajax.php", "/wp-login.php", "/wp-cron.php", "//wp-admin/",
     "/WP-Admin/", "/-/self", "/-/edge", "/a/?preview=true", "/?p=1&preview_id=1", "/?_wpnonce=1",
     "/?wpaas-login=1", "/?add-to-cart=3", "/?customize_changeset_uuid=1"],
)  # fmt: skip
def test_some_addresses_are_never_kept(edge: Container, path: str) -> None:
    asked = path + ("&" if "?" in path else "?") + KEPT
    assert {ask(edge, asked).headers["x-cache"] for _ in range(2)} == {"pass"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-Host", "evil.example"), ("X-Original-URL", "/wp-admin/"), ("X-Rewrite-URL", "/x"),
        ("User-Agent", "evil"), ("Accept-Language", "xx-evil"), ("X-Forwarded-Proto", "https"),
        ("X-Wpaas-Site", "tea-house"), ("X-Wpaas-Failed", "500"), ("Xkey", "post-1"),
        ("X-Wpaas-Cache", "hit"), ("X-Forwarded-Scheme", "nothttps"), ("Referer", "http://evil.example"),
    ],
)  # fmt: skip
def test_no_header_without_a_part_in_the_key_gets_into_what_others_see(
    edge: Container, header: str, value: str
) -> None:
    path = page(KEPT)
    ask(edge, path, {header: value})
    theirs = ask(edge, path)
    assert "evil" not in theirs.body
    assert "/wp-admin/" not in theirs.body
    assert (theirs.status, theirs.body.split("|")[0]) == (200, "chess-club")
    assert theirs.heard["X-Forwarded-Proto"] == "http"


def test_what_is_kept_was_made_for_nobodys_address(edge: Container) -> None:
    """A plugin that lets some addresses in would else let everybody in, or nobody."""
    assert ask(edge, page(KEPT)).heard["X-Forwarded-For"] == "192.0.2.1"
    own = ask(edge, page(KEPT), {"Cookie": "a=b", "X-Wpaas-Shared": "yes"})
    assert own.heard["X-Forwarded-For"] not in {"", "192.0.2.1"}


def test_a_scheme_that_is_not_believed_is_not_kept(edge: Container) -> None:
    path, said = page(KEPT), {"X-Forwarded-Proto": "https"}
    first, second = ask(edge, path, said), ask(edge, path, said)
    assert first.heard["X-Forwarded-Proto"] == "http"
    assert first.word != second.word


@pytest.mark.parametrize(
    "host", ["CHESS-CLUB.localhost", "chess-club.localhost.", "chess-club.localhost:8080", "Chess-Club.LOCALHOST.:99"]
)  # fmt: skip
def test_a_host_is_one_however_it_is_written(edge: Container, host: str) -> None:
    path = page(KEPT)
    first = ask(edge, path)
    assert ask(edge, path, host=host).word == first.word


@pytest.mark.parametrize("host", ["unknown.example", "chess-club.localhost@evil.example", "chess_club.localhost", "[::1]", " "])  # fmt: skip
def test_other_hosts_get_nothing_of_it(edge: Container, host: str) -> None:
    path = page(KEPT)
    ask(edge, path)
    assert ask(edge, path, host=host).status in (400, 421)


def test_one_address_on_two_hosts_is_two_pages(edge: Container) -> None:
    path = page(KEPT)
    assert ask(edge, path).body.startswith("chess-club|")
    assert ask(edge, path, host="tea.example.org").body.startswith("tea-house|")


def test_an_absolute_address_is_its_hosts(edge: Container) -> None:
    path = page(KEPT)
    answer = raw(edge, f"GET http://tea.example.org{path} HTTP/1.1")
    assert "tea-house|" in answer
    assert ask(edge, path).body.startswith("chess-club|")


def test_a_doubled_slash_is_another_page(edge: Container) -> None:
    path = page(KEPT)
    assert ask(edge, path).word != ask(edge, "/" + path).word


def test_words_of_advertisers_are_taken_off(edge: Container) -> None:
    path = page(KEPT)
    first = ask(edge, f"{path}&utm_source=evil&b=1&gclid=2")
    assert first.heard["Uri"] == f"{path}&b=1"
    assert ask(edge, f"{path}&fbclid=9&b=1&utm_medium=x").word == first.word
    assert ask(edge, f"{path}&b=2").word != first.word
    bare = ask(edge, f"{path.partition('?')[0]}?utm_source=a", {"Cookie": "a=b"})
    assert bare.heard["Uri"].endswith("?utm_source=a"), (
        "who is not answered from the store is not rewritten"
    )


def test_head_is_answered_from_the_page(edge: Container) -> None:
    path = page(KEPT)
    assert ask(edge, path, method="HEAD").body == ""
    first = ask(edge, path)
    assert first.headers["x-cache"].startswith("hit")
    assert ask(edge, path, method="HEAD").headers["x-cache"].startswith("hit")


@pytest.mark.parametrize("method", ["PURGE", "BAN", "TRACE", "CONNECT", "PROPFIND"])
def test_visitors_have_no_other_methods(edge: Container, method: str) -> None:
    path = page(KEPT)
    first = ask(edge, path)
    assert "405" in raw(edge, f"{method} {path} HTTP/1.1", "Xkey: site", "X-Wpaas-Site: chess-club")
    assert ask(edge, path).word == first.word


def test_it_is_kept_packed_and_unpacked_for_who_cannot(edge: Container) -> None:
    path = page(KEPT, "type=text/html")
    plain = ask(edge, path)
    packed = ask(edge, path, {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert ask(edge, path).body == plain.body


def test_files_of_the_code_are_kept_whoever_asks(edge: Container) -> None:
    path = f"/wp-includes/js/{secrets.token_hex(4)}.js?ver=1&cc=public,max-age=3600"
    first = ask(edge, path, {"Cookie": "wordpress_logged_in_1=a"})
    assert first.heard["Cookie"] == ""
    assert ask(edge, path).word == first.word
