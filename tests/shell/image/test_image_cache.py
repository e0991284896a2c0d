"""What WordPress says of its pages to the edges, and what it tells them when something changes."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from edges import Door, Page, behind_edges, edges
from mixed_clients import client
from webheads import Stand, Webhead, docker, eventually

KEPT_FOR = re.compile(
    r"^public, max-age=0, s-maxage=(\d+), stale-while-revalidate=60, stale-if-error=86400$"
)
POST = "/?p=1"
SEEN_S = 2.0


@pytest.fixture(scope="module")
def cached(stand: Stand) -> Iterator[tuple[Webhead, list[Door]]]:
    """A site with two edges, whose first post has a plain address."""
    webhead = behind_edges(stand, "cache-club")
    webhead.php("$wp_rewrite->set_permalink_structure('/%postname%/'); flush_rewrite_rules();")
    with edges(stand, webhead.site, 2) as doors:
        yield webhead, doors


@pytest.fixture
def webhead(cached: tuple[Webhead, list[Door]]) -> Webhead:
    return cached[0]


@pytest.fixture
def doors(cached: tuple[Webhead, list[Door]]) -> list[Door]:
    return cached[1]


def asked(webhead: Webhead, path: str, *headers: str) -> Page:
    """What the webhead itself says, from inside: headers that the edge takes off as well."""
    curl = (
        "$c = curl_init('http://127.0.0.1:8080' . $argv[1]); curl_setopt_array($c, [CURLOPT_HEADER => true,"
        " CURLOPT_HTTPHEADER => array_slice($argv, 2), CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => '']);"
        "echo curl_exec($c);"
    )
    said = docker("exec", webhead.name, "php", "-r", curl, path, f"Host: {webhead.site.host}", *headers)  # fmt: skip
    head, _, text = said.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.split("\n")
    found = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Page(int(status.split()[1]), found, text)


@pytest.mark.parametrize(
    ("path", "seconds", "keys"),
    [
        ("/", 300, {"list-post", "post-1", "author-1"}),
        ("/hello-world/", 300, {"post-1", "author-1", "term-1"}),
        ("/sample-page/", 300, {"post-2"}),
        ("/category/uncategorized/", 300, {"term-1", "list", "post-1"}),
        ("/feed/", 300, {"list", "post-1"}),
        ("/wp-json/wp/v2/posts", 300, {"rest", "list-post", "post-1"}),
        ("/wp-json/wp/v2/comments?post=1", 300, {"rest", "post-1"}),
        ("/wp-sitemap-posts-post-1.xml", 300, {"list-post", "post-1"}),
        ("/?s=hello", 60, {"list"}),
        ("/not-there/", 30, {"missing"}),
        ("/?p=1", 60, {"redirect"}),
    ],
)  # fmt: skip
def test_public_pages_say_for_how_long_and_what_they_show(
    webhead: Webhead, path: str, seconds: int, keys: set[str]
) -> None:
    page = asked(webhead, path)
    found = KEPT_FOR.match(page.headers.get("cache-control", ""))
    assert found, page.headers
    assert int(found[1]) == seconds
    assert keys <= set(page.headers["xkey"].split()), page.headers["xkey"]
    if path == "/hello-world/":
        assert (
            "list-post" not in page.headers["xkey"].split()
            or "post navigation" in page.text.lower()
        )


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/wp-login.php", ""), ("/wp-admin/", ""), ("/wp-admin/admin-ajax.php?action=x", ""),
        ("/?p=1&preview=true", ""), ("/?lab-cookie=1", ""), ("/?lab-cut=1", ""),
        ("/", "Cookie: wordpress_logged_in_x=1"), ("/", "Cookie: a=b"), ("/", "Authorization: Basic eDp5"),
        ("/wp-json/", "Cookie: a=b"), ("/wp-json/wp/v2/settings", ""), ("/secret-post/", ""),
    ],
)  # fmt: skip
def test_these_are_not_for_the_edges(webhead: Webhead, path: str, header: str) -> None:
    if path == "/secret-post/":
        webhead.php(
            "wp_insert_post(['post_title' => 'Secret post', 'post_status' => 'publish', 'post_password' => 'x']);"
        )
    page = asked(webhead, path, *([header] if header else []))
    assert "s-maxage" not in page.headers.get("cache-control", "")
    assert "xkey" not in page.headers


def test_a_list_of_5000_posts_names_few_bytes_of_keys(webhead: Webhead, stand: Stand) -> None:
    database = webhead.site.config["database"]["name"]
    stand.sql(
        "INSERT INTO wp_posts (post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status,"
        " post_name, to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, post_type)"
        " SELECT 1, NOW(), NOW(), 'x', CONCAT('Bulk ', seq), '', 'publish', CONCAT('bulk-', seq), '', '', NOW(), NOW(),"
        " '', 'post' FROM seq_1_to_5000; UPDATE wp_options SET option_value = '5000' WHERE option_name = 'posts_per_rss';",
        database,
    )
    try:
        page = asked(webhead, "/feed/")
        assert page.status == 200
        assert page.text.count("<item>") > 1000
        assert len(page.headers.get("xkey", "")) <= 4096
        listed = asked(webhead, "/wp-json/wp/v2/posts?per_page=100&_fields=id,link")
        assert len(listed.headers["xkey"]) <= 4096
    finally:
        stand.sql(
            "DELETE FROM wp_posts WHERE post_name LIKE 'bulk-%';"
            " UPDATE wp_options SET option_value = '10' WHERE option_name = 'posts_per_rss';",
            database,
        )


def shown(door: Door, path: str) -> str:
    """A page that the edge keeps from now on."""
    eventually("kept", 10, lambda: door.get(path).cache == "hit")
    return door.get(path).text


Change = tuple[str, str, tuple[str, ...]]
CHANGES: list[Change] = [
    ("wp_update_post(['ID' => 1, 'post_title' => 'WORD']);", "post",
     ("/", "/hello-world/", "/category/uncategorized/", "/feed/", "/wp-json/wp/v2/posts")),
    ("wp_insert_post(['post_title' => 'WORD', 'post_status' => 'publish']);", "new post", ("/", "/feed/", "/wp-json/wp/v2/posts")),
    ("wp_insert_comment(['comment_post_ID' => 1, 'comment_content' => 'WORD', 'comment_approved' => 1]);", "comment", ("/hello-world/",)),
    ("wp_update_term(1, 'category', ['name' => 'WORD']);", "term", ("/hello-world/", "/category/uncategorized/")),
    ("wp_update_user(['ID' => 1, 'display_name' => 'WORD']);", "profile", ("/hello-world/",)),
    ("update_post_meta(1, 'x', 1); wp_update_post(['ID' => 2, 'post_title' => 'WORD']);", "page", ("/sample-page/", "/")),
    ("set_theme_mod('custom_css_post_id', -1); wp_update_custom_css_post('.WORD { color: red }');", "custom css", ("/", "/hello-world/")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "what", "paths"), CHANGES, ids=[what for _, what, _ in CHANGES])
def test_a_change_is_on_every_edge_at_once(
    webhead: Webhead, doors: list[Door], code: str, what: str, paths: tuple[str, ...]
) -> None:
    word = f"w{time.monotonic_ns()}"
    for door in doors:
        for path in paths:
            assert word not in shown(door, path)
    webhead.php(code.replace("WORD", word))
    done = time.monotonic()
    for door in doors:
        for path in paths:
            eventually(
                f"{what} on {path}",
                max(0.5, SEEN_S - (time.monotonic() - done)),
                lambda door=door, path=path: word in door.get(path).text,  # type: ignore[misc]
            )
    assert waiting(webhead) == 0


def waiting(webhead: Webhead) -> int:
    """Purges that not every edge has taken."""
    return int(webhead.php("echo (int) $wpdb->get_var('SELECT COUNT(*) FROM wpaas_purge');"))


def test_other_pages_stay(webhead: Webhead, doors: list[Door]) -> None:
    shown(doors[0], "/sample-page/")
    webhead.php("wp_insert_comment(['comment_post_ID' => 1, 'comment_content' => 'a', 'comment_approved' => 1]);")  # fmt: skip
    assert doors[0].get("/hello-world/").cache == "miss"
    assert doors[0].get("/sample-page/").cache == "hit"


def test_a_visitor_who_only_looks_purges_nothing(doors: list[Door]) -> None:
    shown(doors[0], "/")
    assert doors[0].get(f"/?lab-count={time.monotonic_ns()}").status == 200
    assert doors[0].get("/").cache == "hit"


def test_an_edge_that_was_deaf_hears_it_later(webhead: Webhead, doors: list[Door]) -> None:
    word = f"w{time.monotonic_ns()}"
    for door in doors:
        shown(door, "/hello-world/")
    docker("pause", doors[1].name)
    try:
        webhead.php(f"wp_update_post(['ID' => 1, 'post_title' => '{word}']);")
        eventually("the other", SEEN_S, lambda: word in doors[0].get("/hello-world/").text)
        assert waiting(webhead) >= 1
    finally:
        docker("unpause", doors[1].name)
    # Whoever is answered by PHP next tells it; nobody asks this edge for anything else meanwhile.
    eventually(
        "told", 20, lambda: doors[0].get(f"/?x={time.monotonic_ns()}").status == 200 and waiting(webhead) == 0
    )  # fmt: skip
    assert word in doors[1].get("/hello-world/").text


def test_a_page_that_was_being_made_during_a_change_is_not_kept(
    webhead: Webhead, doors: list[Door]
) -> None:
    path, word = f"/hello-world/?lab-nap=3&x={time.monotonic_ns()}", f"w{time.monotonic_ns()}"
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(doors[0].get, path)
        eventually("it is on its way", 10, lambda: napping(webhead))
        webhead.php(f"wp_update_post(['ID' => 1, 'post_title' => '{word}']);")
        assert slow.result().status == 200
    assert doors[0].get(path).cache == "miss"


def test_a_page_that_lacks_what_the_database_had_no_time_for_is_an_error(
    webhead: Webhead, doors: list[Door], stand: Stand
) -> None:
    page = asked(webhead, "/?lab-heavy=1")
    assert (page.status, page.headers["cache-control"]) == (500, "no-store")
    assert "xkey" not in page.headers
    running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%seq_1_to_1000000 a%b'"
    assert stand.sql(running) == "0", "the database goes on"
    (told,) = (json.loads(line) for line in webhead.logs() if "database error" in line)
    assert told["code"] == 1969, "it was asked again"
    assert doors[0].get("/?lab-heavy=1").status == 500
    assert shown(doors[0], "/")


def test_what_a_long_process_changes_late_is_told_too(webhead: Webhead, doors: list[Door]) -> None:
    word = f"w{time.monotonic_ns()}"
    shown(doors[0], "/sample-page/")
    webhead.php(
        "wp_update_post(['ID' => 1, 'post_title' => 'early']);"
        "$wpdb->query('DELETE FROM wpaas_purge');"  # another process has told it meanwhile
        f"wp_update_post(['ID' => 2, 'post_title' => '{word}']);"
    )
    eventually("the late one", SEEN_S, lambda: word in doors[0].get("/sample-page/").text)
    assert waiting(webhead) == 0


def napping(webhead: Webhead) -> bool:
    """Whether PHP is at work on a page that takes its time."""
    return docker("exec", webhead.name, "sh", "-c", "ls /tmp/lab-nap 2>/dev/null; true") != ""


def test_many_who_want_one_new_page_wait_for_one(webhead: Webhead, doors: list[Door]) -> None:
    path = f"/hello-world/?lab-nap=1&x={time.monotonic_ns()}"
    with ThreadPoolExecutor(40) as pool:
        pages = list(pool.map(lambda _: doors[0].get(path), range(40)))
    assert {page.status for page in pages} == {200}
    assert sorted(page.cache for page in pages) == ["hit"] * 39 + ["miss"]


MIXED, CHANGED = 10_000, 8


def test_no_page_of_who_is_logged_in_is_shown_to_anybody_else(
    webhead: Webhead, doors: list[Door]
) -> None:
    cookie = webhead.php(
        "echo LOGGED_IN_COOKIE, '=', wp_generate_auth_cookie(1, time() + 3600, 'logged_in');"
    )
    parts = [client(doors[n % 2], cookie, MIXED // 8, n) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(part) for part in parts]
        for _ in range(CHANGED):
            webhead.php("wp_update_post(['ID' => 1, 'post_content' => uniqid()]);")
        seen = [future.result() for future in running]
    wrong = [line for tally in seen for line in tally.wrong]
    kept, count = sum(tally.kept for tally in seen), sum(tally.requests for tally in seen)
    print(f"{count} requests, {kept} answered from the store, {len(wrong)} wrong")
    assert (wrong[:5], count) == ([], MIXED)
    assert kept > MIXED // 2
