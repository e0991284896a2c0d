"""The object store adapter against a real SeaweedFS."""

import hashlib

import pytest
import requests
from containers import Container, until
from requests_aws4auth import AWS4Auth  # type: ignore[import-untyped]

from reconciler.core.derive import Secret
from reconciler.errors import StageFailed
from reconciler.shell.archive_store import BUCKET, Bucket
from reconciler.shell.objectstore import ObjectStore

Keys = tuple[Secret, Secret]


def keys_of(site: str, generation: int = 1) -> Keys:
    digest = hashlib.sha256(f"{site} {generation}".encode()).hexdigest()
    return Secret(digest[:20].upper()), Secret(f"{digest[20:]}-_x")


@pytest.fixture(scope="module")
def objects(store: Container) -> ObjectStore:
    admin, secret = store.secret.split()
    made = ObjectStore(f"http://{store.address(8333)}", Secret(admin), Secret(secret))
    for site in ("chess-club", "tea-house"):
        made.ensure(site, *keys_of(site))
    return made


def call(
    store: Container, method: str, path: str, keys: Keys | None = None, body: bytes = b"", **h: str
) -> requests.Response:
    auth = AWS4Auth(keys[0].value, keys[1].value, "us-east-1", "s3") if keys else None
    headers = {name.replace("_", "-"): value for name, value in h.items()}
    with requests.Session() as session:
        session.trust_env = False
        url = f"http://{store.address(8333)}{path}"
        return session.request(method, url, auth=auth, data=body, headers=headers, timeout=20)


def test_a_site_writes_reads_lists_and_deletes_in_its_own_bucket(
    store: Container, objects: ObjectStore
) -> None:
    assert objects.buckets() == {"wpaas-chess-club", "wpaas-tea-house"}
    keys = keys_of("chess-club")
    path = "/wpaas-chess-club/2026/10/caf%C3%A9%20%2B.txt"
    assert call(store, "PUT", path, keys, b"hello", Content_Type="text/plain").status_code == 200
    answer = call(store, "GET", path, keys)
    assert (answer.status_code, answer.content) == (200, b"hello")
    assert answer.headers["Content-Type"] == "text/plain"
    assert b"caf" in call(store, "GET", "/wpaas-chess-club?list-type=2", keys).content
    assert call(store, "DELETE", path, keys).status_code == 204
    assert call(store, "GET", path, keys).status_code == 404


def test_a_site_can_do_nothing_outside_its_bucket(store: Container, objects: ObjectStore) -> None:
    assert objects.buckets()
    mine, theirs = keys_of("chess-club"), keys_of("tea-house")
    assert call(store, "PUT", "/wpaas-tea-house/uploads/x", theirs, b"theirs").status_code == 200
    for method, path in (
        ("PUT", "/wpaas-tea-house/uploads/x"),
        ("DELETE", "/wpaas-tea-house/uploads/x"),
        ("GET", "/wpaas-tea-house?list-type=2"),
        ("DELETE", "/wpaas-tea-house"),
        ("DELETE", "/wpaas-chess-club"),
        ("PUT", "/wpaas-another"),
        ("PUT", "/wpaas-chess-club?policy"),
        ("PUT", "/wpaas-chess-club?acl"),
        ("POST", "/?Action=CreateAccessKey"),
        ("POST", "/"),
    ):
        assert call(store, method, path, mine, b"{}").status_code == 403, (method, path)
    copy = "/wpaas-tea-house/copied"
    source = "/wpaas-chess-club/x"
    answer = call(store, "PUT", copy, mine, x_amz_copy_source=source)
    assert answer.status_code == 403
    assert b"tea" not in call(store, "GET", "/", mine).content
    assert call(store, "GET", "/wpaas-tea-house/uploads/x").content == b"theirs"


