"""Files that not everybody may read. Behaviours 34 and 35."""

import json

import pytest
import requests
from lab import Lab, word

from demo.stage import wait_until

pytestmark = pytest.mark.e2e
# Signed so many seconds ago, for 60 s; asked for as nginx does it.
SIGNED = (
    "$c = Wpaas\\configuration(); $endpoint = $c->text('store.endpoint'); $key = Wpaas\\S3\\Place::key('s3://uploads/%s');"
    "$path = Wpaas\\S3\\Signer::encode_path('/' . $c->text('store.bucket') . '/' . $key);"
    "$signer = new Wpaas\\S3\\Signer($c->secret('store_access_key'), $c->secret('store_secret_key'), $c->text('store.region'));"
    "foreach (%s as $age) { $query = $signer->presigned('GET', $path, preg_replace('~^https?://~', '', $endpoint),"
    " gmdate('Ymd\\THis\\Z', time() - $age), Wpaas\\PRESIGNED_S);"
    "$ask = curl_init(\"$endpoint$path\" . ($age < 0 ? '' : \"?$query\")); curl_setopt_array($ask, [CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => '']);"
    "curl_exec($ask); $said[] = curl_getinfo($ask, CURLINFO_RESPONSE_CODE); $sent[] = $query; } echo json_encode([$said, $sent]);"
)
ASK = (
    "$ask = curl_init(Wpaas\\configuration()->text('store.endpoint') . Wpaas\\S3\\Signer::encode_path('/' . Wpaas\\configuration()->text('store.bucket')"
    " . '/' . Wpaas\\S3\\Place::key('s3://uploads/%s')) . '?%s'); curl_setopt_array($ask, [CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => '']);"
    "curl_exec($ask); echo curl_getinfo($ask, CURLINFO_RESPONSE_CODE);"
)
REPORT = (
    "require_once ABSPATH . 'wp-admin/includes/admin.php'; $mail = '%s@example.org';"
    "$request = wp_create_user_request($mail, 'export_personal_data');"
    "$data = [['group_id' => 'g', 'group_label' => 'Group', 'item_id' => 'i', 'data' => [['name' => 'Note', 'value' => 'x']]]];"
    "echo json_encode(wp_privacy_process_personal_data_export_page(['done' => true, 'data' => $data],"
    " count(apply_filters('wp_privacy_personal_data_exporters', [])), $mail, 1, $request, false, 'x'));"
)
CLEAN = "require_once ABSPATH . 'wp-admin/includes/admin.php'; do_action('wp_privacy_delete_old_export_files');"


def visit(lab: Lab, path: str, **headers: str) -> requests.Response:
    """Through the front, as a browser without a log-in unless it sends one."""
    return requests.get(
        lab.stage.http + path,
        headers={"Host": lab.host, **headers},
        timeout=20,
        allow_redirects=False,
    )


def test_34_a_private_file_is_for_those_who_are_logged_in(lab: Lab) -> None:
    here, there = lab.until_live()
    name = f"private/{word()}/minutes (1).txt"
    lab.php(here, f"file_put_contents('s3://uploads/{name}', 'the minutes');")
    path = f"/wp-content/uploads/{name}".replace(" ", "%20")
    author = lab.author()
    for _ in range(3):
        refused = visit(lab, path)
        assert (refused.status_code, "the minutes" in refused.text) == (403, False)
        given = author.get(path)
        assert (given.status_code, given.text) == (200, "the minutes")
        assert given.headers["Cache-Control"] == "private, no-store"
    assert lab.ask(there, path.replace(" ", "%20")).status == 403

    statuses, sent = json.loads(lab.php(here, SIGNED % (name, "[-1, 50, 61]")))
    assert statuses == [403, 200, 403], "without a signature; 50 s old; 61 s old"
    wait_until("the address is dead", lambda: lab.php(there, ASK % (name, sent[1])) == "403", 20)
    lab.php(here, f"unlink('s3://uploads/{name}');")


def test_35_a_report_about_a_person_is_had_by_its_link_until_its_term(lab: Lab) -> None:
    here, there = lab.until_live()
    address = json.loads(lab.php(here, REPORT % word()))["url"]
    path = "/" + address.split("/", 3)[3]
    report = visit(lab, path)
    assert (report.status_code, report.content[:2]) == (200, b"PK")
    assert report.headers["Cache-Control"] == "private, no-store"
    assert visit(lab, path.replace(".zip", "x.zip")).status_code == 403
    due = lab.php(
        there,
        "echo wp_next_scheduled('wp_privacy_delete_old_export_files') > 0 ? 'planned' : 'no';",
    )
    assert due == "planned"
    lab.php(there, CLEAN)
    assert visit(lab, path).status_code == 200, "its three days are not over"
    lab.php(there, "add_filter('wp_privacy_export_expiration', static fn () => -5);" + CLEAN)
    assert visit(lab, path).status_code == 404
