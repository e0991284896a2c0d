"""Files that not everybody may read, and WordPress's reports about persons. Behaviours 34 and 35."""

import json
import time

import pytest
import requests
from webheads import ROOT, Stand, Webhead, docker, eventually

UPLOADS = "/wp-content/uploads/"
MEMBERS = "private/2026/minutes of May (1).txt"


@pytest.fixture(scope="module")
def visitor(webhead: Webhead) -> Webhead:
    """The same webhead, with no log-in."""
    return Webhead(webhead.name, webhead.site)


@pytest.fixture(scope="module")
def minutes(webhead: Webhead) -> str:
    """Address of a members' file."""
    webhead.php(f"file_put_contents('s3://uploads/{MEMBERS}', 'the minutes');")
    webhead.log_in()
    return UPLOADS + MEMBERS


def test_a_private_file_is_for_those_who_are_logged_in(
    webhead: Webhead, visitor: Webhead, minutes: str
) -> None:
    refused = visitor.get(minutes)
    assert refused.status_code == 403
    assert "log in" in refused.text
    assert "the minutes" not in refused.text
    answer = webhead.get(minutes)
    assert (answer.status_code, answer.text) == (200, "the minutes")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "no-store" in refused.headers["Cache-Control"]
    assert not [name for name in answer.headers if "wpaas" in name.lower() or "amz" in name.lower()]
    part = webhead.get(minutes, headers={"Range": "bytes=4-10"})
    assert (part.status_code, part.text) == (206, "minutes")
    head = webhead.ask("HEAD", minutes)
    assert (head.status_code, head.headers["Content-Length"]) == (200, "11")
    assert webhead.get(UPLOADS + "private/none.txt").status_code == 404
    assert webhead.ask("POST", minutes).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/-/private",
        "/wp-content/uploads//private/2026/minutes%20of%20May%20(1).txt",
        "/wp-content/uploads/%70rivate/2026/minutes%20of%20May%20(1).txt",
        "/wp-content/uploads/x/../private/2026/minutes%20of%20May%20(1).txt",
        "/wp-content/uploads/../uploads/private/2026/minutes%20of%20May%20(1).txt",
        "/wp-content/uploads/private/../private/2026/minutes%20of%20May%20(1).txt",
        "/wp-content/uploads/PRIVATE/2026/minutes%20of%20May%20(1).txt",
        "/wp-content/uploads/private/2026/",
        "/wp-content/uploads/private",
    ],
)
def test_no_other_spelling_leads_to_it(visitor: Webhead, minutes: str, path: str) -> None:
    request = requests.Request("GET", visitor.address + path)
    sent = request.prepare()
    sent.url = visitor.address + path  # as it is written here
    sent.headers.update(
        {"Host": f"{visitor.site.host}:8080", "Wpaas-Private-File": "x", "X-Wpaas-Object": "/"}
    )
    answer = requests.Session().send(sent, timeout=20, allow_redirects=False)
    assert answer.status_code in {400, 403, 404}, answer.text
    assert "the minutes" not in answer.text


def test_the_store_itself_shows_it_to_nobody(stand: Stand, webhead: Webhead, minutes: str) -> None:
    assert minutes
    key = next(key for key in stand.keys(webhead.site) if "minutes" in key)
    assert key == "private/" + MEMBERS
    bucket = webhead.site.config["store"]["bucket"]
    assert requests.get(f"{stand.store}/{bucket}/{key}", timeout=20).status_code == 403


def test_the_signed_address_is_dead_after_its_time(
    stand: Stand, webhead: Webhead, minutes: str
) -> None:
    assert minutes
    assert "PRESIGNED_S = 60;" in (ROOT / "image/mu-plugin/uploads-private.php").read_text()
    made = webhead.php(
        f"$k = Wpaas\\S3\\Place::key('s3://uploads/{MEMBERS}');"
        "echo json_encode([Wpaas\\store()->client->presigned('GET', $k, 60),"
        " Wpaas\\store()->client->presigned('GET', $k, 3)]);"
    )
    began = time.monotonic()
    long, short = json.loads(made)
    host = {"Host": "store:8333"}

    def status(address: str, method: str = "GET") -> int:
        return requests.request(method, stand.store + address, headers=host, timeout=20).status_code

    assert status(long) == 200
    assert status(long.replace("minutes", "other")) == 403
    assert status(long, "PUT") == 403
    assert status(long, "DELETE") == 403
    eventually("the short one is dead", 10, lambda: status(short) == 403)
    assert time.monotonic() - began > 2
    assert status(long) == 200