def test_a_stranger_reads_an_upload_and_nothing_else(
    store: Container, objects: ObjectStore
) -> None:
    assert objects.buckets()
    path = "/wpaas-chess-club/uploads/open.txt"
    assert call(store, "PUT", path, keys_of("chess-club"), b"open").status_code == 200
    assert call(store, "GET", path).content == b"open"
    assert call(store, "GET", "/wpaas-chess-club/uploads/none").status_code == 404
    private = "/wpaas-chess-club/private/dumps/1/wp_users.sql.gz"
    assert call(store, "PUT", private, keys_of("chess-club"), b"secret").status_code == 200
    for method, path in (
        ("GET", private),
        ("GET", "/wpaas-chess-club/uploads/../private/dumps/1/wp_users.sql.gz"),
        ("HEAD", private),
        ("GET", "/wpaas-chess-club"),
        ("GET", "/wpaas-chess-club?list-type=2"),
        ("GET", "/wpaas-chess-club?policy"),
        ("GET", "/"),
        ("GET", "/wpaas-chess-club/private/none"),
        ("PUT", "/wpaas-chess-club/uploads/open.txt"),
        ("DELETE", "/wpaas-chess-club/uploads/open.txt"),
        ("POST", "/wpaas-chess-club?delete"),
        ("POST", "/"),
    ):
        assert call(store, method, path).status_code == 403, (method, path)
    hidden = "/wpaas-chess-club/uploads/%2e%2e/private/members.txt"
    assert call(store, "GET", hidden).status_code == 400


def test_only_the_door_listens_beyond_loopback(store: Container, objects: ObjectStore) -> None:
    assert objects.buckets()
    sockets = store.execute("cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()
    listening = [line.split()[1] for line in sockets if " 0A " in line]
    beyond = {address for address in listening if not address.startswith(("0100007F", "0B00007F"))}
    assert {int(address.rpartition(":")[2], 16) for address in beyond} == {8333}


def test_a_new_generation_of_keys_ends_the_old_one(store: Container, objects: ObjectStore) -> None:
    old, new = keys_of("rotating"), keys_of("rotating", 2)
    objects.ensure("rotating", *old)
    objects.ensure("rotating", *new)
    objects.ensure("rotating", *new)
    path = "/wpaas-rotating/x"
    until("the new key works", lambda: call(store, "PUT", path, new, b"x").status_code == 200, 10)
    until("the old key ends", lambda: call(store, "PUT", path, old, b"x").status_code == 403, 10)


def test_content_and_credentials_survive_a_kill(store: Container, objects: ObjectStore) -> None:
    path, keys = "/wpaas-tea-house/kept.txt", keys_of("tea-house")
    assert call(store, "PUT", path, keys, b"kept" * 100_000).status_code == 200
    before = objects.buckets()
    store.kill()
    assert call(store, "GET", path, keys).content == b"kept" * 100_000
    assert call(store, "PUT", path, keys, b"again").status_code == 200
    assert objects.buckets() == before


def test_a_refusal_names_the_call_and_no_secret(store: Container) -> None:
    wrong = ObjectStore(f"http://{store.address(8333)}", *keys_of("nobody"))
    with pytest.raises(StageFailed, match="GET /: 403 InvalidAccessKeyId") as failed:
        wrong.buckets()
    assert failed.value.stage == "observe"
    gone = ObjectStore("http://127.0.0.1:1", *keys_of("nobody"))
    with pytest.raises(StageFailed, match="CreateUser: ConnectionError"):
        gone.ensure("x", *keys_of("x"))


def test_archives_are_kept_in_a_bucket_of_their_own_which_nobody_else_reads(
    store: Container, objects: ObjectStore
) -> None:
    data = b"PK" * 500_000
    digest = hashlib.sha256(data).hexdigest()
    assert Bucket(objects).get(digest) is None
    kept = Bucket(objects)
    kept.put(digest, data)
    kept.put(digest, data)
    assert Bucket(objects).get(digest) == data
    path = f"/{BUCKET}/{digest}.zip"
    assert call(store, "GET", path).status_code == 403
    assert call(store, "GET", path, keys_of("chess-club")).status_code == 403
    assert BUCKET not in objects.buckets()
    objects.put_object(BUCKET, f"{digest}.zip", b"rotten")
    assert Bucket(objects).get(digest) is None
