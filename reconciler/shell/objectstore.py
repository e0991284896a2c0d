"""The object store: a bucket and credentials for every site, over S3 and IAM calls (SigV4).

IAM is on the S3 address, as in SeaweedFS and Ceph. Unlike AWS's it takes an access key that the
caller chose (`AccessKeyId`, `SecretAccessKey` of CreateAccessKey), so nothing has to be kept.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import requests
from requests_aws4auth import AWS4Auth  # type: ignore[import-untyped]

from reconciler.core import names
from reconciler.core.derive import Secret
from reconciler.errors import Stage, StageFailed

TIMEOUT_S = (3.05, 20)
# A look that gets no answer holds up everything else of the loop for so long.
LOOK_TIMEOUT_S = (3.05, 10)
# How a store answers that knows no IAM call, or none with keys of our choice.
NO_IAM = frozenset({"MethodNotAllowed", "NotImplemented", "InvalidAction", "InvalidRequest"})
NO_IAM_STATUS = frozenset({404, 405, 501})
NO_IAM_FIX = (
    "use a store with IAM on its own address that takes chosen keys: SeaweedFS, Ceph's gateway"
    " (AWS and MinIO do not)"
)
# SeaweedFS turns these into its own Read, Write and List on the bucket; it refuses a policy
# that names an action it does not know.
SITE_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:AbortMultipartUpload",
)
# Joined as the last step of `ensure`: one listing tells which sites are whole. The number counts up
# when `ensure` makes something else, so that living buckets get it too.
READY_GROUP = "wpaas-ready-2"
# Where the image puts what anybody may read; private files lie beside it (s3/place.php).
OPEN_PREFIX = "uploads/"
ALREADY = frozenset({"EntityAlreadyExists", "BucketAlreadyOwnedByYou"})


class ObjectStore:
    """An S3 store with IAM at `endpoint` (http://HOST:PORT). Threads may share it.

    `ca`: PEM file of the one authority that signed its certificate, else any public one. Every
    method raises StageFailed when the store does not answer or refuses.
    """

    def __init__(
        self,
        endpoint: str,
        access_key: Secret,
        secret_key: Secret,
        region: str = "us-east-1",
        ca: Path | None = None,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._keys = (access_key, secret_key)
        self._session = requests.Session()
        # The store is ours and near: a proxy for the world outside would see what is signed.
        self._session.trust_env = False
        self._region = region
        if ca is not None:
            self._session.verify = str(ca)

    def buckets(self) -> frozenset[str]:
        """Buckets of ours that are whole: made, readable, with credentials. Two calls."""
        listed = _texts(self._s3("observe", "GET", "/"), "Bucket", "Name")
        ready = self._iam("observe", "GetGroup", {"GroupName": READY_GROUP}, absent="NoSuchEntity")
        return listed & _texts(ready, "member", "UserName")

    def ensure(self, site: str, access_key: Secret, secret_key: Secret) -> None:
        """Make the site's bucket, whose uploads anybody may read but not list, and its one key.

        The key reads and writes this bucket and nothing else. Other keys of the site are
        deleted: they are of an older generation. Safe to repeat.
        """
        bucket = names.bucket_name(site)
        user = {"UserName": bucket}
        self._iam("apply", "CreateUser", user)
        policy = {"PolicyName": "own-bucket", "PolicyDocument": site_policy(bucket)}
        self._iam("apply", "PutUserPolicy", {**user, **policy})
        self._ensure_key(user, access_key, secret_key)
        self._s3("apply", "PUT", f"/{bucket}")
        self._s3("apply", "PUT", f"/{bucket}?policy", read_policy(bucket).encode())
        group = {"GroupName": READY_GROUP}
        self._iam("apply", "CreateGroup", group)
        self._iam("apply", "AddUserToGroup", {**group, **user})

    def _ensure_key(self, user: Mapping[str, str], access_key: Secret, secret_key: Secret) -> None:
        keys = _texts(self._iam("apply", "ListAccessKeys", user), "member", "AccessKeyId")
        if access_key.value not in keys:
            chosen = {"AccessKeyId": access_key.value, "SecretAccessKey": secret_key.value}
            self._iam("apply", "CreateAccessKey", {**user, **chosen})
        for key in sorted(keys - {access_key.value}):
            self._iam("apply", "DeleteAccessKey", {**user, "AccessKeyId": key})

    def object(self, bucket: str, name: str) -> bytes | None:
        """An object of a bucket that is no site's, None where either is not there."""
        absent = "NoSuchKey NoSuchBucket"
        path = f"/{bucket}/{name}"
        # An object of no bytes is none of ours.
        return self._call("image", "GET", path, b"", "s3", f"GET {path}", absent) or None

    def put_object(self, bucket: str, name: str, data: bytes) -> None:
        """Put an object, into a bucket that is made first where it is not there; nobody else reads it."""
        self._s3("image", "PUT", f"/{bucket}")
        self._s3("image", "PUT", f"/{bucket}/{name}", data)

    def _s3(self, stage: Stage, method: str, path: str, body: bytes = b"") -> bytes:
        return self._call(stage, method, path, body, "s3", f"{method} {path}")

    def _iam(self, stage: Stage, action: str, values: Mapping[str, str], absent: str = "") -> bytes:
        """The answer to one IAM action; empty where it fails with the code `absent`."""
        body = urlencode({"Action": action, "Version": "2010-05-08", **values})
        return self._call(stage, "POST", "/", body.encode(), "iam", action, absent)

    def _call(
        self,
        stage: Stage,
        method: str,
        path: str,
        body: bytes,
        service: str,
        what: str,
        absent: str = "",
    ) -> bytes:
        access_key, secret_key = self._keys
        try:
            answer = self._session.request(
                method,
                self._endpoint + path,
                data=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                auth=AWS4Auth(access_key.value, secret_key.value, self._region, service),
                timeout=LOOK_TIMEOUT_S if stage == "observe" else TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as e:
            raise StageFailed(stage, f"{what}: {type(e).__name__}", where=self._endpoint) from e
        if answer.ok:
            return answer.content
        code = next(iter(_texts(answer.content, "Error", "Code")), "")
        if code in ALREADY or code in absent.split():
            return b""
        # Its body may quote the request, secret key and all.
        text = f"{what}: {answer.status_code} {code}".strip()
        unknown = answer.status_code in NO_IAM_STATUS or code in NO_IAM
        fix = NO_IAM_FIX if service == "iam" and unknown else ""
        raise StageFailed(stage, text, where=self._endpoint, fix=fix)


def site_policy(bucket: str) -> str:
    """IAM policy of a site's user: its own bucket and nothing else."""
    arn = f"arn:aws:s3:::{bucket}"
    return _policy({"Action": list(SITE_ACTIONS), "Resource": [arn, f"{arn}/*"]})


def read_policy(bucket: str) -> str:
    """Bucket policy: anybody reads an upload whose name they know; nobody lists, or reads `private/`."""
    resource = f"arn:aws:s3:::{bucket}/{OPEN_PREFIX}*"
    return _policy({"Principal": "*", "Action": "s3:GetObject", "Resource": resource})


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}, sort_keys=True
    )


def _texts(document: bytes, parent: str, child: str) -> frozenset[str]:
    """Texts of all `child` directly below a `parent`, whatever the namespace. Empty for no XML."""
    try:
        root = ET.fromstring(document)  # noqa: S314 - of our own store; expat bounds expansion
    except ET.ParseError:
        return frozenset()
    return frozenset(
        below.text
        for element in root.iter()
        if element.tag.rpartition("}")[2] == parent
        for below in element
        if below.tag.rpartition("}")[2] == child and below.text
    )
