"""The CDN's client against the double, and against signatures worked out elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
import requests
from listening import Listening, Quiet
from maxcdn import MaxCdnDouble
from requests_oauthlib import OAuth1

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.cdn import PullZones, pull_zones

ORIGIN = "http://chess-club.localhost:8080"


@pytest.fixture
def account() -> Iterator[MaxCdnDouble]:
    with MaxCdnDouble() as double:
        yield double


@pytest.fixture
def cdn(account: MaxCdnDouble) -> Iterator[PullZones]:
    zones = PullZones(account.endpoint, account.alias, account.key, Secret(account.secret))
    yield zones
    zones.close()


def test_a_zone_is_made_listed_and_deleted(cdn: PullZones, account: MaxCdnDouble) -> None:
    cdn.create("chess-club", ORIGIN)
    (zone,) = account.zones.values()
    assert (zone["name"], zone["url"], zone["label"]) == ("chess-club", ORIGIN, "wpaas:chess-club")
    assert zone["queries"] == "1"
    assert zone["ignore_cache_control"] == "0"
    assert cdn.zones() == {"chess-club": "97167"}
    cdn.delete("chess-club")
    cdn.delete("chess-club")
    assert cdn.zones() == {}


def test_a_zone_that_is_there_is_not_made_again_and_follows_its_origin(
    cdn: PullZones, account: MaxCdnDouble
) -> None:
    cdn.create("chess-club", ORIGIN)
    cdn.create("chess-club", ORIGIN)
    assert [call.split()[0] for call in account.calls] == ["GET", "POST", "GET"]
    cdn.create("chess-club", "http://origin.example")
    assert [zone["url"] for zone in account.zones.values()] == ["http://origin.example"]


def test_a_creation_whose_answer_was_lost_is_adopted(cdn: PullZones, account: MaxCdnDouble) -> None:
    account.faults = {2: 0}
    with pytest.raises(StageFailed, match="ConnectionError"):
        cdn.create("chess-club", ORIGIN)
    cdn.create("chess-club", ORIGIN)
    assert len(account.zones) == 1


def test_zones_beyond_the_first_page_are_seen(cdn: PullZones, account: MaxCdnDouble) -> None:
    for number in range(120):
        account.zones[number] = {
            "name": f"s{number}",
            "url": ORIGIN,
            "label": f"wpaas:s{number}",
            "cdn_url": "x",
        }
    assert len(cdn.zones()) == 120
    assert len(account.calls) == 3


def test_other_zones_of_the_account_are_never_touched(
    cdn: PullZones, account: MaxCdnDouble
) -> None:
    account.zones[1] = {"name": "blog", "url": ORIGIN, "label": None, "cdn_url": "x"}
    account.zones[2] = {
        "name": "old",
        "url": ORIGIN,
        "label": "wpaas:old",
        "inactive": "1",
        "cdn_url": "y",
    }
    assert cdn.zones() == {}
    cdn.delete("blog")
    cdn.purge("blog")
    assert sorted(account.zones) == [1, 2]


def test_a_wrong_secret_is_refused_and_not_printed(account: MaxCdnDouble) -> None:
    cdn = PullZones(account.endpoint, account.alias, account.key, Secret("canary-7c1e"))
    with pytest.raises(StageFailed, match="HTTP 401: Invalid signature") as failed:
        cdn.zones()
    assert "canary-7c1e" not in repr(failed.value) + repr(cdn.__dict__["_base"])
    cdn.close()


def test_a_form_that_is_not_signed_is_refused(account: MaxCdnDouble) -> None:
    class Unsigned(requests.auth.AuthBase):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            body, request.body = request.body, None
            signed: requests.PreparedRequest = OAuth1(account.key, client_secret=account.secret)(
                request
            )
            signed.body = body
            signed.headers["Content-Length"] = str(len(body or ""))
            return signed

    url = f"{account.endpoint}/{account.alias}/zones/pull.json"
    form = {"name": "chess-club", "url": ORIGIN}
    assert requests.post(url, data=form, auth=Unsigned(), timeout=5).status_code == 401
    assert account.zones == {}


def test_a_list_is_asked_again_and_a_creation_is_not(cdn: PullZones, account: MaxCdnDouble) -> None:
    account.faults = {1: 500, 3: 503}
    with pytest.raises(StageFailed, match="HTTP 503: fault, as told"):
        cdn.create("chess-club", ORIGIN)
    assert [call.split()[0] for call in account.calls] == ["GET", "GET", "POST"]


def test_what_the_provider_complains_of_is_told(cdn: PullZones, account: MaxCdnDouble) -> None:
    account.zones[1] = {"name": "chess-club", "url": ORIGIN, "label": "theirs", "cdn_url": "x"}
    with pytest.raises(StageFailed, match=r"validation_error.*name: is taken"):
        cdn.create("chess-club", ORIGIN)


@pytest.fixture
def origin() -> Iterator[str]:
    class Pages(Quiet):
        served = 0

        def do_GET(self) -> None:  # noqa: N802 - its name
            Pages.served += 1
            content = f"page {Pages.served}".encode()
            self.send_response(200)
            if self.path.startswith("/wp-admin"):
                self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with Listening(Pages) as listening:
        yield listening.address


def test_a_purge_is_seen_at_the_edge(cdn: PullZones, account: MaxCdnDouble, origin: str) -> None:
    cdn.create("chess-club", origin)
    (zone,) = account.zones.values()

    def see(path: str) -> tuple[str, str]:
        host = {"Host": zone["cdn_url"]}
        got = requests.get(account.endpoint + path, headers=host, timeout=5)
        return got.text, got.headers["X-Cache"]

    assert [see("/"), see("/")] == [("page 1", "MISS"), ("page 1", "HIT")]
    assert see("/style.css?ver=2")[1] == "MISS"
    assert [see("/wp-admin/")[1], see("/wp-admin/")[1]] == ["MISS", "MISS"]
    cdn.purge("chess-club")
    assert see("/")[1] == "MISS"


@pytest.mark.parametrize(
    ("method", "path", "form", "signature"),
    [
        ("GET", "account.json", "", "MybXwD4QrpchmjaSSbTym88LsQ0="),
        (
            "POST",
            "zones/pull.json",
            "name=rust-blog&url=http%3A%2F%2Forigin.example.org&use_stale=500+502+503+504",
            "2u8RSopn2tHZZjjLbZFKE5pCFv4=",
        ),
        ("PUT", "zones/pull.json/97167", "label=a+b%2Bc~d", "fwrAoTsvklBmh/oQuh6WmBOmCFg="),
        (
            "DELETE",
            "zones/pull.json/97167/cache?files%5B0%5D=%2Fstyle.css%3Fver%3D1&files%5B1%5D=%2Fa%20b.png",
            "",
            "9ky63l27DU8w947hPNkmWa6/nrk=",
        ),
    ],
)
def test_signatures_are_those_worked_out_elsewhere(
    method: str, path: str, form: str, signature: str
) -> None:
    signer = OAuth1(
        "testkey", client_secret="testsecret", nonce="0123456789abcdef", timestamp="1400000000"
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    url = f"https://rws.maxcdn.com/acme/{path}"
    request = requests.Request(method, url, data=form or None, headers=kind, auth=signer).prepare()
    sent = cast("str | bytes", request.headers["Authorization"])  # OAuth1 gives bytes
    header = sent.decode() if isinstance(sent, bytes) else sent
    assert f'oauth_signature="{quote(signature, safe="")}"' in header


def test_credentials_come_from_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "maxcdn.json"
    file.write_text('{"key": "k", "secret": "canary-9d"}')
    file.chmod(0o644)
    with pytest.raises(StageFailed, match="read by others"):
        pull_zones("http://127.0.0.1:9", "acme", file)
    file.chmod(0o600)
    pull_zones("http://127.0.0.1:9", "acme", file).close()
    file.write_text('{"key": "canary-9d"}')
    with pytest.raises(StageFailed) as failed:
        pull_zones("http://127.0.0.1:9", "acme", file)
    assert "canary-9d" not in str(failed.value)