@pytest.mark.parametrize("folder", ["woocommerce_uploads", "edd", "wc-logs", "gravity_forms"])
def test_what_plugins_keep_is_shown_to_administrators_alone(
    webhead: Webhead, visitor: Webhead, minutes: str, folder: str
) -> None:
    assert minutes
    webhead.php(f"file_put_contents('s3://uploads/{folder}/a.txt', 'an order');")
    assert visitor.get(f"{UPLOADS}{folder}/a.txt").status_code == 403
    assert webhead.get(f"{UPLOADS}{folder}/a.txt").text == "an order"
    listed = webhead.php("echo json_encode(scandir('s3://uploads'));")
    assert folder in json.loads(listed)


def test_nginx_and_php_have_one_list_of_private_folders(webhead: Webhead) -> None:
    folders = json.loads(webhead.php("echo json_encode(Wpaas\\S3\\Place::FOLDERS);"))
    text = (ROOT / "image/nginx/site.conf").read_text()
    listed = text.split("(?<private_file>(?:")[1].split(")")[0]
    assert sorted(listed.split("|")) == sorted(folders)


REPORT = """
require_once ABSPATH . 'wp-admin/includes/admin.php';
$request = wp_create_user_request('person@example.org', 'export_personal_data');
$data = [['group_id' => 'g', 'group_label' => 'Group', 'item_id' => 'i', 'data' => [['name' => 'Note', 'value' => 'a secret']]]];
$said = wp_privacy_process_personal_data_export_page(['done' => true, 'data' => $data],
    count(apply_filters('wp_privacy_personal_data_exporters', [])), 'person@example.org', 1, $request, false, 'x');
echo json_encode($said);
"""


def test_a_report_about_a_person_is_had_by_its_link_and_ends(
    stand: Stand, webhead: Webhead, visitor: Webhead
) -> None:
    address = json.loads(webhead.php(REPORT))["url"]
    path = address.removeprefix(f"http://{webhead.site.host}:8080")
    other = stand.webhead(webhead.site)
    other.until_healthy()
    answer = Webhead(other.name, other.site).get(path)
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert answer.headers["Cache-Control"] == "private, no-store"
    kept = [key for key in stand.keys(webhead.site) if "personal-data" in key]
    assert len(kept) == 1
    assert kept[0].startswith("private/")
    assert visitor.get(path[:-9] + "aaaaa.zip").status_code == 404
    assert visitor.get(path.rsplit("/", 1)[0] + "/index.php").status_code in {403, 404}
    assert "report" not in docker("exec", webhead.name, "ls", "/tmp")

    clean = "require_once ABSPATH . 'wp-admin/includes/admin.php'; do_action('wp_privacy_delete_old_export_files');"
    webhead.php(clean)
    assert visitor.get(path).status_code == 200
    webhead.php("add_filter('wp_privacy_export_expiration', static fn () => 0); sleep(1);" + clean)
    assert visitor.get(path).status_code == 404
    assert not [key for key in stand.keys(webhead.site) if "personal-data-file" in key]


def test_a_report_that_cannot_be_stored_is_an_error(stand: Stand, webhead: Webhead) -> None:
    webhead.php(
        "foreach (get_posts('post_type=user_request&post_status=any') as $p) wp_delete_post($p->ID, true);"
    )
    docker("pause", f"{stand.name}-store")
    try:
        said = json.loads(webhead.php(REPORT))
    finally:
        docker("unpause", f"{stand.name}-store")
    assert said == {
        "success": False,
        "data": "The report could not be stored. Please try again in a few minutes.",
    }
