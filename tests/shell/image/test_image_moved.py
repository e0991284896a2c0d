"""A site's addresses after its primary domain changed, in whatever way they are stored."""

import json

import pytest
from webheads import Stand, Webhead

OLD, NEW = "http://old.example", "https://new-home.example:8443"
TEXT = "<?php require '/usr/lib/wpaas/moved.php'; [$from, $to, $value] = json_decode({}, true); echo json_encode((new Wpaas\\Moved($from, $to))->text($value));"


def moved(webhead: Webhead, value: str) -> str:
    question = "'" + json.dumps([OLD, NEW, value]).replace("\\", "\\\\").replace("'", "\\'") + "'"
    said = webhead.php(TEXT.format(question).removeprefix("<?php"))
    return str(json.loads(said))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("see http://old.example/a and https://OLD.example", "see https://new-home.example:8443/a and https://new-home.example:8443"),
        ('<img src="//old.example/x.png">', '<img src="//new-home.example:8443/x.png">'),
        (r'{"url":"http:\/\/old.example\/a"}', r'{"url":"https:\/\/new-home.example:8443\/a"}'),
        ("http://old.example.org http://not-old.example http://old.example:81", "http://old.example.org http://not-old.example http://old.example:81"),
        ("kim@old.example stays", "kim@old.example stays"),
        ('a:1:{s:1:"u";s:20:"http://old.example/a";}', 'a:1:{s:1:"u";s:31:"https://new-home.example:8443/a";}'),
        ('a:1:{i:0;s:36:"a:1:{i:0;s:18:"http://old.example";}";}', 'a:1:{i:0;s:47:"a:1:{i:0;s:29:"https://new-home.example:8443";}";}'),
        ('O:4:"Gone":2:{s:1:"a";s:18:"http://old.example";s:1:"b";R:2;}', 'O:4:"Gone":2:{s:1:"a";s:29:"https://new-home.example:8443";s:1:"b";R:2;}'),
        ('a:1:{i:0;s:19:"ä http://old.exampl', 'a:1:{i:0;s:19:"ä http://old.exampl'),
        ('s:2:"http://old.example', 's:2:"https://new-home.example:8443'),
    ],
)  # fmt: skip
def test_every_way_to_store_an_address_is_known(webhead: Webhead, before: str, after: str) -> None:
    assert moved(webhead, before) == after


def test_the_tables_are_rewritten_once_and_feeds_keep_their_names(stand: Stand) -> None:
    site = stand.site("far-club")
    assert stand.job(site)[0] == 0
    stand.live(site, title="Moved", plugins=[])
    webhead = stand.webhead(site)
    webhead.until_healthy()
    old = site.config["home"]
    said = webhead.php(
        f"update_option('lab', ['deep' => ['{old}/x', (object) ['u' => '{old}']]]);"
        f"for ($i = 0; $i < 450; $i++) {{ wp_insert_post(['post_title' => 'p', 'post_status' => 'publish',"
        f" 'post_content' => $i % 3 ? '{old}/' . $i : 'chess mail@far-club.localhost:8080 {old}/']); }}"
        # To the database, accents are no difference.
        "wp_insert_comment(['comment_post_ID' => 1, 'comment_content' => 'see fár-club.localhost:8080']);"
        "require '/usr/lib/wpaas/database.php'; require '/usr/lib/wpaas/moved.php'; $d = Wpaas\\connect(Wpaas\\Configuration::load(), 5, 30);"
        f"echo json_encode([Wpaas\\move_content($d, '{old}', '{NEW}'), Wpaas\\move_content($d, '{old}', '{NEW}')]);"
        "wp_cache_flush(); echo json_encode([get_option('lab')['deep'][1]->u, get_option('lab')['deep'][0]]);"
    )
    first, second = json.loads(said[: said.index("]") + 1])
    assert first >= 451
    assert second == 0
    assert json.loads(said[said.index("]") + 1 :]) == [NEW, f"{NEW}/x"]
    left = "SELECT COUNT(*) FROM wp_posts WHERE post_content LIKE '%//far-club.localhost%'"
    assert stand.sql(left, "site_far_club") == "0"
    kept = "SELECT COUNT(*) FROM wp_posts WHERE guid LIKE '%//far-club.localhost%'"
    assert int(stand.sql(kept, "site_far_club")) >= 450
