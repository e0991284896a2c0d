"""What a webhead refuses to run and to show, and what it says with every answer. Behaviours 45, 46, 48, 49."""

import json
import re

import pytest
import requests
from lab import Lab

from demo.engines import inspect

pytestmark = pytest.mark.e2e


PHP_FILES = (
    "/wp-content/plugins/hello.php",
    "/wp-content/plugins/site-notice/site-notice.php",
    "/wp-content/themes/twentytwentyfive/functions.php",
    "/wp-content/mu-plugins/site.php",
    "/wp-content/uploads/evil.php",
    "/wp-content/uploads/2026/11/evil.php/x.png",
    "/wp-content/uploads/evil.phtml",
    "/wp-content/db.php",
    "/wp-includes/version.php",
    "/wp-includes/functions.php/x.css",
    "/wp-settings.php",
    "/wp-load.php",
    "/wp-cron.php",
    "/wp-mail.php",
    "/wp-trackback.php",
    "/wp-signup.php",
    "/wp-admin/includes/file.php",
    "/wp-admin/install.php",
    "/wp-admin/setup-config.php",
    "/wp-admin/maint/repair.php",
    "/wp-admin/nothing.php",
    "/index.php/x.php",
    "/INDEX.PHP",
)
NO_PAGES = (
    "/.git/config",
    "/.git/HEAD",
    "/.env",
    "/.htaccess",
    "/backup.sql",
    "/wp-content/backup.sql",
    "/wp-content/debug.log",
    "/readme.html",
    "/license.txt",
    "/wp-config.php",
    "/wp-config-sample.php",
    "/wp-config.php.bak",
    "/wp-content/plugins/site-notice/LICENSE.txt",
    "/wp-content/themes/twentytwentyfive/theme.json",
    "/wp-content/themes/twentytwentyfive/",
    "/wp-includes/",
    "/..%2f..%2f..%2fetc/passwd",
    "/wp-content/themes/..%2f..%2f..%2f..%2fetc/wpaas/secret.json",
    "/composer.json",
)
# Many requests by one program: starting one in a container through two engines costs more than a page.
ASK_ALL = (
    "$said = []; foreach (json_decode(file_get_contents('php://stdin')) as [$method, $path, $host]) {"
    " $c = curl_init('http://127.0.0.1:8080'); curl_setopt_array($c, [CURLOPT_REQUEST_TARGET => $path,"
    " CURLOPT_CUSTOMREQUEST => $method, CURLOPT_HTTPHEADER => [\"Host: $host\"], CURLOPT_PROXY => '',"
    " CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30]); $text = (string) curl_exec($c);"
    " $said[] = [curl_getinfo($c, CURLINFO_RESPONSE_CODE), $text]; } echo json_encode($said);"
)


def ask_all(lab: Lab, asked: list[tuple[str, str]]) -> list[tuple[int, str]]:
    """Status and text of each (method, path), sent as it stands to one webhead from inside."""
    question = json.dumps([(method, path, lab.host) for method, path in asked])
    said = lab.run(lab.until_live()[0], "php", "-r", ASK_ALL, stdin=question)
    return [(status, text) for status, text in json.loads(said)]


def test_45_php_that_is_no_entry_point_is_not_run(lab: Lab) -> None:
    asked = [(method, path) for path in PHP_FILES for method in ("GET", "POST")]
    for (method, path), (status, _) in zip(asked, ask_all(lab, asked), strict=True):
        # Nothing but reading is allowed there, whatever the file.
        refused = (403, 404) if "/uploads/" in path and method == "POST" else (404,)
        assert status in refused, (method, path)
    assert {path: through(lab, path).status_code for path in PHP_FILES} == dict.fromkeys(
        PHP_FILES, 404
    )


def test_46_what_is_no_page_is_not_there(lab: Lab) -> None:
    asked = [("GET", path) for path in NO_PAGES]
    for (_, path), (status, text) in zip(asked, ask_all(lab, asked), strict=True):
        assert status in (400, 404), path
        assert not re.search("root:|_password|DB_NAME", text), path
    assert {through(lab, path).status_code for path in NO_PAGES} <= {400, 404}


