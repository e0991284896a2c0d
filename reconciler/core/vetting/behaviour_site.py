"""A scratch site as files: what is copied over the fleet's base so that a package can run in it."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Literal

from reconciler.core.image import CONTENT_ROOT
from reconciler.core.layers import File, tree_digest
from reconciler.core.vetting.candidate import Candidate
from reconciler.errors import StageFailed

HOST = "vetting.localhost:8080"
PROXY_PORT = 3128
LATER_DAYS = 270

SiteName = Literal["template", "now", "later", "answered"]
"""The scratch sites: one that is installed and copied, and one for each part of a run."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SALTS = tuple(
    f"{name}_{kind}"
    for kind in ("KEY", "SALT")
    for name in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")
)
_TOOLS = "/usr/lib/wpaas-vetting"
_SITE_DOCKERFILE = "ARG TOOLS\nFROM ${TOOLS}\nCOPY etc/ /etc/\n"
_RUN_DOCKERFILE = """\
ARG TOOLS
FROM ${TOOLS}
COPY package/ /CONTENT/KINDs/SLUG/
COPY subject.json TOOLS/subject.json
ARG SITE
COPY etc/${SITE}/ /etc/
"""


def tools_tag(base_id: str, context: Mapping[str, File]) -> str:
    """Name the base with the recorder by what it is made of."""
    whole = hashlib.sha256(f"{base_id}\0{tree_digest(context)}".encode())
    return f"wpaas/vetting:{whole.hexdigest()[:32]}"


def template_context(database: str, secret: str) -> dict[str, File]:
    """The build context of the site that is installed once; `secret`: see `site_files`."""
    files = site_files("template", database, "vetting-template", secret)
    dockerfile = {"Dockerfile": File(_SITE_DOCKERFILE.encode())}
    return dockerfile | {f"etc/{path}": file for path, file in files.items()}


def run_context(
    candidate: Candidate, sites: Mapping[SiteName, tuple[str, str]], secret: str
) -> dict[str, File]:
    """The build context of a run: the package, and for each of its sites the files of /etc.

    `sites`: name → database and bucket. Raises StageFailed where the package has no usable slug.
    """
    if not _SLUG.fullmatch(candidate.slug):
        raise StageFailed("image", "the slug is not a folder's name that sites can use",
            where=candidate.slug)  # fmt: skip
    text = (
        _RUN_DOCKERFILE.replace("CONTENT", CONTENT_ROOT)
        .replace("KIND", candidate.kind)
        .replace("SLUG", candidate.slug)
        .replace("COPY subject.json TOOLS", f"COPY subject.json {_TOOLS}")
    )
    about = {
        "kind": candidate.kind,
        "slug": candidate.slug,
        "answers": sorted(candidate.grants.network),
    }
    files = {
        "Dockerfile": File(text.encode()),
        "subject.json": File(json.dumps(about, sort_keys=True).encode()),
    }
    files |= {f"package/{path}": file for path, file in candidate.files.items()}
    for name, (database, bucket) in sites.items():
        for path, file in site_files(name, database, bucket, secret).items():
            files[f"etc/{name}/{path}"] = file
    return files


def site_files(name: SiteName, database: str, bucket: str, secret: str) -> dict[str, File]:
    """Path below /etc → file. `secret` is made up for one stand and dies with it.

    The later site's programs see another time; for its database see `clock_sql`.
    """
    config = {
        "format": 1, "site": "vetting", "home": f"http://{HOST}", "domains": [HOST.partition(":")[0]],
        "database": {"host": "database", "port": 3306, "name": database, "user": database},
        "store": {"endpoint": "http://store:8333", "bucket": bucket, "region": "us-east-1"},
        "egress": {"host": "watcher", "port": PROXY_PORT},
        "limits": {"upload_mb": 16, "memory_mb": 384},
    }  # fmt: skip
    secrets = {
        "format": 1, "database_password": secret,
        "store_access_key": store_key(secret), "store_secret_key": secret,
        "salts": {salt: hashlib.sha256(f"{secret}{salt}".encode()).hexdigest() for salt in _SALTS},
    }  # fmt: skip
    files = {"wpaas/config.json": _json(config), "wpaas/secret.json": _json(secrets)}
    if name == "later":
        # Files and not the environment: php-fpm clears that for its children.
        files["ld.so.preload"] = File(f"{_TOOLS}/libfaketime.so.1\n".encode())
        files["faketimerc"] = File(f"+{LATER_DAYS}d\n".encode())
    return files


def clock_sql() -> str:
    """Let the database tell the later site another time, too: each connection of its user is told first.

    A connection lasts for a request, so that its time may stand still.
    """
    later = f"UNIX_TIMESTAMP() + {LATER_DAYS * 86400}"
    own = "SUBSTRING_INDEX(USER(), '@', 1) REGEXP '_later$'"
    return f'SET GLOBAL init_connect = "SET timestamp = IF({own}, {later}, 0)";'


def store_key(secret: str) -> str:
    """The access key that goes with a secret; the store takes letters and digits only."""
    return hashlib.sha256(secret.encode()).hexdigest()[:20].upper()


def _json(value: object) -> File:
    return File(json.dumps(value).encode())