def test_48_nobody_calls_procedures(lab: Lab) -> None:
    webhead = lab.until_live()[0]
    call = "<methodCall><methodName>system.listMethods</methodName></methodCall>"
    for method, body in (("GET", None), ("POST", call)):
        assert lab.ask(webhead, "/xmlrpc.php", method, body=body).status == 403
    assert through(lab, "/xmlrpc.php").status_code == 403
    page = lab.ask(webhead, "/")
    assert "x-pingback" not in page.headers
    assert "xmlrpc" not in page.text.lower()


def through(lab: Lab, path: str) -> requests.Response:
    """What a visitor gets; the path is sent as it stands."""
    with requests.Session() as session:
        request = requests.Request("GET", lab.stage.http, headers={"Host": lab.host}).prepare()
        request.url = lab.stage.http + path
        return session.send(request, allow_redirects=False, timeout=20)


HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "content-security-policy": "frame-ancestors 'self'",
}
ANSWERS = {
    "a page": ("/", 200),
    "the log-in": ("/wp-login.php", 200),
    "REST": ("/wp-json/", 200),
    "an asset": ("/wp-includes/css/dist/block-library/style.min.css", 200),
    "WordPress's error": ("/nowhere/", 404),
    "nginx's error": ("/readme.html", 404),
    "a refusal": ("/xmlrpc.php", 403),
    "a picture that is not there": ("/wp-content/uploads/nowhere.png", 404),
    "WordPress's redirect": ("/wp-admin/index.php", 302),
    "nginx's redirect": ("/wp-admin", 301),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_49_every_answer_says_how_it_may_be_used(lab: Lab, what: str) -> None:
    path, status = ANSWERS[what]
    answer = through(lab, path)
    assert answer.status_code == status
    said = {name.lower(): value for name, value in answer.headers.items()}
    assert {name: said.get(name) for name in HEADERS} == HEADERS
    assert "strict-transport-security" not in said, "this platform is on plain http"
    for name in ("x-powered-by", "x-generator", "x-varnish", "xkey"):
        assert name not in said
    assert not re.search(r"[0-9]\.[0-9]", said.get("server", "") + said.get("via", "")), said


def test_49_no_page_tells_versions(lab: Lab) -> None:
    webhead = lab.until_live()[0]
    version = lab.php(webhead, "echo wp_get_wp_version();")
    php = lab.run(webhead, "php", "-r", "echo PHP_VERSION;")
    for path in ("/", "/feed/", "/wp-login.php", "/wp-json/", "/nowhere/", "/comments/feed/"):
        text = lab.ask(webhead, path).text
        for told in (version, php):
            at = text.find(told)
            assert at < 0, (path, text[max(0, at - 60) : at + 60])
        assert 'name="generator"' not in text


def test_a_webhead_is_under_the_engines_usual_filter_and_starts_no_program(lab: Lab) -> None:
    webhead = lab.until_live()[0]
    status = dict(
        line.split(":\t", 1) for line in lab.run(webhead, "cat", "/proc/1/status").splitlines()
    )
    assert status["Seccomp"] == "2"
    assert int(status["CapBnd"], 16) == 0
    host = inspect(lab.stage.engines[webhead.node], "container", webhead.id)["HostConfig"]
    assert not host["SecurityOpt"] or "unconfined" not in str(host["SecurityOpt"])
    assert host["Privileged"] is False
    starts = ("exec", "passthru", "shell_exec", "system", "proc_open", "popen", "dl")
    check = "foreach ($argv as $f) { if ($f !== '--' && function_exists($f)) { echo $f, ' '; } }"
    left = lab.run(webhead, "php", "-r", check, "--", *starts).split()
    assert set(left) & set(starts) == set()
    pool = lab.run(webhead, "php-fpm8.4", "-i")
    shown = re.search(r"^disable_functions => (\S+)", pool, re.MULTILINE)
    assert shown
    assert set(starts) <= set(shown.group(1).split(","))


def test_a_plugin_reads_no_file_of_the_system(site: Lab) -> None:
    """All are there, and readable to the user that PHP runs as; the plugin tries to widen its bounds first."""
    webhead = site.until_live()[0]
    files = {"/etc/passwd": False, "/proc/self/environ": False, "/etc/wpaas/config.json": True}
    assert site.run(webhead, "cat", *files)
    asked = "&".join(f"lab-read[]={path}" for path in files)
    answer = site.ask(webhead, f"/?{asked}")
    assert json.loads(answer.text) == list(files.values())
